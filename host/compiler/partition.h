// How many tiles each operator is spread over, and in what pieces it sends.
#pragma once

#include <string>

#include "host/compiler/shape.h"
#include "host/config/wafer_config.h"

namespace tessera {

// Tiles per operator; those inside a layer are the same for every layer.
struct Partition {
  int embedding = 1;
  int rope = 1;
  int stripes = 1;  // at each norm
  int qkv = 1;
  int attention = 1;  // a multiple of the KV heads
  int output = 1;
  int hidden = 1;
  int down = 1;
  int logits = 1;

  int qkv_unit = 1;     // groups of 16 rows that stay together on a tile of q, k, v
  int output_unit = 1;  // ... and that make one message of linear o
  int down_unit = 1;    // ... of linear down

  bool key_value_multicast =
      false;                 // k and v: one multicast a head, instead of copies to each attention tile
  int attention_copies = 1;  // MX blocks of heads: 1: a multicast a tile; else a copy to each output tile
  int hidden_copies = 1;     // MX blocks of the hidden vector: 1, or a copy to each down tile

  int slots = 1;
  double cycles = 0;  // a token's predicted latency
};

// Kernels of the whole graph, one a tile.
int partition_tiles(const ModelShape& shape, const Partition& partition);

// Rows of one q, k or v message.
int qkv_piece_rows(const ModelShape& shape, const Partition& partition);

// Chooses the partition with the least predicted latency that fits `tiles` live tiles, each operator's SRAM,
// and the colors of a tile. What config.partition gives is kept. Throws Error(kCapacity) naming the resource
// that does not fit and by how much, Error(kConfig) for a knob that no partition can have.
Partition choose_partition(const ModelShape& shape, const WaferConfig& config, int tiles);

// The next coarser partition: what to try when the last one could not be routed. False when there is none.
bool coarsen(const ModelShape& shape, const WaferConfig& config, Partition& partition);

std::string describe(const Partition& partition);

}  // namespace tessera
