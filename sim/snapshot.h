// Snapshots: the whole state of a wafer between two cycles as one compressed file (docs/snapshots.md).
//
// A wafer that is given the state of another of the same shape, made of the same tile, goes on as that one
// would, to the last bit of the link hash, whichever way it is simulated. The host's own state can travel in
// the file; to an engine it is bytes.
#pragma once

#include <cstdint>
#include <istream>
#include <span>
#include <string>
#include <vector>

#include "sim/compression.h"
#include "sim/engine.h"

namespace tessera::sim {

inline constexpr uint32_t kSnapshotVersion = 1;

// What an engine knows of the cycles that are past.
struct EngineRecord {
  EngineStatistics statistics;
  std::vector<LinkHash::Subtotal> link_hash;
  bool received = false;  // a last wavelet that Engine::run_until_received() has not told of
};

struct TileSnapshot {
  int tile = 0;
  bool error_seen = false;     // its error was reported
  std::vector<uint8_t> state;  // tile_state_bytes() long; empty: the tile was never awake
  TileMemory memory;
};

struct EdgeSnapshot {
  int index = 0;  // west, then east, by row
  EdgeLinkState state;
};

// What is on the links is not here: every link comes straight from a register of a tile.
struct WaferSnapshot {
  WaferShape shape;
  uint64_t cycle = 0;
  EngineRecord record;
  std::vector<EdgeSnapshot> edges;  // those that were used, by index
  std::vector<TileSnapshot> tiles;  // those that anything ever reached, by tile
  std::vector<uint8_t> host;
};

// The file goes to `sink` piece by piece: the same state gives the same bytes. Throws Error(kEngine) for an
// engine that has no snapshots.
void write_snapshot(Engine& engine, std::span<const uint8_t> host, const ByteSink& sink);

// Reads a file of `bytes` bytes; `name` begins the error's text. Nothing in a file is trusted: Error(kInput)
// when it is no snapshot, of another version, damaged or cut short, Error(kEngine) when it is of another
// tile than this program's.
WaferSnapshot read_snapshot(std::istream& file, uint64_t bytes, const std::string& name);

}  // namespace tessera::sim
