// The golden model: a whole-matrix integer forward pass straight from docs/numerics.md. It knows no tiles;
// integer sums do not depend on order, so whatever differs from it on a wafer is wrong.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "host/golden/attention.h"
#include "host/golden/trace.h"
#include "host/model/quantize.h"

namespace tessera {

// Where blocks of exponents begin, computed once for the inputs of the linears.
struct GoldenBlocks {
  std::vector<BlockRange> dim, attention, hidden;
};

struct GoldenSlot {
  std::vector<KvCache> layers;
  int tokens = 0;  // positions that hold a key and a value
};

class Golden {
 public:
  explicit Golden(QuantizedModel model);

  // Runs `token` at `position` of `slot`. A slot comes to be when first used; `position` is at most the
  // number of positions the slot holds, and running an earlier one again forgets what came after it. Returns
  // every activation of the pass, valid until the next call. Throws Error(kRequest) for a number out of
  // range.
  const Trace& forward(int slot, int position, int token);

  // The logits of the last pass: [vocabulary], 16 fraction bits.
  std::span<const std::int32_t> logits() const { return trace_.at(Op::kLogits).values; }

  const QuantizedModel& model() const { return model_; }
  const ModelConfig& config() const { return model_.config; }

 private:
  GoldenSlot& require_slot(int slot, int position, int token);
  void run_attention(int layer, KvCache& cache);
  void run_ffn(int layer);
  void run_logits();
  // The norm of `x` as `op`, with its sums of squares.
  void run_norm(const QuantizedNorm& weights, Op op, int layer, const Tensor& x);
  // x + update, saturated, as the residual stream `op`.
  void run_residual(const Tensor& x, const Tensor& update, Tensor& out);

  QuantizedModel model_;
  GoldenBlocks blocks_;
  std::map<int, GoldenSlot> slots_;
  Trace trace_;
};

// Rows `first` and up of linear o (op: kAttentionOutput) or down (kDown) over MX blocks first_block to
// last_block - 1 of its input, modulo 2^32 and with the bias where first_block is 0: what a tile sends that
// has a part of the inputs. 16 fraction bits.
void partial_rows(const QuantizedModel& model, const Trace& trace, Op op, int layer, int first,
                  int first_block, int last_block, std::span<std::int32_t> rows);

}  // namespace tessera
