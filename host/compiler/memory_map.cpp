#include "host/compiler/memory_map.h"

#include "tessera_constants.h"

namespace tessera {
namespace {

using namespace firmware;

static_assert(sizeof(embedding_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(rope_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(stripe_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(linear_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(attention_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(logits_parameters_t) <= PARAMETER_BYTES);
static_assert(sizeof(argmax_parameters_t) <= PARAMETER_BYTES);

constexpr std::uint32_t aligned(std::uint32_t bytes) { return (bytes + 15) / 16 * 16; }

// Hands out SRAM from behind the parameters upwards, in whole 16-byte words.
class Space {
 public:
  explicit Space(int in_flight) : in_flight_(static_cast<std::uint32_t>(in_flight)) {}

  void take(std::uint16_t& address, std::uint32_t bytes) {
    address = static_cast<std::uint16_t>(next_);
    next_ += aligned(bytes);
  }
  void take_per_tag(std::uint16_t& address, std::uint16_t& stride, std::uint32_t bytes) {
    stride = static_cast<std::uint16_t>(aligned(bytes));
    take(address, aligned(bytes) * in_flight_);
  }
  std::uint32_t used() const { return next_; }

 private:
  std::uint32_t next_ = PARAMETER_ADDRESS + PARAMETER_BYTES;
  std::uint32_t in_flight_;
};

std::uint32_t list_bytes(std::uint32_t descriptors) { return descriptors * rtl::kDescriptorBytes; }

}  // namespace

std::uint32_t lay_out(const EmbeddingWork& work, int in_flight, embedding_parameters_t& p) {
  Space space(in_flight);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.first_row = static_cast<std::uint32_t>(work.first_row);
  p.row_count = static_cast<std::uint32_t>(work.rows);
  p.row_bytes = static_cast<std::uint16_t>(work.row_bytes);
  p.stripes = static_cast<std::uint16_t>(work.stripes);
  space.take_per_tag(p.token_address, p.token_tag_stride, 4);
  space.take(p.list_address, list_bytes(p.stripes));
  space.take(p.weight_address, p.row_count * p.row_bytes);
  space.take(p.multiplier_address, 2 * p.row_count);
  space.take(p.shift_address, p.row_count);
  return space.used();
}

std::uint32_t lay_out(const RopeWork& work, int in_flight, rope_parameters_t& p) {
  Space space(in_flight);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.first_position = static_cast<std::uint16_t>(work.first_position);
  p.position_count = static_cast<std::uint16_t>(work.positions);
  p.row_bytes = static_cast<std::uint16_t>(work.row_bytes);
  space.take(p.list_address, list_bytes(1));
  space.take(p.table_address, static_cast<std::uint32_t>(work.positions * work.row_bytes));
  std::uint16_t scratch = 0;
  space.take(scratch, 16);
  return space.used();
}

std::uint32_t rope_scratch_address(const RopeWork& work, int in_flight) {
  rope_parameters_t p{};
  return lay_out(work, in_flight, p) - 16;
}

std::uint32_t lay_out(const StripeWork& work, int in_flight, stripe_parameters_t& p) {
  Space space(in_flight);
  const auto elements = static_cast<std::uint32_t>(kBlockColumns * work.blocks);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.blocks = static_cast<std::uint16_t>(work.blocks);
  p.first_block = static_cast<std::uint16_t>(work.first_block);
  p.sisters = static_cast<std::uint16_t>(work.sisters);
  p.forward = work.forwards ? 1 : 0;
  space.take_per_tag(p.x_address, p.x_tag_stride, 4 * elements);
  if (work.adds) space.take_per_tag(p.y_address, p.y_tag_stride, 4 * elements);
  space.take_per_tag(p.squares_address, p.squares_tag_stride, 16u * p.sisters);
  space.take(p.u_address, 4 * kBlockColumns);
  space.take(p.gain_address, 2 * elements);
  space.take_per_tag(p.list_address, p.list_tag_stride, list_bytes(stripe_list_descriptors(p.blocks)));
  return space.used();
}

std::uint32_t lay_out(const LinearWork& work, int in_flight, linear_parameters_t& p) {
  Space space(in_flight);
  const auto rows = static_cast<std::uint32_t>(kGroupRows * work.groups);
  const auto columns = static_cast<std::uint32_t>(work.blocks * work.block_length);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.kind = static_cast<std::uint16_t>(work.kind);
  p.blocks = static_cast<std::uint16_t>(work.blocks);
  p.block_length = static_cast<std::uint16_t>(work.block_length);
  p.groups = static_cast<std::uint16_t>(work.groups);
  p.sum_width = work.partial ? 0 : 32;
  p.partials = static_cast<std::uint16_t>(work.partials);
  p.sends = static_cast<std::uint16_t>(work.sends);
  p.mx.count = static_cast<std::uint16_t>(work.mx_colors);
  space.take_per_tag(p.x_address, p.x_tag_stride, p.blocks * mx_stride(p.block_length));
  space.take(p.weight_address, rows * columns);
  space.take(p.multiplier_address, 2 * rows);
  space.take(p.shift_address, rows);
  if (work.bias) space.take(p.bias_address, 4 * rows);
  if (work.kind == LINEAR_ROWS16 || work.kind == LINEAR_GATE) space.take(p.rows_address, 2 * rows);
  if (work.kind == LINEAR_GATE) space.take_per_tag(p.sister_address, p.sister_tag_stride, 2 * rows);
  if (work.partials > 0) space.take_per_tag(p.sister_address, p.sister_tag_stride, 4 * rows * p.partials);
  if (work.kind == LINEAR_HIDDEN) space.take(p.rows_address, 2 * 2 * kBlockColumns);
  if (work.kind == LINEAR_HIDDEN || work.kind == LINEAR_GATE) {
    space.take(p.hidden_address, 4 * kBlockColumns);
    if (work.mx_colors > 1) space.take(p.block_address, mx_stride(kBlockColumns));
  }
  space.take_per_tag(
      p.list_address, p.list_tag_stride,
      list_bytes(linear_list_descriptors(p.kind, p.blocks, p.groups, p.sends, p.mx.count, p.partials) +
                 linear_sister_descriptors(p.kind, p.groups, p.sends, p.mx.count, p.partials)));
  return space.used();
}

std::uint32_t lay_out(const AttentionWork& work, int in_flight, attention_parameters_t& p) {
  Space space(in_flight);
  const auto length = static_cast<std::uint32_t>(work.head_length);
  const auto context = static_cast<std::uint32_t>(work.context);
  const auto slots = static_cast<std::uint32_t>(work.slots);
  const std::uint32_t head_bytes = 2 * length;
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.slots = static_cast<std::uint16_t>(work.slots);
  p.context = static_cast<std::uint16_t>(work.context);
  p.head_length = static_cast<std::uint16_t>(work.head_length);
  p.query_heads = static_cast<std::uint16_t>(work.query_heads);
  // One buffer [query heads][head_length], key, value: a receive rule's parts may run through all of it.
  space.take_per_tag(p.query_address, p.query_tag_stride, (p.query_heads + 2) * head_bytes);
  p.key_address = static_cast<std::uint16_t>(p.query_address + p.query_heads * head_bytes);
  p.value_address = static_cast<std::uint16_t>(p.key_address + head_bytes);
  p.key_tag_stride = p.value_tag_stride = p.query_tag_stride;
  space.take_per_tag(p.rope_address, p.rope_tag_stride, head_bytes);
  space.take(p.rotated_address, head_bytes);
  space.take(p.quantized_address, length + 16);
  space.take(p.score_address, 4 * context);
  space.take(p.weight_address, 2 * context);
  space.take(p.output_address, head_blocks(length) * 4 * kBlockColumns);
  space.take(p.block_address, mx_stride(head_block_length(length)));
  space.take(p.list_address,
             list_bytes(attention_list_descriptors(context, length, p.query_heads)));
  p.key_cache_stride = static_cast<std::uint16_t>(context * length);
  p.value_cache_stride = static_cast<std::uint16_t>(context * value_row_bytes(length));
  p.exponent_stride = static_cast<std::uint16_t>(context);
  space.take(p.key_cache_address, slots * context * length);
  space.take(p.value_cache_address, slots * context * value_row_bytes(length));
  space.take(p.key_exponent_address, slots * context);
  space.take(p.value_exponent_address, slots * context);
  return space.used();
}

std::uint32_t lay_out(const LogitsWork& work, int in_flight, logits_parameters_t& p) {
  Space space(in_flight);
  const auto groups = static_cast<std::uint32_t>(divide_up(work.rows, kGroupRows));
  const std::uint32_t rows = kGroupRows * groups;
  const std::uint32_t chunks = divide_up(static_cast<int>(groups), CHUNK_GROUPS);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.blocks = static_cast<std::uint16_t>(work.blocks);
  p.block_length = kBlockColumns;
  p.groups = static_cast<std::uint16_t>(groups);
  p.first_row = static_cast<std::uint16_t>(work.first_row);
  p.row_count = static_cast<std::uint16_t>(work.rows);
  space.take_per_tag(p.x_address, p.x_tag_stride, p.blocks * mx_stride(kBlockColumns));
  space.take(p.weight_address, rows * p.blocks * kBlockColumns);
  space.take(p.multiplier_address, 2 * rows);
  space.take(p.shift_address, rows);
  space.take(p.rows_address, 4 * rows);
  space.take_per_tag(p.list_address, p.list_tag_stride,
                     list_bytes(linear_list_descriptors(LINEAR_ROWS32, p.blocks, groups, chunks, 0, 0)));
  space.take(p.send_list_address, list_bytes(static_cast<std::uint32_t>(divide_up(work.rows, 256))));
  return space.used();
}

std::uint32_t lay_out(const ArgmaxWork& work, int in_flight, argmax_parameters_t& p) {
  Space space(in_flight);
  p.in_flight = static_cast<std::uint16_t>(in_flight);
  p.tiles = static_cast<std::uint16_t>(work.tiles);
  space.take_per_tag(p.winner_address, p.winner_tag_stride, 16u * p.tiles);
  return space.used();
}

namespace {

std::uint32_t used(const EmbeddingWork& work, int n) {
  embedding_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const RopeWork& work, int n) {
  rope_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const StripeWork& work, int n) {
  stripe_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const LinearWork& work, int n) {
  linear_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const AttentionWork& work, int n) {
  attention_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const LogitsWork& work, int n) {
  logits_parameters_t p{};
  return lay_out(work, n, p);
}
std::uint32_t used(const ArgmaxWork& work, int n) {
  argmax_parameters_t p{};
  return lay_out(work, n, p);
}

}  // namespace

std::uint32_t sram_bytes(const Work& work, int in_flight) {
  return std::visit([&](const auto& one) { return used(one, in_flight); }, work);
}

}  // namespace tessera
