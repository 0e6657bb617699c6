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

LinearWork rows32_work(int dim_groups, int tiles, int unit, int blocks, int block_length, bool bias) {
  LinearWork work;
  work.kind = firmware::LINEAR_ROWS32;
  work.sends = divide_up(dim_groups / unit, tiles);
  work.groups = work.sends * unit;
  work.blocks = blocks;
  work.block_length = block_length;
  work.bias = bias;
  return work;
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
    case Operator::kQkv:
    case Operator::kHidden:
    case Operator::kLogits:
      return p.stripes;
    case Operator::kAttention:
      return (p.key_value_multicast ? 3 : 1) + p.rope;
    case Operator::kOutput:
      return p.attention_merges ? 1 : p.attention;
    case Operator::kDown:
      return p.hidden_merges ? 1 : p.hidden;
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
    case Operator::kQkv:
    case Operator::kOutput:
    case Operator::kDown:
      if (const int sends = std::get<LinearWork>(work).sends; sends > firmware::MAX_SENDS)
        return too_many(operator_name(op), sends, firmware::MAX_SENDS, "messages of a tile");
      break;
    case Operator::kAttention:
      if (const int heads = std::get<AttentionWork>(work).query_heads; heads > firmware::MAX_QUERY_HEADS)
        return too_many("attention", heads, firmware::MAX_QUERY_HEADS, "query heads of a tile");
      if (p.attention_merges && p.output > firmware::MAX_MX_COLORS)
        return too_many("attention", p.output, firmware::MAX_MX_COLORS, "copies of an MX block");
      break;
    case Operator::kHidden:
      if (p.hidden_merges && p.down > firmware::MAX_MX_COLORS)
        return too_many("hidden", p.down, firmware::MAX_MX_COLORS, "copies of an MX block");
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
      work.kind = firmware::LINEAR_ROWS16;
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
      work.mx_colors = p.attention_merges ? p.output : 1;
      return work;
    }
    case Operator::kOutput:
      return rows32_work(2 * shape.dim_blocks, p.output, p.output_unit, model.heads * shape.head_blocks,
                         shape.head_block_length, shape.output_bias);
    case Operator::kHidden: {
      LinearWork work;
      work.kind = firmware::LINEAR_HIDDEN;
      work.groups = firmware::CHUNK_GROUPS * divide_up(shape.hidden_blocks, p.hidden);
      work.blocks = shape.dim_blocks;
      work.block_length = kBlockColumns;
      work.mx_colors = p.hidden_merges ? p.down : 1;
      work.bias = shape.hidden_bias;
      return work;
    }
    case Operator::kDown:
      return rows32_work(2 * shape.dim_blocks, p.down, p.down_unit, shape.hidden_blocks, kBlockColumns,
                         shape.down_bias);
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
