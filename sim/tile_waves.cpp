#include "sim/tile_waves.h"

#include <fmt/format.h>
#include <verilated.h>
#include <verilated_fst_c.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "Vtile_traced.h"
#include "Vtile_traced___024root.h"
#include "host/error/error.h"

namespace tessera::sim {
namespace {

// The file's unit is a picosecond, so that viewers show cycles as nanoseconds.
constexpr uint64_t kCycleTime = 1000;

}  // namespace

class ShadowTile {
 public:
  ShadowTile(VerilatedContext* context, const std::string& name, unsigned link_present)
      : model_(context, name.c_str()), root_(*model_.rootp) {
    root_.link_present_i = link_present;
    root_.clk_i = 1;
    for (const bool running : {true, false, true}) {  // registers are reset by the falling edge of rst_ni
      root_.rst_ni = running;
      model_.eval();
    }
  }
  ~ShadowTile() { model_.final(); }

  Vtile_traced& model() { return model_; }
  const Vtile_traced___024root& ports() const { return root_; }

  void drive(const TileInputs& inputs) {
    set_inputs(root_, inputs);
    driven_ = true;
  }
  bool driven() const { return driven_; }

  // Between cycles the clock is high. With its inputs for a cycle a tile is first settled, then low, then
  // takes the rising edge that ends the cycle.
  void settle() { model_.eval(); }
  void clock_low() {
    root_.clk_i = 0;
    model_.eval();
  }
  void clock_edge() {
    root_.clk_i = 1;
    model_.eval();
    driven_ = false;
  }

 private:
  Vtile_traced model_;
  Vtile_traced___024root& root_;
  bool driven_ = false;
};

TileWaves::TileWaves(const WaferShape& shape, std::vector<TileMemory>& memories, const WaveOptions& options)
    : shape_(shape), memories_(memories), options_(options) {
  std::sort(options_.tiles.begin(), options_.tiles.end());
  for (size_t i = 0; i < options_.tiles.size(); ++i) {
    const int tile = options_.tiles[i];
    if (tile < 0 || tile >= shape_.tiles() || !shape_.alive(tile))
      fail(ErrorKind::kConfig, "tile {},{} cannot be traced: it is dead or not on the wafer",
           tile % shape_.columns, tile / shape_.columns);
    if (i > 0 && tile == options_.tiles[i - 1])
      fail(ErrorKind::kConfig, "tile {},{} is traced twice", shape_.x(tile), shape_.y(tile));
  }
  if (options_.tiles.empty()) fail(ErrorKind::kConfig, "waves: no tile is chosen");
  create();
}

TileWaves::~TileWaves() { close(); }

void TileWaves::create() {
  shadows_.clear();
  context_ = std::make_unique<VerilatedContext>();
  context_->traceEverOn(true);
  for (const int tile : options_.tiles) {
    const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memories_[tile]; });
    shadows_.push_back(std::make_unique<ShadowTile>(context_.get(),
                                                    fmt::format("tile_{}_{}", shape_.x(tile), shape_.y(tile)),
                                                    shape_.link_present(tile)));
  }
}

void TileWaves::set_window(uint64_t first, uint64_t last) {
  first_ = first;
  last_ = last;
}

void TileWaves::reset() {
  close();
  create();
}

void TileWaves::open() {
  // The library below does not say why a file cannot be written, and goes on without it.
  if (!std::ofstream(options_.file))
    fail(ErrorKind::kInput, "{}: the waveforms cannot be written there", options_.file.string());
  file_ = std::make_unique<VerilatedFstC>();
  for (const auto& shadow : shadows_) shadow->model().trace(file_.get(), 99);
  file_->open(options_.file.c_str());
  recorded_ = 0;
}

void TileWaves::close() {
  if (file_) file_->close();
  file_.reset();
}

void TileWaves::drive(size_t index, const TileInputs& inputs) { shadows_[index]->drive(inputs); }

void TileWaves::begin(uint64_t cycle) {
  if (!records(cycle)) return;
  if (!file_) {
    open();
  } else if (cycle < next_) {
    fail(ErrorKind::kEngine, "waves: cycle {} would come after cycle {}", cycle, next_ - 1);
  } else if (cycle > next_ && records(next_)) {
    // The wafer was quiet. Without this the last wavelets that arrived would seem to stay on the links.
    for (const auto& shadow : shadows_) shadow->drive({.cycle = static_cast<uint32_t>(next_)});
    step(next_);
  }
}

void TileWaves::step(uint64_t cycle) {
  if (records(cycle)) record(cycle);
  for (const auto& shadow : shadows_) {
    if (!shadow->driven()) continue;
    shadow->clock_low();
    shadow->clock_edge();
  }
}

void TileWaves::record(uint64_t cycle) {
  for (const auto& shadow : shadows_) shadow->settle();
  file_->dump(cycle * kCycleTime);
  for (const auto& shadow : shadows_) shadow->clock_low();
  file_->dump(cycle * kCycleTime + kCycleTime / 2);
  next_ = cycle + 1;
  ++recorded_;
}

void TileWaves::check(size_t index, uint64_t cycle, const TileOutputs& outputs) const {
  if (outputs_of(shadows_[index]->ports()) == outputs) return;
  const int tile = options_.tiles[index];
  fail(ErrorKind::kEngine, "tile {},{}: its traced copy differs from it after cycle {}", shape_.x(tile),
       shape_.y(tile), cycle);
}

}  // namespace tessera::sim
