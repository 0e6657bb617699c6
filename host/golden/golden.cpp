#include "host/golden/golden.h"

#include <algorithm>
#include <utility>

#include "host/error/error.h"
#include "host/golden/formats.h"
#include "host/golden/linear.h"
#include "host/golden/norm.h"
#include "host/numerics/numerics.h"

namespace tessera {

Golden::Golden(QuantizedModel model) : model_(std::move(model)), trace_(make_trace(model_.config)) {
  blocks_.dim = block_ranges(model_.config, Op::kAttentionNorm);
  blocks_.attention = block_ranges(model_.config, Op::kAttention);
  blocks_.hidden = block_ranges(model_.config, Op::kHidden);
}

const Trace& Golden::forward(int slot, int position, int token) {
  GoldenSlot& state = require_slot(slot, position, token);
  trace_.slot = slot;
  trace_.position = position;
  trace_.token = token;
  embed(model_.embedding, token, trace_.at(Op::kEmbedding).values);
  for (int layer = 0; layer < model_.config.layers; ++layer) {
    run_attention(layer, state.layers[layer]);
    run_ffn(layer);
  }
  run_logits();
  state.tokens = position + 1;
  return trace_;
}

GoldenSlot& Golden::require_slot(int slot, int position, int token) {
  const ModelConfig& config = model_.config;
  if (slot < 0) fail(ErrorKind::kRequest, "slot {} is out of range, expected 0 or more", slot);
  if (token < 0 || token >= config.vocabulary) {
    fail(ErrorKind::kRequest, "token {} is out of range, expected 0 to {}", token, config.vocabulary - 1);
  }
  const auto found = slots_.find(slot);
  const int last = std::min(found == slots_.end() ? 0 : found->second.tokens, config.context - 1);
  if (position < 0 || position > last) {
    fail(ErrorKind::kRequest, "position {} of slot {} is out of range, expected 0 to {}", position, slot,
         last);
  }
  GoldenSlot& state = slots_[slot];
  state.layers.resize(config.layers);
  return state;
}

void Golden::run_norm(const QuantizedNorm& weights, Op op, int layer, const Tensor& x) {
  std::vector<std::uint64_t>& squares = trace_.squares_at(op, layer);
  block_squares(x.values, squares);
  norm(weights, x.values, squares, trace_.at(op, layer));
}

void Golden::run_residual(const Tensor& x, const Tensor& update, Tensor& out) {
  out.values.resize(x.values.size());
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const std::int64_t sum = static_cast<std::int64_t>(x.values[i]) + update.values[i];
    out.values[i] = static_cast<std::int32_t>(sat(sum, kResidualBits));
  }
}

void Golden::run_attention(int layer, KvCache& cache) {
  const ModelConfig& config = model_.config;
  const QuantizedLayer& weights = model_.layers[layer];
  const int head_dim = config.head_dim();
  const int position = trace_.position;
  const int tokens = position + 1;
  const auto at = [&](Op op) -> Tensor& { return trace_.at(op, layer); };
  const Tensor& x = layer == 0 ? trace_.at(Op::kEmbedding) : trace_.at(Op::kFfnResidual, layer - 1);

  run_norm(weights.attention_norm, Op::kAttentionNorm, layer, x);
  const Tensor& input = at(Op::kAttentionNorm);
  linear(weights.query, input, blocks_.dim, kQueryFraction, kQueryBits, at(Op::kQuery).values);
  linear(weights.key, input, blocks_.dim, kQueryFraction, kQueryBits, at(Op::kKey).values);
  linear(weights.value, input, blocks_.dim, kQueryFraction, kQueryBits, at(Op::kValue).values);
  rotate(model_, position, at(Op::kQuery).values, at(Op::kQueryRotated).values);
  rotate(model_, position, at(Op::kKey).values, at(Op::kKeyRotated).values);
  head_blocks(at(Op::kQueryRotated).values, head_dim, at(Op::kQueryBlocks));
  head_blocks(at(Op::kKeyRotated).values, head_dim, at(Op::kKeyBlocks));
  head_blocks(at(Op::kValue).values, head_dim, at(Op::kValueBlocks));
  store(at(Op::kKeyBlocks), at(Op::kValueBlocks), position, cache);

  at(Op::kScores).values.resize(static_cast<std::size_t>(config.heads) * tokens);
  at(Op::kAttentionHeads).values.resize(config.dim);
  at(Op::kAttention).values.resize(config.dim);
  at(Op::kAttention).exponents.resize(blocks_.attention.size());
  const std::span<const std::int32_t> query = at(Op::kQueryBlocks).values;
  const std::span<std::int32_t> scores = at(Op::kScores).values;
  const std::span<std::int32_t> heads = at(Op::kAttentionHeads).values;
  const std::span<std::int32_t> attention = at(Op::kAttention).values;
  const std::span<int> exponents = at(Op::kAttention).exponents;
  const std::size_t head_exponents = mx_blocks(head_dim);
  for (int head = 0; head < config.heads; ++head) {
    const HeadCache head_kv = head_cache(cache, config, head / (config.heads / config.kv_heads), tokens);
    const std::size_t begin = static_cast<std::size_t>(head) * head_dim;
    const std::span<std::int32_t> head_row = scores.subspan(static_cast<std::size_t>(head) * tokens, tokens);
    head_scores(model_, query.subspan(begin, head_dim), at(Op::kQueryBlocks).exponents[head], head_kv,
                head_row);
    head_attention(head_row, head_kv, heads.subspan(begin, head_dim));
    mx(heads.subspan(begin, head_dim), kAttentionFraction, attention.subspan(begin, head_dim),
       exponents.subspan(head * head_exponents, head_exponents));
  }
  linear(weights.attention_output, at(Op::kAttention), blocks_.attention, kResidualFraction, kSumBits,
         at(Op::kAttentionOutput).values);
  run_residual(x, at(Op::kAttentionOutput), at(Op::kAttentionResidual));
}

void Golden::run_ffn(int layer) {
  const QuantizedLayer& weights = model_.layers[layer];
  const auto at = [&](Op op) -> Tensor& { return trace_.at(op, layer); };
  run_norm(weights.ffn_norm, Op::kFfnNorm, layer, at(Op::kAttentionResidual));
  linear(weights.gate, at(Op::kFfnNorm), blocks_.dim, kGateFraction, kGateBits, at(Op::kGate).values);
  linear(weights.up, at(Op::kFfnNorm), blocks_.dim, kGateFraction, kGateBits, at(Op::kUp).values);

  const std::size_t hidden_dim = model_.config.hidden_dim;
  std::vector<std::int32_t>& hidden = at(Op::kGatedHidden).values;
  hidden.resize(hidden_dim);
  for (std::size_t i = 0; i < hidden_dim; ++i) {
    hidden[i] = gated_hidden(at(Op::kGate).values[i], at(Op::kUp).values[i]);
  }
  at(Op::kHidden).values.resize(hidden_dim);
  at(Op::kHidden).exponents.resize(blocks_.hidden.size());
  mx(hidden, kHiddenFraction, at(Op::kHidden).values, at(Op::kHidden).exponents);

  linear(weights.down, at(Op::kHidden), blocks_.hidden, kResidualFraction, kSumBits, at(Op::kDown).values);
  run_residual(at(Op::kAttentionResidual), at(Op::kDown), at(Op::kFfnResidual));
}

void Golden::run_logits() {
  run_norm(model_.final_norm, Op::kFinalNorm, 0, trace_.at(Op::kFfnResidual, model_.config.layers - 1));
  linear(model_.logits(), trace_.at(Op::kFinalNorm), blocks_.dim, kResidualFraction, kSumBits,
         trace_.at(Op::kLogits).values);
}

void partial_rows(const QuantizedModel& model, const Trace& trace, Op op, int layer, int first,
                  int first_block, int last_block, std::span<std::int32_t> rows) {
  const bool down = op == Op::kDown;
  const QuantizedLinear& weights = down ? model.layers[layer].down : model.layers[layer].attention_output;
  const Op input = down ? Op::kHidden : Op::kAttention;
  const std::vector<BlockRange> blocks = block_ranges(model.config, input);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int row = first + static_cast<int>(i);
    rows[i] = linear_partial(weights, row, trace.at(input, layer), blocks, first_block, last_block);
    if (first_block == 0 && !weights.bias.empty())
      rows[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(rows[i]) +
                                          static_cast<std::uint32_t>(weights.bias[row]));
  }
}

}  // namespace tessera
