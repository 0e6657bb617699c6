// Waveforms of chosen tiles, in one FST file with a scope for each (tile_X_Y).
//
// The tiles that run are never traced: a model that can be is slower even when it is not. Beside each chosen
// tile runs a shadow of another Verilated class, which gets the same inputs in the same cycles, reads the
// same memories a moment before the tile does, and writes nothing. So nothing that is recorded can disturb a
// run, and every cycle the shadow's outputs must be the tile's.
//
// A cycle of the wafer is a nanosecond of the file. Cycle c shows, from c ns on, what is on the links and in
// the flip-flops in cycle c, with the clock's rising edge at its beginning. Cycles that the engine jumps over
// are a flat line.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "sim/host_memory.h"
#include "sim/tile_ports.h"
#include "sim/wafer_shape.h"

class VerilatedContext;
class VerilatedFstC;

namespace tessera::sim {

class ShadowTile;

struct WaveOptions {
  std::filesystem::path file;
  std::vector<int> tiles;  // at least one
};

class TileWaves {
 public:
  // Throws Error(kConfig) for a tile that is not there or chosen twice.
  TileWaves(const WaferShape& shape, std::vector<TileMemory>& memories, const WaveOptions& options);
  // Closes the file.
  ~TileWaves();

  // Cycles [first, last] are recorded, from now on. The file is opened in the first of them.
  void set_window(uint64_t first, uint64_t last);
  // The file is complete.
  void close();
  uint64_t recorded_cycles() const { return recorded_; }

  // ---- The engine's side.

  const std::vector<int>& tiles() const { return options_.tiles; }
  // The file is closed, the shadows are as new.
  void reset();
  bool records(uint64_t cycle) const { return first_ <= cycle && cycle <= last_; }
  // Before a cycle. Throws Error(kInput) when the file cannot be written, Error(kEngine) when the cycle is to
  // be recorded and lies before another one.
  void begin(uint64_t cycle);
  // What tiles()[index] gets in it. A shadow without inputs stands still in the step.
  void drive(size_t index, const TileInputs& inputs);
  // Runs the shadows through the cycle, before any tile writes its memories in it.
  void step(uint64_t cycle);
  // Throws Error(kEngine) unless the shadow of tiles()[index] drives this after the step.
  void check(size_t index, uint64_t cycle, const TileOutputs& outputs) const;

 private:
  void create();
  void open();
  void record(uint64_t cycle);

  WaferShape shape_;
  std::vector<TileMemory>& memories_;
  WaveOptions options_;
  std::unique_ptr<VerilatedContext> context_;
  std::vector<std::unique_ptr<ShadowTile>> shadows_;
  std::unique_ptr<VerilatedFstC> file_;  // is closed before the shadows end
  uint64_t first_ = 1, last_ = 0;        // the window, empty at first
  uint64_t next_ = 0;                    // with a file: the cycle after the last one in it
  uint64_t recorded_ = 0;
};

}  // namespace tessera::sim
