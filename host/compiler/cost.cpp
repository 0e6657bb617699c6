#include "host/compiler/cost.h"

#include <algorithm>
#include <cmath>

#include "firmware/parameters.h"
#include "host/compiler/fit.h"

namespace tessera {
namespace {

// Cycles, fitted to profiles of simulated runs (two models, some thirty partitions of each): within a few
// percent of those, which is enough to compare.
constexpr double kWake = 60;       // from a complete join to the first products, and the last word's way out
constexpr double kHop = 2;         // a hop of the way between operators
constexpr double kProducts = 10;   // start and end of the MAC array's descriptor for one block
constexpr double kSend = 14;       // header, start and end of a message that the map unit sends
constexpr double kCopy = 20;       // the same for another copy of an MX block
constexpr double kGate = 96;       // SwiGLU and MX of one block
constexpr double kStripe = 105;    // sum of squares, inverse root, exponents
constexpr double kNormBlock = 57;  // addition and norm of one block
constexpr double kSquares = 28;    // exchange of the sums of squares
constexpr double kSister = 15;     // ... for each sister
constexpr double kAttention = 120;
constexpr double kHead = 177;  // of attention, whatever the position
constexpr double kSoftmaxElement = 0.6;
constexpr double kWinner = 10;    // of the argmax, per logits tile
constexpr double kRowGroup = 10;  // of logits: moving 16 rows and finding their maximum

double way(double tiles) { return kHop * std::sqrt(tiles); }

// Products and sums of all row groups; zeros among the inputs are not counted.
double product_cycles(int groups, int blocks, int block_length) {
  double cycles = 0;
  for (int left = groups; left > 0; left -= firmware::CHUNK_GROUPS)
    cycles += blocks * (block_length * std::min<int>(left, firmware::CHUNK_GROUPS) + kProducts);
  return cycles;
}

// What a tile's receiver takes until the last of several tiles' MX blocks, all sent at once, has arrived.
double gather_cycles(int blocks, int block_length) { return blocks * (block_length / 4.0 + 2); }

double cycles_of(const StripeWork& work, const ModelShape&, const Partition&) {
  return kStripe + kNormBlock * work.blocks + (work.sisters > 0 ? kSquares + kSister * work.sisters : 0);
}

double cycles_of(const LinearWork& work, const ModelShape& shape, const Partition& partition) {
  const double cycles = kWake + product_cycles(work.groups, work.blocks, work.block_length);
  const double rows = kGroupRows * work.groups;
  switch (work.kind) {
    case firmware::LINEAR_ROWS16:
      return cycles + work.sends * kSend + rows / 2;
    case firmware::LINEAR_ROWS32: {
      const double stripe = kBlockColumns * divide_up(shape.dim_blocks, partition.stripes);
      return cycles + std::max(rows, stripe) + work.sends * kSend +
             gather_cycles(work.blocks, work.block_length);
    }
    default: {
      const double copies = partition.hidden_merges ? (kCopy + kBlockColumns / 4.0 + 2) * work.mx_colors : 0;
      return cycles + (kGate + copies) * divide_up(work.groups, firmware::CHUNK_GROUPS);
    }
  }
}

double cycles_of(const AttentionWork& work, const ModelShape&, const Partition& partition) {
  const double lanes = divide_up(work.head_length, kGroupRows);
  const double position = work.head_length / 16.0 + kSoftmaxElement + lanes;
  const double copies = partition.attention_merges ? (kCopy + work.head_length / 4.0) * work.mx_colors : 0;
  return kAttention + work.query_heads * (kHead + work.context / 2.0 * position + copies);
}

double cycles_of(const LogitsWork& work, const ModelShape&, const Partition& partition) {
  const int groups = divide_up(work.rows, kGroupRows);
  return kWake + product_cycles(groups, work.blocks, kBlockColumns) + kRowGroup * groups +
         kWinner * partition.logits;
}

double cycles_of(const EmbeddingWork& work, const ModelShape&, const Partition&) {
  return kWake + work.row_bytes + work.stripes * kSend;
}

double cycles_of(const RopeWork&, const ModelShape&, const Partition&) {
  return 0;
}  // there before it is needed
double cycles_of(const ArgmaxWork&, const ModelShape&, const Partition&) { return kWake; }

}  // namespace

double operator_cycles(const ModelShape& shape, const Partition& p, Operator op) {
  const double cycles =
      std::visit([&](const auto& work) { return cycles_of(work, shape, p); }, largest_work(shape, p, op));
  switch (op) {
    case Operator::kEmbedding:
      return cycles + way(p.embedding + p.stripes);
    case Operator::kAttentionNorm:
      return cycles + way(p.stripes + p.qkv);
    case Operator::kQkv:
      return cycles + way(p.qkv + p.attention);
    case Operator::kAttention:
      return cycles + way(p.attention + p.output);
    case Operator::kOutput:
      return cycles + way(p.output + p.stripes);
    case Operator::kFfnNorm:
      return cycles + way(p.stripes + p.hidden);
    case Operator::kHidden:
      return cycles + way(p.hidden + p.down);
    case Operator::kDown:
      return cycles + way(p.down + p.stripes);
    case Operator::kFinalNorm:
      return cycles + way(p.stripes + p.logits);
    case Operator::kLogits:
      return cycles + way(p.logits);
    case Operator::kRope:
    case Operator::kArgmax:
      break;
  }
  return cycles;
}

double token_cycles(const ModelShape& shape, const Partition& partition) {
  double layer = 0;
  for (const Operator op : {Operator::kAttentionNorm, Operator::kQkv, Operator::kAttention, Operator::kOutput,
                            Operator::kFfnNorm, Operator::kHidden, Operator::kDown})
    layer += operator_cycles(shape, partition, op);
  double cycles = shape.config.layers * layer;
  for (const Operator op : {Operator::kEmbedding, Operator::kFinalNorm, Operator::kLogits, Operator::kArgmax})
    cycles += operator_cycles(shape, partition, op);
  return cycles;
}

}  // namespace tessera
