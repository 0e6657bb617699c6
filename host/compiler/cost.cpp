#include "host/compiler/cost.h"

#include <algorithm>
#include <cmath>

#include "host/compiler/fit.h"

namespace tessera {
namespace {

// Cycles, estimated from the tile's contracts (docs/tile.md).
constexpr double kWake = 14;       // from a complete join to the first descriptor's first beat
constexpr double kDescriptor = 5;  // start and end of one descriptor's pipe
constexpr double kHop = 2;
constexpr double kRamp = 6;           // into and out of the fabric
constexpr double kSquareRoot = 90;    // isqrt, division and the exponents of a norm on the core
constexpr double kShareSquares = 40;  // to send a stripe's own sum and wait
constexpr double kSister = 12;        // to add the sum of each sister on the core
constexpr double kSoftmaxScalars = 80;
constexpr double kWinner = 12;  // of the argmax, per logits tile

double rows_of(const LinearWork& work) { return 16.0 * work.groups; }

// The way between two operators: tiles that talk to each other are placed together.
double way(double tiles) { return kRamp + kHop * std::sqrt(tiles); }

double linear_cycles(const LinearWork& work) {
  double cycles = kWake;
  const int chunk_groups = 4;
  for (int left = work.groups; left > 0; left -= chunk_groups) {
    const double groups = std::min(left, chunk_groups);
    const double mac = work.block_length * groups + kDescriptor;
    const double map = 4 * groups + kDescriptor;
    cycles += work.blocks * std::max(mac, map);
  }
  return cycles;
}

double cycles_of(const StripeWork& work, const Partition&) {
  const double elements = 32.0 * work.blocks;
  const double receive = work.adds ? elements * 1.1 : 0;
  const double squares = work.sisters > 0 ? kShareSquares + kSister * work.sisters : 0;
  const double block = 8 + 10 + 2 * kDescriptor;
  return kWake + receive + elements / 4 + kDescriptor + squares + kSquareRoot + block * work.blocks;
}

double cycles_of(const LinearWork& work, const Partition& partition) {
  const double rows = rows_of(work);
  const double cycles = linear_cycles(work);
  if (work.mx_colors > 0) {  // gate and up
    const double chunk = 16 + 32 + 10 + 3 * kDescriptor;
    const double copies = partition.hidden_merges ? work.mx_colors * (9 + kDescriptor) : 0;
    return cycles + work.groups / 4.0 * (chunk + copies);
  }
  if (work.kind == 0) return cycles + rows / 4 + rows / 2 + work.sends * (1 + kDescriptor);
  return cycles + 16 * std::min(work.groups, 4) + kDescriptor;
}

double cycles_of(const AttentionWork& work, const Partition& partition) {
  const double positions = work.context / 2.0;
  const double length = work.head_length;
  const double lanes = std::ceil(length / 16);
  const double scores = std::max(positions / 16 * length, positions / 4);
  const double softmax = positions;  // one look-up a cycle
  const double values = 2 * positions * lanes;
  const double copies = partition.attention_merges ? work.mx_colors * (length / 4 + kDescriptor) : 0;
  const double head = scores + softmax + values + length + kSoftmaxScalars + 8 * kDescriptor + copies;
  return kWake + length + work.query_heads * head;
}

double cycles_of(const LogitsWork& work, const Partition& partition) {
  LinearWork linear;
  linear.groups = divide_up(work.rows, kGroupRows);
  linear.blocks = work.blocks;
  linear.block_length = kBlockColumns;
  return linear_cycles(linear) + 16 + 2 * kWake + kWinner * partition.logits;
}

double cycles_of(const EmbeddingWork& work, const Partition&) {
  return 2 * kWake + work.row_bytes + work.stripes * kDescriptor;
}

double cycles_of(const RopeWork&, const Partition&) { return 0; }  // there before it is needed
double cycles_of(const ArgmaxWork&, const Partition&) { return kWake; }

}  // namespace

double operator_cycles(const ModelShape& shape, const Partition& p, Operator op) {
  const double cycles =
      std::visit([&](const auto& work) { return cycles_of(work, p); }, largest_work(shape, p, op));
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
