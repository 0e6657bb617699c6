// The offline conversion of a float model to integers (docs/numerics.md, section "Offline conversion"): in
// doubles, rounding to nearest, halves away from zero, so that two converters write the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

// Row r is worth weights[r][c] * multiplier[r] * 2^-shift[r].
struct QuantizedLinear {
  int rows = 0;                           // outputs
  int columns = 0;                        // inputs
  std::vector<std::int8_t> weights;       // [rows][columns], -127 to 127
  std::vector<std::uint16_t> multiplier;  // [rows], 2^14 to 2^15 - 1
  std::vector<std::int8_t> shift;         // [rows], -107 to 81
  std::vector<std::int32_t> bias;         // [rows], 16 fraction bits; empty: none
};

struct QuantizedNorm {
  std::vector<std::int16_t> gain;  // [dim], the gain * sqrt(dim) * 2^gain_exponent
  int gain_exponent = 0;           // eg
  std::uint64_t epsilon = 0;       // round(epsilon * dim * 2^32), added to the sum of squares
};

struct QuantizedLayer {
  QuantizedNorm attention_norm, ffn_norm;
  QuantizedLinear query, key, value, attention_output, gate, up, down;
};

struct QuantizedModel {
  ModelConfig config;
  QuantizedLinear embedding;  // [vocabulary][dim]
  std::vector<QuantizedLayer> layers;
  QuantizedNorm final_norm;
  QuantizedLinear untied_logits;          // [vocabulary][dim]; no rows in a tied model
  std::vector<std::int16_t> rope_cosine;  // [context][head_dim / 2], 14 fraction bits
  std::vector<std::int16_t> rope_sine;    // [context][head_dim / 2], 14 fraction bits
  int attention_scale = 0;                // C, 15 bits: log2(e) / sqrt(head_dim) is C * 2^-Cs
  int attention_shift = 0;                // Cs

  // The weights of the logits: the embedding's own in a tied model, so that there is one copy of them.
  const QuantizedLinear& logits() const { return config.tied ? embedding : untied_logits; }
};

// The exponents that keep every exponent of a norm's result within the int8 of the MX format.
inline constexpr int kSmallestGainExponent = -77;
inline constexpr int kLargestGainExponent = 96;

// Converts a whole model. Elements 2i and 2i + 1 of a head are the pair that RoPE turns by frequency i.
// Throws Error(kInput) for a model that validate_model refuses or a norm whose gains no exponent can hold;
// `source`, the model's file, begins its text.
QuantizedModel quantize(const FloatModel& model, std::string_view source = "model");

// The parts of it. `weights` is [rows][columns]; `bias` is [rows] or empty; `name` begins the error's text.
QuantizedLinear quantize_linear(std::span<const float> weights, int rows, int columns,
                                std::span<const float> bias = {});
QuantizedNorm quantize_norm(std::span<const float> gain, double epsilon, std::string_view name);

}  // namespace tessera
