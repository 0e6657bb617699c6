// How an engine runs a wafer. None of it changes what happens on the wafer.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::sim {

// How a tile is taken through a cycle: by the generated direct calls, or by Verilator's eval(), which is
// slower and the reference for them.
enum class Evaluation { kDirect, kEval };

struct EngineOptions {
  int threads =
      1;  // at most as many as there are rows work; 0: as many as there are cores, while that is faster
  Evaluation evaluation = Evaluation::kDirect;
  bool skip = true;    // sleeping tiles are not evaluated; false: they are, which is only slower
  bool audit = false;  // they are, and it is an error when any of their state changes
  // What is expected of each row's tiles: the distributed engine shares the rows out by it. Empty: unknown.
  std::vector<uint32_t> work_by_row = {};
};

}  // namespace tessera::sim
