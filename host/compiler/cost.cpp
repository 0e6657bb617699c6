#include "host/compiler/cost.h"

#include <algorithm>
#include <cmath>

#include "firmware/parameters.h"
#include "host/compiler/fit.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

// Cycles, fitted to profiles of simulated runs (two models, some thirty partitions of each): within a few
// percent of those, which is enough to compare.
constexpr double kWake = 52;     // from a complete join to the first products, and the last word's way out
constexpr double kHop = 2;       // a hop of the way between operators
constexpr double kProducts = 1;  // of the MAC array, between two blocks of one row group
constexpr double kManyProducts = 8;  // ... of several: each block has a descriptor of its own
constexpr double kSums = 6;          // of the map unit, between the sums of two blocks
constexpr double kSend = 14;         // header, start and end of a message that the map unit sends
constexpr double kCopy = 20;         // the same for another copy of an MX block
constexpr double kRows16 = 26;       // int16 rows of a block by way of memory
constexpr double kGate = 56;         // SwiGLU and MX of one block
constexpr double kPartial = 40;      // sums from one tile to another, without their words
constexpr double kPartialSum = 18;   // adding those of a further tile
constexpr double kUp = 17;           // waiting for the up rows of a sister
constexpr double kStripe = 111;      // sum of squares, inverse root, exponents
constexpr double kNormBlock = 50;    // addition and norm of one block
constexpr double kSquares = 8;       // exchange of the sums of squares
constexpr double kSister = 12;       // ... for each sister
constexpr double kAttention = 90;
constexpr double kHead = 139;  // of attention, whatever the position
constexpr double kSoftmaxElement = 0.25;
constexpr double kWeightedElement = 0.4;  // of the weighted sum: most weights are zero or small
constexpr double kWinner = 10;            // of the argmax, per logits tile
constexpr double kRowGroup = 10;          // of logits: moving 16 rows and finding their maximum

double way(double tiles) { return kHop * std::sqrt(tiles); }

// Products and sums of all row groups, whichever are slower; zeros among the inputs are not counted.
double product_cycles(int groups, int blocks, int block_length) {
  double cycles = 0;
  for (int left = groups; left > 0; left -= firmware::CHUNK_GROUPS) {
    const int chunk = std::min<int>(left, firmware::CHUNK_GROUPS);
    const double beats = kGroupRows * chunk / rtl::kMapLaneCount;
    cycles +=
        blocks * std::max(block_length * chunk + (chunk == 1 ? kProducts : kManyProducts), beats + kSums);
  }
  return cycles;
}

// What a tile's receiver takes until the last of several tiles' MX blocks, all sent at once, has arrived.
double gather_cycles(int blocks, int block_length) { return blocks * (block_length / 4.0 + 2); }

double cycles_of(const StripeWork& work, const ModelShape&, const Partition&, Operator) {
  return kStripe + kNormBlock * work.blocks + (work.sisters > 0 ? kSquares + kSister * work.sisters : 0);
}

// From a token's blocks to the sums of a tile of o or down over its part of the inputs.
double sums_cycles(const LinearWork& work) {
  return kWake + gather_cycles(work.blocks, work.block_length) +
         product_cycles(work.groups, work.blocks, work.block_length);
}

// The same with what the tiles of other parts send: one after the other over one ramp.
double all_sums_cycles(const LinearWork& lead, const ModelShape& shape, const Partition& partition,
                       Operator op) {
  const double own = sums_cycles(lead);
  if (lead.partials == 0) return own;
  const double rows = kGroupRows * lead.groups * lead.partials;
  return std::max(own, sums_cycles(split_work(shape, partition, op, 1)) + kPartial + rows) +
         kPartialSum * (lead.partials - 1) * lead.sends;
}

double cycles_of(const LinearWork& work, const ModelShape& shape, const Partition& partition, Operator op) {
  const double cycles = kWake + product_cycles(work.groups, work.blocks, work.block_length);
  const double rows = kGroupRows * work.groups;
  switch (work.kind) {
    case firmware::LINEAR_ROWS16:
      return cycles + work.sends * kSend + rows / 2;
    case firmware::LINEAR_GROUPS16:
      return cycles + (work.sends - 1) * kSend + rows / 2;
    case firmware::LINEAR_ROWS32: {
      const double stripe = kBlockColumns * divide_up(shape.dim_blocks, partition.stripes);
      return all_sums_cycles(work, shape, partition, op) + std::max(rows, stripe) + work.sends * kSend;
    }
    default: {
      const double copies = partition.hidden_merges ? (kCopy + kBlockColumns / 4.0 + 2) * work.mx_colors : 0;
      const bool apart = work.kind == firmware::LINEAR_GATE;
      const int blocks = work.groups / (apart ? kHiddenGroups / 2 : kHiddenGroups);
      // Where a sister sends the up rows, the gate rows are in memory before those are there.
      return cycles + (apart ? kUp : kRows16 * blocks) + (kGate + copies) * blocks;
    }
  }
}

double cycles_of(const AttentionWork& work, const ModelShape&, const Partition& partition, Operator) {
  const double lanes = divide_up(work.head_length, kGroupRows);
  const double position = work.head_length / 16.0 + kSoftmaxElement + kWeightedElement * lanes;
  const double copies = partition.attention_merges ? (kCopy + work.head_length / 4.0) * work.mx_colors : 0;
  return kAttention + work.query_heads * (kHead + work.context / 2.0 * position + copies);
}

double cycles_of(const LogitsWork& work, const ModelShape&, const Partition& partition, Operator) {
  const int groups = divide_up(work.rows, kGroupRows);
  return kWake + product_cycles(groups, work.blocks, kBlockColumns) + kRowGroup * groups +
         kWinner * partition.logits;
}

double cycles_of(const EmbeddingWork& work, const ModelShape&, const Partition&, Operator) {
  return kWake + work.row_bytes + work.stripes * kSend;
}

double cycles_of(const RopeWork&, const ModelShape&, const Partition&, Operator) {
  return 0;
}  // there before it is needed
double cycles_of(const ArgmaxWork&, const ModelShape&, const Partition&, Operator) { return kWake; }

}  // namespace

double operator_cycles(const ModelShape& shape, const Partition& p, Operator op) {
  const double cycles =
      std::visit([&](const auto& work) { return cycles_of(work, shape, p, op); }, largest_work(shape, p, op));
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
