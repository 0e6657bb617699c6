// How many tiles each operator is spread over, and in what pieces it sends.
#pragma once

#include <string>

#include "host/compiler/shape.h"
#include "host/config/wafer_config.h"

namespace tessera {

// What a tile works on; one operator of a layer is spread over several tiles.
enum class Operator {
  kEmbedding,
  kRope,
  kAttentionNorm,  // stripes of the residual stream at the norm before q, k, v
  kQkv,
  kAttention,
  kOutput,
  kFfnNorm,  // ... at the norm before gate and up
  kHidden,   // gate, up and their product
  kDown,
  kFinalNorm,
  kLogits,
  kArgmax,
};
inline constexpr int kOperators = static_cast<int>(Operator::kArgmax) + 1;

const char* operator_name(Operator op);  // "attention_norm"

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

  // What follows from them (settle).
  int qkv_unit = 1;       // groups of 16 rows that stay together on a tile of q, k, v
  int output_splits = 1;  // parts that the inputs of linear o are cut into; a tile has rows of one part
  int down_splits = 1;    // ... of linear down
  int output_lead = 1;    // tiles of attention that send to the first part of o's inputs
  int down_lead = 1;      // tiles of hidden that send to the first part of down's
  int output_unit = 1;    // groups of 16 rows that make one message of linear o
  int down_unit = 1;      // ... of linear down
  bool hidden_apart =
      false;  // gate and up rows are on tiles of their own: the first and the second half of hidden
  bool key_value_multicast =
      false;  // a k or v head is one multicast, instead of a copy to each attention tile
  bool attention_merges =
      false;                   // MX blocks of heads: a copy into a merge per o tile, instead of a multicast
  bool hidden_merges = false;  // MX blocks of the hidden vector: the same, per down tile

  int slots = 1;
  double cycles = 0;  // a token's predicted latency
};

// The member that counts the tiles of an operator (of the norms: stripes). Not for kArgmax.
int& tiles_of(Partition& partition, Operator op);
int tiles_of(const Partition& partition, Operator op);

// Kernels of the whole graph, one a tile.
int partition_tiles(const ModelShape& shape, const Partition& partition);

// Row groups of an operator that is a linear; blocks, heads or rows of the others: what its tiles share out.
int operator_units(const ModelShape& shape, const Partition& partition, Operator op);

// Of linear o or down: the parts of its inputs, the tiles that share the rows of one part, and the tiles that
// its inputs come from. A part is what some of those tiles send, so that none sends to two parts. The first
// one has more than the others, because its tiles add the others' sums to their own.
int splits_of(const Partition& partition, Operator op);
int row_tiles_of(const Partition& partition, Operator op);
int input_tiles_of(const Partition& partition, Operator op);
Share split_tiles(const Partition& partition, Operator op, int split);
int most_split_tiles(const Partition& partition, Operator op);  // that send to one part
// MX blocks of the inputs that a part has.
Share split_blocks(const ModelShape& shape, const Partition& partition, Operator op, int split);

// The query heads of one of the attention tiles.
Share query_heads(const ModelShape& shape, const Partition& partition, int tile);

// Rows of one q, k or v message.
int qkv_piece_rows(const ModelShape& shape, const Partition& partition);

// Sets what follows from the numbers of tiles: splits of inputs, units of messages, multicasts or merges.
void settle(const ModelShape& shape, Partition& partition);

// Chooses the partition with the least predicted latency that fits `tiles` live tiles, each operator's SRAM
// and the colors of a tile. `wanted` is how many tiles it should take at most, where the model can do with as
// few. What config.partition gives is kept. Throws Error(kCapacity) naming the resource that does not fit and
// by how much.
Partition choose_partition(const ModelShape& shape, const WaferConfig& config, int tiles, int wanted);

// Turns multicasts of MX blocks into merges where those take fewer colors, at the price of some time: what to
// try when colors ran out. False when there is nothing to turn.
bool save_colors(const ModelShape& shape, const WaferConfig& config, Partition& partition);

std::string describe(const Partition& partition);

}  // namespace tessera
