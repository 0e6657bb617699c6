#include "testbench/wafer_module.h"

#include <string>
#include <utility>

namespace tessera::testbench {
namespace {

constexpr int kFifoDepth = 16;

std::vector<std::unique_ptr<sc_core::sc_fifo<Word>>> make_fifos(const std::string& name, int rows) {
  std::vector<std::unique_ptr<sc_core::sc_fifo<Word>>> fifos;
  for (int row = 0; row < rows; ++row) {
    fifos.push_back(
        std::make_unique<sc_core::sc_fifo<Word>>((name + "_" + std::to_string(row)).c_str(), kFifoDepth));
  }
  return fifos;
}

}  // namespace

WaferModule::WaferModule(sc_core::sc_module_name name, std::unique_ptr<sim::Engine> engine)
    : sc_module(name),
      clock("clock"),
      to_west(make_fifos("to_west", engine->shape().rows)),
      from_west(make_fifos("from_west", engine->shape().rows)),
      to_east(make_fifos("to_east", engine->shape().rows)),
      from_east(make_fifos("from_east", engine->shape().rows)),
      engine_(std::move(engine)) {
  SC_METHOD(step);
  sensitive << clock.pos();
  dont_initialize();
}

void WaferModule::step() {
  for (int row = 0; row < engine_->shape().rows; ++row) {
    exchange(sim::EdgeSide::kWest, row, *to_west[row], *from_west[row]);
    exchange(sim::EdgeSide::kEast, row, *to_east[row], *from_east[row]);
  }
  engine_->step();
}

void WaferModule::exchange(sim::EdgeSide side, int row, sc_core::sc_fifo<Word>& to, sc_core::sc_fifo<Word>& from) {
  Word word;
  sim::EdgeLink& link = engine_->edge(side, row);
  if (link.unsent() < kFifoDepth && to.nb_read(word)) link.send(word.wavelet);
  while (from.num_free() > 0) {
    std::optional<sim::EdgeLink::Received> received = link.receive();
    if (!received) break;
    from.nb_write(Word{received->wavelet});
  }
}

}  // namespace tessera::testbench
