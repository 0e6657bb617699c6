#include "host/golden/trace.h"

#include <algorithm>
#include <array>

#include "host/error/error.h"
#include "host/numerics/numerics.h"

namespace tessera {
namespace {

constexpr std::array<const char*, kOps> kOpNames = {"embedding",
                                                    "attention_norm",
                                                    "query",
                                                    "key",
                                                    "value",
                                                    "query_rotated",
                                                    "key_rotated",
                                                    "query_blocks",
                                                    "key_blocks",
                                                    "value_blocks",
                                                    "scores",
                                                    "attention_heads",
                                                    "attention",
                                                    "attention_output",
                                                    "attention_residual",
                                                    "ffn_norm",
                                                    "gate",
                                                    "up",
                                                    "gated_hidden",
                                                    "hidden",
                                                    "down",
                                                    "ffn_residual",
                                                    "final_norm",
                                                    "logits"};

// Appends the blocks of elements begin to end - 1, each of at most `longest` elements.
void cut(int begin, int end, int longest, std::vector<BlockRange>& blocks) {
  for (; begin < end; begin += longest) blocks.push_back({begin, std::min(longest, end - begin)});
}

// The blocks of `elements` elements that are cut into `part`s, each of which is cut into blocks by itself.
std::vector<BlockRange> cut_parts(int elements, int part, int longest) {
  std::vector<BlockRange> blocks;
  for (int begin = 0; begin < elements; begin += part) cut(begin, begin + part, longest, blocks);
  return blocks;
}

}  // namespace

const char* op_name(Op op) { return kOpNames[static_cast<int>(op)]; }

Op op_from_name(std::string_view name) {
  const auto found = std::find(kOpNames.begin(), kOpNames.end(), name);
  if (found == kOpNames.end()) {
    fail(ErrorKind::kRequest,
         "{}: no such activation, expected one of embedding, attention_norm, ..., logits", name);
  }
  return static_cast<Op>(found - kOpNames.begin());
}

bool is_global(Op op) { return op == Op::kEmbedding || op == Op::kFinalNorm || op == Op::kLogits; }

int op_elements(const ModelConfig& config, Op op, int position) {
  switch (op) {
    case Op::kKey:
    case Op::kValue:
    case Op::kKeyRotated:
    case Op::kKeyBlocks:
    case Op::kValueBlocks:
      return config.kv_dim();
    case Op::kScores:
      return config.heads * (position + 1);
    case Op::kGate:
    case Op::kUp:
    case Op::kGatedHidden:
    case Op::kHidden:
      return config.hidden_dim;
    case Op::kLogits:
      return config.vocabulary;
    default:
      return config.dim;
  }
}

std::vector<BlockRange> block_ranges(const ModelConfig& config, Op op) {
  const int elements = op_elements(config, op);
  switch (op) {
    case Op::kAttentionNorm:
    case Op::kFfnNorm:
    case Op::kFinalNorm:
    case Op::kHidden:
      return cut_parts(elements, elements, kBlock);
    case Op::kAttention:
      return cut_parts(elements, config.head_dim(), kBlock);
    case Op::kQueryBlocks:
    case Op::kKeyBlocks:
    case Op::kValueBlocks:
      return cut_parts(elements, config.head_dim(), config.head_dim());
    default:
      return {};
  }
}

int block_of(const ModelConfig& config, Op op, int index) {
  const int head_dim = config.head_dim();
  switch (op) {
    case Op::kAttention:
      return index / head_dim * mx_blocks(head_dim) + index % head_dim / kBlock;
    case Op::kQueryBlocks:
    case Op::kKeyBlocks:
    case Op::kValueBlocks:
      return index / head_dim;
    default:
      return index / kBlock;
  }
}

Trace make_trace(const ModelConfig& config) {
  Trace trace;
  const std::size_t entries = static_cast<std::size_t>(config.layers) * kOps;
  trace.tensors.resize(entries);
  trace.squares.resize(entries);
  return trace;
}

}  // namespace tessera
