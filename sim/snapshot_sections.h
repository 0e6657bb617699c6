// What is inside the sections of a snapshot file (docs/snapshots.md). Every get_ throws Error(kInput) for
// what no put_ wrote.
#pragma once

#include "sim/byte_stream.h"
#include "sim/snapshot.h"

namespace tessera::sim {

// Which tiles and links are dead; the size is known.
void put_shape(ByteWriter& out, const WaferShape& shape);
WaferShape get_shape(ByteReader& in, int columns, int rows);

// `cycle` is the one to come.
void put_record(ByteWriter& out, const EngineRecord& record);
EngineRecord get_record(ByteReader& in, uint64_t cycle);

void put_edge(ByteWriter& out, const EdgeSnapshot& edge);
EdgeSnapshot get_edge(ByteReader& in, const WaferShape& shape);

// `state` is empty for a tile that was never awake.
void put_tile(ByteWriter& out, int tile, bool error_seen, std::span<const uint8_t> state,
              const TileMemory& memory);
TileSnapshot get_tile(ByteReader& in, const WaferShape& shape);

// Of the longest tile.
uint64_t maximum_tile_bytes();

}  // namespace tessera::sim
