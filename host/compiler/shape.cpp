#include "host/compiler/shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "firmware/parameters.h"
#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {

static_assert(kGroupRows == rtl::kLaneCount);
static_assert(kBlockColumns == rtl::kBlockSize);
static_assert(kHiddenGroups == firmware::CHUNK_GROUPS);
static_assert(kHiddenGroups * kGroupRows == 2 * kBlockColumns);

namespace {

constexpr int kParts = 256;  // what the part of a header can number

void check_parts(int parts, const char* what) {
  if (parts > kParts)
    fail(ErrorKind::kCapacity,
         "{} is {} MX blocks, {} more than the part of a message header can number ({})", what, parts,
         parts - kParts, kParts);
}

}  // namespace

ModelShape make_shape(const QuantizedModel& model, const WaferConfig& config) {
  ModelShape shape;
  shape.config = model.config;
  shape.context = config.context == 0 ? model.config.context : std::min(config.context, model.config.context);
  shape.padded_context = divide_up(shape.context, kGroupRows) * kGroupRows;
  shape.stages = 2 * model.config.layers + 1;
  shape.dim_blocks = divide_up(model.config.dim, kBlockColumns);
  const int head_dim = model.config.head_dim();
  shape.head_length = head_dim <= 8 ? 8 : divide_up(head_dim, 16) * 16;
  shape.head_blocks = static_cast<int>(firmware::head_blocks(shape.head_length));
  shape.head_block_length = static_cast<int>(firmware::head_block_length(shape.head_length));
  shape.qkv_groups = divide_up(shape.head_vectors() * shape.head_length, kGroupRows);
  shape.hidden_blocks = divide_up(model.config.hidden_dim, kBlockColumns);
  shape.vocabulary_groups = divide_up(model.config.vocabulary, kGroupRows);
  for (const QuantizedLayer& layer : model.layers) {
    shape.qkv_bias |= !layer.query.bias.empty() || !layer.key.bias.empty() || !layer.value.bias.empty();
    shape.output_bias |= !layer.attention_output.bias.empty();
    shape.hidden_bias |= !layer.gate.bias.empty() || !layer.up.bias.empty();
    shape.down_bias |= !layer.down.bias.empty();
  }
  check_parts(shape.dim_blocks, "the residual stream");
  check_parts(shape.config.heads * shape.head_blocks, "the attention output");
  check_parts(shape.hidden_blocks, "the hidden vector");
  return shape;
}

Share share(int total, int parts, int index) {
  const int least = total / parts;
  const int more = total % parts;  // parts that get one more
  return {index * least + std::min(index, more), least + (index < more ? 1 : 0)};
}

std::string describe(const ModelShape& shape) {
  return fmt::format(
      "shape: {} layers, {} blocks of the residual stream, {} + 2 x {} heads of {} (padded {}), {} hidden "
      "blocks, {} vocabulary groups, context {}\n",
      shape.config.layers, shape.dim_blocks, shape.config.heads, shape.config.kv_heads,
      shape.config.head_dim(), shape.head_length, shape.hidden_blocks, shape.vocabulary_groups,
      shape.context);
}

}  // namespace tessera
