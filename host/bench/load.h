// Loads: a wafer with a chosen number of awake tiles, the same on every engine.
//
// The tiles are chosen by seed, in cells: up to four neighbours of one row that exchange messages with each
// other and with nobody else. All run firmware/bench_load.c, which never sleeps, so they and only they are
// awake.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "firmware/parameters.h"
#include "host/compiler/image.h"
#include "host/runtime/engine_port.h"

namespace tessera::bench {

enum class LoadKind {
  kMixed,   // in all tiles: a linear, messages to a partner and through one another, scalar steps
  kVector,  // in all tiles: MAC array and map unit without a pause
  kCore,    // in all tiles: the control core alone
  kStream,  // the ends of a cell send to each other at full rate, the tiles between them only forward
};
inline constexpr LoadKind kLoadKinds[] = {LoadKind::kMixed, LoadKind::kVector, LoadKind::kCore,
                                          LoadKind::kStream};

const char* load_name(LoadKind kind);  // "mixed"
// Throws Error(kConfig) for another name.
LoadKind parse_load(std::string_view name);

struct LoadTile {
  int tile = 0;
  bool runs_kernel = true;  // false: it only forwards
  firmware::bench_load_parameters_t parameters = {};
  std::vector<RegisterWrite> registers;  // routes and the receive rule
};

struct Load {
  int columns = 0;
  int rows = 0;
  std::uint64_t seed = 1;
  std::vector<LoadTile> tiles;
};

// How many tiles are awake when this share of them is to be: at least one.
int awake_tiles(int columns, int rows, double percent);

// Throws Error(kConfig) unless 1 <= awake <= columns * rows.
Load plan_load(LoadKind kind, int columns, int rows, int awake, std::uint64_t seed = 1);

// Writes the memories by the back door, routes and rules through the control plane, and starts the cores.
// When all have come so far they are let go, in the same cycle: so what the tiles do at a time does not
// depend on the wafer's size. Then runs on for kWarmUpCycles. From then on the load is in all its tiles until
// the end of time.
void start_load(EnginePort& port, const Load& load);
inline constexpr std::uint64_t kWarmUpCycles = 1000;

}  // namespace tessera::bench
