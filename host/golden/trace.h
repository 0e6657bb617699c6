// Every activation of one forward pass, by name: what a checker compares the wafer's messages with.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

// The activations in the order in which a pass computes them. "MX" is int8 with an exponent per block of 32,
// "BFP8" int8 with an exponent per head; formats are those of docs/numerics.md.
enum class Op {
  kEmbedding,          // x [dim], int32, 16 fraction bits; once a pass
  kAttentionNorm,      // MX [dim]
  kQuery,              // int16 [dim], 9 fraction bits, before rotation
  kKey,                // int16 [kv_dim], 9 fraction bits, before rotation
  kValue,              // int16 [kv_dim], 9 fraction bits
  kQueryRotated,       // int16 [dim], 9 fraction bits
  kKeyRotated,         // int16 [kv_dim], 9 fraction bits
  kQueryBlocks,        // BFP8 [dim] of the rotated query
  kKeyBlocks,          // BFP8 [kv_dim] of the rotated key: what the cache keeps
  kValueBlocks,        // BFP8 [kv_dim] of the value: what the cache keeps
  kScores,             // t [heads][position + 1], log2 units, 8 fraction bits
  kAttentionHeads,     // o [dim], int32, 12 fraction bits
  kAttention,          // MX [dim] of o, every head cut into blocks by itself
  kAttentionOutput,    // rows of linear o [dim], int32, 16 fraction bits
  kAttentionResidual,  // x [dim] after the addition
  kFfnNorm,            // MX [dim]
  kGate,               // int16 [hidden_dim], 10 fraction bits
  kUp,                 // int16 [hidden_dim], 10 fraction bits
  kGatedHidden,        // hh [hidden_dim], int32, 20 fraction bits
  kHidden,             // MX [hidden_dim] of hh
  kDown,               // rows of linear down [dim], int32, 16 fraction bits
  kFfnResidual,        // x [dim] after the addition
  kFinalNorm,          // MX [dim]; once a pass
  kLogits,             // int32 [vocabulary], 16 fraction bits; once a pass
};
inline constexpr int kOps = static_cast<int>(Op::kLogits) + 1;

// "attention_norm" for kAttentionNorm; op_from_name throws Error(kRequest) for a name that is none.
const char* op_name(Op op);
Op op_from_name(std::string_view name);

// True for the ops that a pass has once, not once a layer.
bool is_global(Op op);

// Elements of an op's tensor. kScores grows with the position; the others do not look at it.
int op_elements(const ModelConfig& config, Op op, int position = 0);

// Elements that share an exponent.
struct BlockRange {
  int begin = 0;
  int length = 0;
};

// The blocks of an op's tensor, in order: block b has the exponent tensor.exponents[b]. Blocks of 32, the
// last of the vector (for kAttention: of every head) may be shorter; for the BFP8 ops a block is a head.
// Empty for ops without exponents.
std::vector<BlockRange> block_ranges(const ModelConfig& config, Op op);

// The block of block_ranges that holds element `index`. The op must have exponents.
int block_of(const ModelConfig& config, Op op, int index);

struct Tensor {
  std::vector<std::int32_t> values;
  std::vector<int> exponents;  // one per block of block_ranges; empty for fixed-point tensors
};

// One pass: a token at a position of a slot.
struct Trace {
  int slot = 0;
  int position = 0;
  int token = 0;
  std::vector<Tensor> tensors;                      // [layer][op]
  std::vector<std::vector<std::uint64_t>> squares;  // [layer][op], for the norms

  // `layer` is ignored for ops that a pass has once.
  const Tensor& at(Op op, int layer = 0) const { return tensors[index(op, layer)]; }
  Tensor& at(Op op, int layer = 0) { return tensors[index(op, layer)]; }

  // Sums of squares of a norm's input, one per block of 32 elements and without the epsilon, so that the
  // partial sum of any stripe of blocks is a sum of these. op: kAttentionNorm, kFfnNorm or kFinalNorm. 32
  // fraction bits.
  const std::vector<std::uint64_t>& squares_at(Op op, int layer = 0) const {
    return squares[index(op, layer)];
  }
  std::vector<std::uint64_t>& squares_at(Op op, int layer = 0) { return squares[index(op, layer)]; }

 private:
  static int index(Op op, int layer) { return (is_global(op) ? 0 : layer) * kOps + static_cast<int>(op); }
};

// An empty trace with room for a model's layers.
Trace make_trace(const ModelConfig& config);

}  // namespace tessera
