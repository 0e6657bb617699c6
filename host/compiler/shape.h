// A model's sizes as the kernels see them: padded to blocks, heads and row groups.
#pragma once

#include <string>

#include "host/config/wafer_config.h"
#include "host/model/quantize.h"

namespace tessera {

inline constexpr int kGroupRows = 16;     // rows that the MAC array computes at a time
inline constexpr int kBlockColumns = 32;  // of an MX block
inline constexpr int kHiddenGroups = 4;   // row groups of an MX block of the hidden vector: gate, then up

struct ModelShape {
  ModelConfig config;
  int context = 0;            // positions a sequence may have
  int padded_context = 0;     // ... to whole panels of 16: what a slot holds
  int stages = 0;             // norms, each with its set of stripes: 2 * layers + 1
  int dim_blocks = 0;         // of 32
  int head_length = 0;        // head_dim padded to 8 or a multiple of 16
  int head_blocks = 0;        // MX blocks of one head's output
  int head_block_length = 0;  // 8, 16 or 32
  int qkv_groups = 0;         // row groups of q, k and v together
  int hidden_blocks = 0;      // of 32
  int vocabulary_groups = 0;
  bool qkv_bias = false, output_bias = false, hidden_bias = false, down_bias = false;

  int padded_dim() const { return kBlockColumns * dim_blocks; }
  int head_vectors() const { return config.heads + 2 * config.kv_heads; }  // q, then k, then v heads
  int group() const { return config.heads / config.kv_heads; }             // query heads of a KV head
};

// Throws Error(kCapacity) for a model no wafer can run: more parts than a header can number.
ModelShape make_shape(const QuantizedModel& model, const WaferConfig& config);

// Elements [first, first + count) that part `index` of `parts` gets of `total`: as even as possible, the
// larger ones first.
struct Share {
  int first = 0;
  int count = 0;
};
Share share(int total, int parts, int index);

constexpr int divide_up(int value, int by) { return (value + by - 1) / by; }

std::string describe(const ModelShape& shape);

}  // namespace tessera
