#include "tests/support/random_model.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <string>

#include "host/model/tensors.h"
#include "host/model/validate.h"

namespace tessera {
namespace {

// Box-Muller over 53 bits of each draw: the standard library's distributions differ between libraries.
double gaussian(std::mt19937_64& random) {
  const double u = std::ldexp(static_cast<double>((random() >> 11) + 1), -53);
  const double v = std::ldexp(static_cast<double>(random() >> 11), -53);
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
}

bool is_norm(const TensorField& field) { return field.name.ends_with("norm"); }

int columns_of(const ModelConfig& config, const TensorField& field) {
  return field.local == &FloatLayer::down ? config.hidden_dim : config.dim;
}

}  // namespace

FloatModel random_model(const ModelConfig& config, std::uint64_t seed) {
  validate_config(config, "random model");
  std::mt19937_64 random(seed);
  FloatModel model;
  model.config = config;
  model.layers.resize(config.layers);
  for (const TensorField& field : tensor_fields(config)) {
    const double mean = is_norm(field) ? 1.0 : 0.0;
    const double deviation = is_norm(field) ? 0.1 : 1.0 / std::sqrt(columns_of(config, field));
    std::vector<float>& tensor = tensor_at(model, field);
    tensor.resize(field.elements);
    for (float& element : tensor) element = static_cast<float>(mean + deviation * gaussian(random));
  }
  return model;
}

Tokenizer byte_tokenizer(int vocabulary) {
  Tokenizer tokenizer;
  for (int id = 0; id < vocabulary; ++id) {
    std::string piece = fmt::format("<{}>", id);
    if (id == 0) piece = "<unk>";
    if (id == 1) piece = "\n<s>\n";
    if (id == 2) piece = "\n</s>\n";
    if (id >= 3 && id < 259) piece = fmt::format("<0x{:02X}>", id - 3);
    tokenizer.pieces.push_back(piece);
    tokenizer.scores.push_back(0.0f);
  }
  return tokenizer;
}

std::uint64_t test_seed(std::uint64_t otherwise) {
  const char* given = std::getenv("TESSERA_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : otherwise;
  fmt::print("seed {} (TESSERA_TEST_SEED={} runs it again)\n", seed, seed);
  return seed;
}

}  // namespace tessera
