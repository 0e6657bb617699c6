#include "host/compiler/weights.h"

#include "firmware/parameters.h"

namespace tessera {
namespace {

constexpr std::uint16_t kPaddingMultiplier = 1 << 14;
constexpr std::int8_t kPaddingShift = 15;

// Where a row of a tile comes from; no linear: padding.
struct RowSource {
  const QuantizedLinear* linear = nullptr;
  int row = 0;
};

// Row `row` of q, k and v, head after head, each padded to head_length.
RowSource qkv_row(const QuantizedLayer& layer, const ModelShape& shape, int row) {
  const int vector = row / shape.head_length;
  const int within = row % shape.head_length;
  const int head_dim = shape.config.head_dim();
  if (vector >= shape.head_vectors() || within >= head_dim) return {};
  if (vector < shape.config.heads) return {&layer.query, vector * head_dim + within};
  const int head = (vector - shape.config.heads) % shape.config.kv_heads;
  const bool key = vector < shape.config.heads + shape.config.kv_heads;
  return {key ? &layer.key : &layer.value, head * head_dim + within};
}

// Row `row` of gate and up: 32 gate rows, then 32 up rows, of each MX block.
RowSource hidden_row(const QuantizedLayer& layer, const ModelShape& shape, int row) {
  const int block = row / (2 * kBlockColumns);
  const int within = row % (2 * kBlockColumns);
  const int hidden = block * kBlockColumns + within % kBlockColumns;
  if (hidden >= shape.config.hidden_dim) return {};
  return {within < kBlockColumns ? &layer.gate : &layer.up, hidden};
}

RowSource plain_row(const QuantizedLinear& linear, int row) {
  return row < linear.rows ? RowSource{&linear, row} : RowSource{};
}

RowSource source_of(const QuantizedModel& model, const ModelShape& shape, const Kernel& kernel, int row) {
  const QuantizedLayer& layer = model.layers[kernel.layer];
  switch (kernel.op) {
    case Operator::kQkv:
      return qkv_row(layer, shape, row);
    case Operator::kOutput:
      return plain_row(layer.attention_output, row);
    case Operator::kHidden:
      switch (std::get<LinearWork>(kernel.work).kind) {
        case firmware::LINEAR_HIDDEN:
          return hidden_row(layer, shape, row);
        case firmware::LINEAR_GATE:
          return plain_row(layer.gate, row);
        default:
          return plain_row(layer.up, row);
      }
    case Operator::kDown:
      return plain_row(layer.down, row);
    default:
      return plain_row(model.logits(), row);
  }
}

// Columns of a linear's padded input that a tile has.
struct Columns {
  int first = 0;
  int count = 0;
};

// The model's column of each of a tile's columns, -1 for padding. Only the heads of o's input are padded
// inside.
std::vector<int> column_sources(const ModelShape& shape, Operator op, Columns columns, int model_columns) {
  std::vector<int> sources(columns.count);
  const int head = shape.head_blocks * shape.head_block_length;
  for (int i = 0; i < columns.count; ++i) {
    const int column = columns.first + i;
    int source = column;
    bool real = column < model_columns;
    if (op == Operator::kOutput) {
      source = column / head * shape.config.head_dim() + column % head;
      real = column % head < shape.config.head_dim();
    }
    sources[i] = real ? source : -1;
  }
  return sources;
}

LinearRows gather(const QuantizedModel& model, const ModelShape& shape, const Kernel& kernel, int first_group,
                  int groups, Columns columns, bool bias) {
  const int model_columns = kernel.op == Operator::kDown ? shape.config.hidden_dim : shape.config.dim;
  const std::vector<int> sources = column_sources(shape, kernel.op, columns, model_columns);
  const int rows = groups * kGroupRows;
  LinearRows result;
  result.weights.assign(static_cast<size_t>(rows) * columns.count, 0);
  result.multipliers.assign(rows, kPaddingMultiplier);
  result.shifts.assign(rows, kPaddingShift);
  if (bias) result.biases.assign(rows, 0);
  for (int row = 0; row < rows; ++row) {
    const RowSource source = source_of(model, shape, kernel, first_group * kGroupRows + row);
    if (source.linear == nullptr) continue;
    const QuantizedLinear& linear = *source.linear;
    result.multipliers[row] = linear.multiplier[source.row];
    result.shifts[row] = linear.shift[source.row];
    if (bias && !linear.bias.empty()) result.biases[row] = linear.bias[source.row];
    const std::int8_t* weights = &linear.weights[static_cast<size_t>(source.row) * linear.columns];
    const size_t group = static_cast<size_t>(row / kGroupRows) * columns.count;
    for (int column = 0; column < columns.count; ++column) {
      if (sources[column] >= 0)
        result.weights[(group + column) * kGroupRows + row % kGroupRows] = weights[sources[column]];
    }
  }
  return result;
}

}  // namespace

LinearRows linear_rows(const QuantizedModel& model, const ModelShape& shape, const Kernel& kernel) {
  const auto& work = std::get<LinearWork>(kernel.work);
  return gather(model, shape, kernel, work.first_group, work.groups,
                {work.first_block * work.block_length, work.blocks * work.block_length}, work.bias);
}

LinearRows logits_rows(const QuantizedModel& model, const ModelShape& shape, const LogitsWork& work) {
  Kernel kernel;
  kernel.op = Operator::kLogits;
  return gather(model, shape, kernel, work.first_row / kGroupRows, divide_up(work.rows, kGroupRows),
                {0, work.blocks * kBlockColumns}, false);
}

}  // namespace tessera
