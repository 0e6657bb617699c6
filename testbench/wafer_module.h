// The wafer as a SystemC module: a clock, and for every edge link a FIFO of wavelets each way.
//
// Inside is an engine (flat: the whole wafer Verilated; or tiled), stepped once per rising edge. Credits of the
// links are the module's business; a testbench only sees wavelets. What it writes before an edge is on the link in
// that cycle at the earliest; a full output FIFO keeps its color in the fabric, which pushes back.
#pragma once

#include <systemc.h>

#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

#include "sim/engine.h"

namespace tessera::testbench {

// SystemC's FIFOs want to print what they hold.
struct Word {
  sim::Wavelet wavelet;
  friend std::ostream& operator<<(std::ostream& out, const Word& word) {
    return out << "color " << int{word.wavelet.color} << (word.wavelet.last ? " last " : " ") << word.wavelet.data;
  }
};

class WaferModule : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(WaferModule);
  WaferModule(sc_core::sc_module_name name, std::unique_ptr<sim::Engine> engine);

  sc_core::sc_in<bool> clock;
  // By row; the west edge has all links of the wafer's first column.
  std::vector<std::unique_ptr<sc_core::sc_fifo<Word>>> to_west, from_west, to_east, from_east;

  sim::Engine& engine() { return *engine_; }

 private:
  void step();
  void exchange(sim::EdgeSide side, int row, sc_core::sc_fifo<Word>& to, sc_core::sc_fifo<Word>& from);

  std::unique_ptr<sim::Engine> engine_;
};

}  // namespace tessera::testbench
