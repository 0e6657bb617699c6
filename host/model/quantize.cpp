#include "host/model/quantize.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "host/error/error.h"
#include "host/model/validate.h"

namespace tessera {
namespace {

constexpr double kSmallestRow = 0x1p-60;  // a row with no larger magnitude counts as zeros

double round_clamped(double value, double limit) { return std::clamp(std::round(value), -limit, limit); }

struct Scale {     // value ~ multiplier * 2^-shift
  int multiplier;  // 2^14 to 2^15 - 1
  int shift;
};

Scale quantize_scale(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  int multiplier = static_cast<int>(std::round(std::ldexp(fraction, 15)));
  if (multiplier == 1 << 15) {
    multiplier /= 2;
    ++exponent;
  }
  return {multiplier, 15 - exponent};
}

double largest_magnitude(std::span<const float> values) {
  double largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(static_cast<double>(value)));
  return largest;
}

void quantize_row(std::span<const float> row, QuantizedLinear& linear, int index) {
  const double largest = largest_magnitude(row);
  const bool zeros = largest < kSmallestRow;
  const Scale scale = zeros ? Scale{1 << 14, 15} : quantize_scale(largest / 127);
  linear.multiplier[index] = static_cast<std::uint16_t>(scale.multiplier);
  linear.shift[index] = static_cast<std::int8_t>(scale.shift);
  if (zeros) return;
  const double step = std::ldexp(scale.multiplier, -scale.shift);
  std::int8_t* weights = linear.weights.data() + static_cast<std::size_t>(index) * row.size();
  for (std::size_t i = 0; i < row.size(); ++i) {
    weights[i] = static_cast<std::int8_t>(round_clamped(row[i] / step, 127));
  }
}

void fill_rope_tables(QuantizedModel& model) {
  const int pairs = model.config.head_dim() / 2;
  for (int position = 0; position < model.config.context; ++position) {
    for (int i = 0; i < pairs; ++i) {
      const double angle = position / std::pow(kRopeTheta, 2.0 * i / model.config.head_dim());
      model.rope_cosine.push_back(static_cast<std::int16_t>(std::round(std::ldexp(std::cos(angle), 14))));
      model.rope_sine.push_back(static_cast<std::int16_t>(std::round(std::ldexp(std::sin(angle), 14))));
    }
  }
}

QuantizedLayer quantize_layer(const FloatLayer& layer, const ModelConfig& config, std::size_t index,
                              std::string_view source) {
  const int dim = config.dim;
  const int kv_dim = config.kv_dim();
  const int hidden_dim = config.hidden_dim;
  QuantizedLayer quantized;
  quantized.attention_norm = quantize_norm(layer.attention_norm, kNormEpsilon,
                                           fmt::format("{}: layers[{}].attention_norm", source, index));
  quantized.ffn_norm =
      quantize_norm(layer.ffn_norm, kNormEpsilon, fmt::format("{}: layers[{}].ffn_norm", source, index));
  quantized.query = quantize_linear(layer.query, dim, dim);
  quantized.key = quantize_linear(layer.key, kv_dim, dim);
  quantized.value = quantize_linear(layer.value, kv_dim, dim);
  quantized.attention_output = quantize_linear(layer.attention_output, dim, dim);
  quantized.gate = quantize_linear(layer.gate, hidden_dim, dim);
  quantized.up = quantize_linear(layer.up, hidden_dim, dim);
  quantized.down = quantize_linear(layer.down, dim, hidden_dim);
  return quantized;
}

}  // namespace

QuantizedLinear quantize_linear(std::span<const float> weights, int rows, int columns,
                                std::span<const float> bias) {
  QuantizedLinear linear;
  linear.rows = rows;
  linear.columns = columns;
  linear.weights.assign(weights.size(), 0);
  linear.multiplier.assign(rows, 0);
  linear.shift.assign(rows, 0);
  for (int row = 0; row < rows; ++row) {
    quantize_row(weights.subspan(static_cast<std::size_t>(row) * columns, columns), linear, row);
  }
  for (const float value : bias) {
    linear.bias.push_back(static_cast<std::int32_t>(round_clamped(std::ldexp(value, 16), INT32_MAX)));
  }
  return linear;
}

QuantizedNorm quantize_norm(std::span<const float> gain, double epsilon, std::string_view name) {
  const double root = std::sqrt(static_cast<double>(gain.size()));
  int exponent = 0;
  std::frexp(largest_magnitude(gain) * root, &exponent);
  QuantizedNorm norm;
  norm.gain_exponent = 15 - exponent;
  if (norm.gain_exponent < kSmallestGainExponent || norm.gain_exponent > kLargestGainExponent) {
    fail(ErrorKind::kInput, "{}'s largest gain is {}, expected 0 or a magnitude around 2^{} to 2^{}", name,
         largest_magnitude(gain), -kLargestGainExponent, -kSmallestGainExponent);
  }
  for (const float value : gain) {
    norm.gain.push_back(
        static_cast<std::int16_t>(round_clamped(std::ldexp(value * root, norm.gain_exponent), 32767)));
  }
  norm.epsilon = static_cast<std::uint64_t>(std::round(std::ldexp(epsilon * gain.size(), 32)));
  return norm;
}

QuantizedModel quantize(const FloatModel& model, std::string_view source) {
  validate_model(model, source);
  QuantizedModel quantized;
  quantized.config = model.config;
  const ModelConfig& config = model.config;
  quantized.embedding = quantize_linear(model.token_embedding, config.vocabulary, config.dim);
  for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
    quantized.layers.push_back(quantize_layer(model.layers[layer], config, layer, source));
  }
  quantized.final_norm = quantize_norm(model.final_norm, kNormEpsilon, fmt::format("{}: final_norm", source));
  if (!config.tied) {
    quantized.untied_logits = quantize_linear(model.logits, config.vocabulary, config.dim);
  }
  fill_rope_tables(quantized);
  const Scale scale = quantize_scale(std::numbers::log2e / std::sqrt(config.head_dim()));
  quantized.attention_scale = scale.multiplier;
  quantized.attention_shift = scale.shift;
  return quantized;
}

}  // namespace tessera
