#include "host/compiler/tile_memory.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "host/compiler/weights.h"
#include "host/golden/formats.h"

namespace tessera {
namespace {

using namespace firmware;

constexpr std::size_t kWord = 16;  // bytes of an SRAM word

template <typename T>
Segment segment(std::uint32_t address, std::span<const T> values) {
  Segment result;
  result.address = address;
  result.bytes.assign((values.size_bytes() + kWord - 1) / kWord * kWord, 0);
  if (!values.empty()) std::memcpy(result.bytes.data(), values.data(), values.size_bytes());
  return result;
}

template <typename T>
Segment segment(std::uint32_t address, const std::vector<T>& values) {
  return segment(address, std::span<const T>(values));
}

// The model and graph around one kernel while its memory is filled.
struct Filler {
  const QuantizedModel& model;
  const KernelGraph& graph;
  const Kernel& kernel;
  const std::vector<int>& colors;
  int in_flight;
  TileMemory memory;

  const ModelShape& shape() const { return graph.shape; }
  std::uint16_t color(const Send& send) const { return static_cast<std::uint16_t>(colors[send.stream]); }

  template <typename Parameters>
  void add_parameters(const Parameters& parameters) {
    memory.segments.push_back(segment(PARAMETER_ADDRESS, std::span(&parameters, 1)));
  }
  template <typename T>
  void add(std::uint32_t address, const std::vector<T>& values) {
    if (!values.empty()) memory.segments.push_back(segment(address, values));
  }

  void fill(const EmbeddingWork& work);
  void fill(const RopeWork& work);
  void fill(const StripeWork& work);
  void fill(const LinearWork& work);
  void fill(const AttentionWork& work);
  void fill(const LogitsWork& work);
  void fill(const ArgmaxWork& work);
};

row_send_t row_send(const Filler& filler, const Send& send) {
  return {filler.color(send), static_cast<std::uint16_t>(send.part), static_cast<std::uint16_t>(send.first),
          static_cast<std::uint16_t>(send.count)};
}

// Adds a color to an MX block's destinations unless it is there.
void add_color(mx_send_t& mx, std::uint16_t color) {
  const auto end = mx.color + mx.count;
  if (std::find(mx.color, end, color) == end) mx.color[mx.count++] = color;
}

void Filler::fill(const EmbeddingWork& work) {
  embedding_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  std::transform(kernel.sends.begin(), kernel.sends.end(), p.stripe,
                 [&](const Send& send) { return row_send(*this, send); });
  add_parameters(p);
  const QuantizedLinear& table = model.embedding;
  std::vector<std::int8_t> rows(static_cast<size_t>(work.rows) * work.row_bytes, 0);
  for (int row = 0; row < work.rows; ++row)
    std::copy_n(&table.weights[static_cast<size_t>(work.first_row + row) * table.columns], table.columns,
                &rows[static_cast<size_t>(row) * work.row_bytes]);
  add(p.weight_address, rows);
  memory.segments.push_back(
      segment(p.multiplier_address,
              std::span(table.multiplier).subspan(work.first_row, static_cast<size_t>(work.rows))));
  memory.segments.push_back(segment(
      p.shift_address, std::span(table.shift).subspan(work.first_row, static_cast<size_t>(work.rows))));
}

void Filler::fill(const RopeWork& work) {
  rope_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  p.color = color(kernel.sends[0]);
  add_parameters(p);
  const int pairs = shape().config.head_dim() / 2;
  const int row_elements = work.row_bytes / 2;
  std::vector<std::int16_t> table(static_cast<size_t>(work.positions) * row_elements, 0);
  for (int i = 0; i < work.positions; ++i) {
    for (int pair = 0; pair < pairs; ++pair) {
      const size_t from = static_cast<size_t>(work.first_position + i) * pairs + pair;
      std::int16_t* to = &table[static_cast<size_t>(i) * row_elements + 2 * pair];
      to[0] = model.rope_cosine[from];
      to[1] = model.rope_sine[from];
    }
  }
  add(p.table_address, table);
}

void Filler::fill(const StripeWork& work) {
  stripe_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  for (const Send& send : kernel.sends) {
    switch (send.tensor.format) {
      case MessageFormat::kSquares:
        p.squares_color = color(send);
        p.squares_part = static_cast<std::uint16_t>(send.part);
        break;
      case MessageFormat::kMx:
        p.mx_color = color(send);
        break;
      default:
        p.forward_color = color(send);
        p.forward_part = static_cast<std::uint16_t>(send.part);
    }
  }
  const QuantizedNorm& norm = kernel.op == Operator::kFinalNorm ? model.final_norm
                              : kernel.op == Operator::kAttentionNorm
                                  ? model.layers[kernel.layer].attention_norm
                                  : model.layers[kernel.layer].ffn_norm;
  p.exponent = static_cast<std::int16_t>(15 - norm.gain_exponent - 31);
  p.epsilon_low = static_cast<std::uint32_t>(norm.epsilon);
  p.epsilon_high = static_cast<std::uint32_t>(norm.epsilon >> 32);
  add_parameters(p);
  std::vector<std::int16_t> gain(static_cast<size_t>(kBlockColumns) * work.blocks, 0);
  const int first = kBlockColumns * work.first_block;
  const int count = std::min(static_cast<int>(gain.size()), shape().config.dim - first);
  std::copy_n(norm.gain.begin() + first, count, gain.begin());
  add(p.gain_address, gain);
}

void Filler::fill(const LinearWork& work) {
  linear_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  p.result_shift = kernel.op == Operator::kQkv ? 16 - kQueryFraction : 16 - kGateFraction;
  if (work.kind == LINEAR_HIDDEN || work.kind == LINEAR_GATE) {
    p.mx.count = 0;
    for (const Send& send : kernel.sends) add_color(p.mx, color(send));
    p.first_part = static_cast<std::uint16_t>(kernel.sends.front().part);
  } else {
    std::transform(kernel.sends.begin(), kernel.sends.end(), p.send,
                   [&](const Send& send) { return row_send(*this, send); });
  }
  add_parameters(p);
  const LinearRows rows = linear_rows(model, shape(), kernel);
  add(p.weight_address, rows.weights);
  add(p.multiplier_address, rows.multipliers);
  add(p.shift_address, rows.shifts);
  add(p.bias_address, rows.biases);
}

void Filler::fill(const AttentionWork& work) {
  attention_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  p.scale = static_cast<std::uint16_t>(model.attention_scale);
  p.scale_shift = static_cast<std::uint16_t>(model.attention_shift);
  p.first_part = static_cast<std::uint16_t>(work.first_query_head * shape().head_blocks);
  for (const Send& send : kernel.sends) add_color(p.mx[send.first], color(send));
  add_parameters(p);
  // The last MX block of a head may reach beyond head_length: those elements are never written.
  const auto elements = static_cast<size_t>(shape().head_blocks * kBlockColumns);
  add(p.output_address, std::vector<std::int32_t>(elements, 0));
}

void Filler::fill(const LogitsWork& work) {
  logits_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  bool first = true;
  for (const Send& send : kernel.sends) {
    if (send.tensor.format == MessageFormat::kWinner) {
      p.winner_color = color(send);
      p.part = static_cast<std::uint16_t>(send.part);
      continue;
    }
    p.logits_color = color(send);
    if (first) p.first_logits_part = static_cast<std::uint16_t>(send.part);
    first = false;
  }
  add_parameters(p);
  const LinearRows rows = logits_rows(model, shape(), work);
  add(p.weight_address, rows.weights);
  add(p.multiplier_address, rows.multipliers);
  add(p.shift_address, rows.shifts);
}

void Filler::fill(const ArgmaxWork& work) {
  argmax_parameters_t p{};
  memory.used = lay_out(work, in_flight, p);
  p.color = color(kernel.sends[0]);
  add_parameters(p);
}

BufferPlace place_of(const EmbeddingWork& work, Buffer, int in_flight) {
  embedding_parameters_t p{};
  lay_out(work, in_flight, p);
  return {p.token_address, p.token_tag_stride};
}

BufferPlace place_of(const RopeWork& work, Buffer, int in_flight) {
  return {rope_scratch_address(work, in_flight), 0};
}

BufferPlace place_of(const StripeWork& work, Buffer buffer, int in_flight) {
  stripe_parameters_t p{};
  lay_out(work, in_flight, p);
  if (buffer == Buffer::kX) return {p.x_address, p.x_tag_stride};
  if (buffer == Buffer::kY) return {p.y_address, p.y_tag_stride};
  return {p.squares_address, p.squares_tag_stride};
}

BufferPlace place_of(const LinearWork& work, Buffer buffer, int in_flight) {
  linear_parameters_t p{};
  lay_out(work, in_flight, p);
  if (buffer == Buffer::kSister) return {p.sister_address, p.sister_tag_stride};
  return {p.x_address, p.x_tag_stride};
}

BufferPlace place_of(const AttentionWork& work, Buffer buffer, int in_flight) {
  attention_parameters_t p{};
  lay_out(work, in_flight, p);
  if (buffer == Buffer::kRope) return {p.rope_address, p.rope_tag_stride};
  return {p.query_address, p.query_tag_stride};
}

BufferPlace place_of(const LogitsWork& work, Buffer, int in_flight) {
  logits_parameters_t p{};
  lay_out(work, in_flight, p);
  return {p.x_address, p.x_tag_stride};
}

BufferPlace place_of(const ArgmaxWork& work, Buffer, int in_flight) {
  argmax_parameters_t p{};
  lay_out(work, in_flight, p);
  return {p.winner_address, p.winner_tag_stride};
}

}  // namespace

TileMemory fill_memory(const QuantizedModel& model, const KernelGraph& graph, int index,
                       const std::vector<int>& colors, int in_flight) {
  const Kernel& kernel = graph.kernels[index];
  Filler filler{model, graph, kernel, colors, in_flight, {}};
  std::visit([&](const auto& work) { filler.fill(work); }, kernel.work);
  return std::move(filler.memory);
}

BufferPlace buffer_place(const Work& work, Buffer buffer, int in_flight) {
  return std::visit([&](const auto& one) { return place_of(one, buffer, in_flight); }, work);
}

}  // namespace tessera
