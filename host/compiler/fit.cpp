#include "host/compiler/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "firmware/parameters.h"
#include "host/compiler/memory_map.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr int kDataColors = rtl::kColorCount - rtl::kFirstDataColor;
constexpr int kMessageWords = 256;
constexpr int kParts = 256;
constexpr int kTokenIds = 65536;  // first_row of the logits' parameters
constexpr int kStripeTable = sizeof(firmware::embedding_parameters_t::stripe) / sizeof(firmware::row_send_t);

std::string too_many(const char* what, int count, int limit, const char* of) {
  return fmt::format("{}: {} {}, {} more than the {} there can be", what, count, of, count - limit, limit);
}

// Row messages that the busiest tile of q, k, v sends.
int qkv_sends(const ModelShape& shape, const Partition& p) {
  const int rows = qkv_piece_rows(shape, p);
  const int tiles_per_head = p.attention / shape.config.kv_heads;
  const int units = divide_up(shape.qkv_groups, p.qkv_unit);
  int most = 0;
  for (int tile = 0; tile < p.qkv; ++tile) {
    const Share part = share(units, p.qkv, tile);
    const int begin = kGroupRows * p.qkv_unit * part.first;
    const int end =
        std::min(begin + kGroupRows * p.qkv_unit * part.count, shape.head_vectors() * shape.head_length);
    int sends = 0;
    for (int row = begin; row < end; row += rows) {
      const bool query = row / shape.head_length < shape.config.heads;
      sends += query || p.key_value_multicast ? 1 : tiles_per_head;
    }
    most = std::max(most, sends);
  }
  return most;
}

StripeWork stripe_work(const ModelShape& shape, const Partition& p, Operator op) {
  StripeWork work;
  work.blocks = divide_up(shape.dim_blocks, p.stripes);
  work.sisters = p.stripes - 1;
  work.adds = true;
  work.forwards = op != Operator::kFinalNorm;
  return work;
}

// Streams that a tile of the operator receives, each of a color of its own.
int receive_colors(const ModelShape& shape, const Partition& p, Operator op) {
  switch (op) {
    case Operator::kAttentionNorm:
    case Operator::kFfnNorm:
    case Operator::kFinalNorm:
      return 2 + p.stripes - 1;
    case Operator::kHidden:
      return p.stripes + (p.hidden_apart ? 1 : 0);
    case Operator::kQkv:
    case Operator::kLogits:
      return p.stripes;
    case Operator::kAttention:
      return (p.key_value_multicast ? 3 : 1) + p.rope;
    case Operator::kOutput:
    case Operator::kDown: {
      const bool merges = op == Operator::kOutput ? p.attention_merges : p.hidden_merges;
      return (merges ? 1 : most_split_tiles(p, op)) + (splits_of(p, op) > 1 ? 1 : 0);
    }
    default:
      break;
  }
  (void)shape;
  return 1;
}

// Limits of the kernels' tables and of message formats.
std::string table_misfit(const ModelShape& shape, const Partition& p, Operator op, const Work& work) {
  switch (op) {
    case Operator::kEmbedding:
      if (p.stripes > kStripeTable) return too_many("embedding", p.stripes, kStripeTable, "stripes");
      break;
    case Operator::kAttentionNorm:
    case Operator::kFfnNorm:
    case Operator::kFinalNorm:
      if (const int words = kBlockColumns * std::get<StripeWork>(work).blocks; words > kMessageWords)
        return too_many(operator_name(op), words, kMessageWords, "elements of x on a stripe");
      break;
    case Operator::kOutput:
    case Operator::kDown:
      if (splits_of(p, op) > input_tiles_of(p, op))
        return too_many(operator_name(op), splits_of(p, op), input_tiles_of(p, op), "parts of the inputs");
      [[fallthrough]];
    case Operator::kQkv:
      if (const int sends = std::get<LinearWork>(work).sends; sends > firmware::MAX_SENDS)
        return too_many(operator_name(op), sends, firmware::MAX_SENDS, "messages of a tile");
      break;
    case Operator::kAttention:
      if (const int heads = std::get<AttentionWork>(work).query_heads; heads > firmware::MAX_QUERY_HEADS)
        return too_many("attention", heads, firmware::MAX_QUERY_HEADS, "query heads of a tile");
      if (const int copies = row_tiles_of(p, Operator::kOutput);
          p.attention_merges && copies > firmware::MAX_MX_COLORS)
        return too_many("attention", copies, firmware::MAX_MX_COLORS, "copies of an MX block");
      break;
    case Operator::kHidden:
      if (const int copies = row_tiles_of(p, Operator::kDown);
          p.hidden_merges && copies > firmware::MAX_MX_COLORS)
        return too_many("hidden", copies, firmware::MAX_MX_COLORS, "copies of an MX block");
      if (const int sends = std::get<LinearWork>(work).groups * kGroupRows / kBlockColumns;
          p.hidden_apart && sends > firmware::MAX_SENDS)
        return too_many("hidden", sends, firmware::MAX_SENDS, "messages of a tile");
      break;
    case Operator::kLogits:
      if (shape.config.vocabulary > kTokenIds)
        return too_many("logits", shape.config.vocabulary, kTokenIds, "token ids");
      if (const int parts = p.logits * divide_up(std::get<LogitsWork>(work).rows, kMessageWords);
          parts > kParts)
        return too_many("logits", parts, kParts, "messages to the host");
      break;
    case Operator::kRope:
    case Operator::kArgmax:
      break;
  }
  return {};
}

std::string describe_work(const Work& work) {
  if (const auto* linear = std::get_if<LinearWork>(&work))
    return fmt::format("{} rows of {} inputs", kGroupRows * linear->groups,
                       linear->blocks * linear->block_length);
  if (const auto* attention = std::get_if<AttentionWork>(&work))
    return fmt::format("{} slots of {} positions of a KV head of {}", attention->slots, attention->context,
                       attention->head_length);
  if (const auto* embedding = std::get_if<EmbeddingWork>(&work))
    return fmt::format("{} rows of {} bytes", embedding->rows, embedding->row_bytes);
  if (const auto* rope = std::get_if<RopeWork>(&work))
    return fmt::format("{} rows of {} bytes", rope->positions, rope->row_bytes);
  if (const auto* stripe = std::get_if<StripeWork>(&work))
    return fmt::format("{} elements of x", kBlockColumns * stripe->blocks);
  if (const auto* logits = std::get_if<LogitsWork>(&work))
    return fmt::format("{} rows of {} inputs", logits->rows, kBlockColumns * logits->blocks);
  return fmt::format("{} winners", std::get<ArgmaxWork>(work).tiles);
}

// What would help where an attention tile is too small: fewer slots, or fewer positions.
std::string attention_advice(const ModelShape& shape, const Partition& p, const WaferConfig& config) {
  if (const int slots = slots_that_fit(shape, p, config.in_flight); slots > 0)
    return fmt::format("; {} slots would fit", slots);
  AttentionWork work = std::get<AttentionWork>(largest_work(shape, p, Operator::kAttention));
  work.slots = 1;
  work.context = std::min<int>(work.context, firmware::MAX_POSITIONS);
  while (work.context > kGroupRows && sram_bytes(work, config.in_flight) > rtl::kSramBytes)
    work.context -= kGroupRows;
  return fmt::format("; a context of {} would fit one slot", work.context);
}

}  // namespace

LinearWork split_work(const ModelShape& shape, const Partition& p, Operator op, int split) {
  const bool output = op == Operator::kOutput;
  const int unit = output ? p.output_unit : p.down_unit;
  LinearWork work;
  work.kind = firmware::LINEAR_ROWS32;
  work.sends = divide_up(2 * shape.dim_blocks / unit, row_tiles_of(p, op));
  work.groups = work.sends * unit;
  work.blocks = split_blocks(shape, p, op, split).count;
  work.block_length = output ? shape.head_block_length : kBlockColumns;
  work.partial = split > 0;
  work.partials = split == 0 ? splits_of(p, op) - 1 : 0;
  work.bias = split == 0 && (output ? shape.output_bias : shape.down_bias);
  return work;
}

// Messages of whole row groups, none in two chunks, need not go by way of memory.
int qkv_kind(const ModelShape& shape, const Partition& p) {
  const bool groups = qkv_piece_rows(shape, p) % kGroupRows == 0 && firmware::CHUNK_GROUPS % p.qkv_unit == 0;
  return groups ? firmware::LINEAR_GROUPS16 : firmware::LINEAR_ROWS16;
}

Work largest_work(const ModelShape& shape, const Partition& p, Operator op) {
  const ModelConfig& model = shape.config;
  switch (op) {
    case Operator::kEmbedding:
      return EmbeddingWork{0, divide_up(model.vocabulary, p.embedding), shape.padded_dim(), p.stripes};
    case Operator::kRope:
      return RopeWork{0, divide_up(shape.context, p.rope), 2 * shape.head_length};
    case Operator::kAttentionNorm:
    case Operator::kFfnNorm:
    case Operator::kFinalNorm:
      return stripe_work(shape, p, op);
    case Operator::kQkv: {
      LinearWork work;
      work.kind = qkv_kind(shape, p);
      work.groups = divide_up(divide_up(shape.qkv_groups, p.qkv_unit), p.qkv) * p.qkv_unit;
      work.blocks = shape.dim_blocks;
      work.block_length = kBlockColumns;
      work.sends = qkv_sends(shape, p);
      work.bias = shape.qkv_bias;
      return work;
    }
    case Operator::kAttention: {
      AttentionWork work;
      work.query_heads = divide_up(shape.group(), p.attention / model.kv_heads);
      work.head_length = shape.head_length;
      work.slots = p.slots;
      work.context = shape.padded_context;
      work.mx_colors = p.attention_merges ? row_tiles_of(p, Operator::kOutput) : 1;
      return work;
    }
    case Operator::kOutput:
    case Operator::kDown:
      return split_work(shape, p, op, 0);
    case Operator::kHidden: {
      LinearWork work;
      // Of tiles that have gate and up rows apart, the ones with the gate rows need more.
      const int blocks = divide_up(shape.hidden_blocks, input_tiles_of(p, Operator::kDown));
      work.kind = p.hidden_apart ? firmware::LINEAR_GATE : firmware::LINEAR_HIDDEN;
      work.groups = (p.hidden_apart ? kHiddenGroups / 2 : kHiddenGroups) * blocks;
      work.blocks = shape.dim_blocks;
      work.block_length = kBlockColumns;
      work.mx_colors = p.hidden_merges ? row_tiles_of(p, Operator::kDown) : 1;
      work.bias = shape.hidden_bias;
      return work;
    }
    case Operator::kLogits:
      return LogitsWork{0,
                        std::min(model.vocabulary, kGroupRows * divide_up(shape.vocabulary_groups, p.logits)),
                        shape.dim_blocks};
    case Operator::kArgmax:
      break;
  }
  return ArgmaxWork{p.logits};
}

std::string misfit(const ModelShape& shape, const Partition& p, const WaferConfig& config, Operator op) {
  const Work work = largest_work(shape, p, op);
  if (std::string problem = table_misfit(shape, p, op, work); !problem.empty()) return problem;
  if (const int colors = receive_colors(shape, p, op); colors > kDataColors)
    return too_many(operator_name(op), colors, kDataColors, "colors that a tile receives");
  const std::uint32_t bytes = sram_bytes(work, config.in_flight);
  if (bytes <= rtl::kSramBytes) {
    const auto* attention = std::get_if<AttentionWork>(&work);
    if (attention == nullptr || attention->context <= firmware::MAX_POSITIONS) return {};
    return too_many("attention", attention->context, firmware::MAX_POSITIONS, "positions of a tile");
  }
  return fmt::format("SRAM of a tile of {}: {} need {} bytes, {} more than the {} there are{}",
                     operator_name(op), describe_work(work), bytes, bytes - rtl::kSramBytes, rtl::kSramBytes,
                     op == Operator::kAttention ? attention_advice(shape, p, config) : "");
}

int slots_that_fit(const ModelShape& shape, const Partition& p, int in_flight) {
  AttentionWork work = std::get<AttentionWork>(largest_work(shape, p, Operator::kAttention));
  for (work.slots = rtl::kSlotCount; work.slots > 0; --work.slots) {
    if (sram_bytes(work, in_flight) <= rtl::kSramBytes) return work.slots;
  }
  return 0;
}

}  // namespace tessera
