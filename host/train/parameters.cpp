#include "host/train/parameters.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "host/model/tensors.h"

namespace tessera {
namespace {

void fill_normal(std::vector<float>& values, float deviation, Random& random) {
  for (float& value : values) value = deviation * random_normal(random);
}

}  // namespace

std::vector<Tensor> tensors_of(FloatModel& model) {
  std::vector<Tensor> tensors;
  for (const TensorField& field : tensor_fields(model.config)) {
    tensors.push_back({tensor_at(model, field), field.name.find("norm") == std::string::npos});
  }
  return tensors;
}

FloatModel make_zero_model(const ModelConfig& config) {
  FloatModel model;
  model.config = config;
  model.layers.resize(config.layers);
  for (const TensorField& field : tensor_fields(config)) tensor_at(model, field).assign(field.elements, 0.0f);
  return model;
}

FloatModel make_initial_model(const ModelConfig& config, std::uint64_t seed) {
  FloatModel model = make_zero_model(config);
  Random random{seed};
  const float width = 0.5f / std::sqrt(static_cast<float>(config.dim));
  // Each layer adds twice to the residual stream; narrowing those keeps its size independent of the depth.
  const float narrowed = 1.0f / std::sqrt(2.0f * static_cast<float>(config.layers));
  fill_normal(model.token_embedding, width, random);
  for (FloatLayer& layer : model.layers) {
    for (std::vector<float>* matrix : {&layer.query, &layer.key, &layer.value, &layer.gate, &layer.up}) {
      fill_normal(*matrix, width, random);
    }
    fill_normal(layer.attention_output, width * narrowed, random);
    fill_normal(layer.down, narrowed * 0.5f / std::sqrt(static_cast<float>(config.hidden_dim)), random);
    std::fill(layer.attention_norm.begin(), layer.attention_norm.end(), 1.0f);
    std::fill(layer.ffn_norm.begin(), layer.ffn_norm.end(), 1.0f);
  }
  std::fill(model.final_norm.begin(), model.final_norm.end(), 1.0f);
  fill_normal(model.logits, width, random);
  return model;
}

void set_to_zero(FloatModel& model) {
  for (const Tensor& tensor : tensors_of(model)) std::fill(tensor.values.begin(), tensor.values.end(), 0.0f);
}

std::int64_t count_parameters(const ModelConfig& config) {
  std::int64_t count = 0;
  for (const TensorField& field : tensor_fields(config)) count += static_cast<std::int64_t>(field.elements);
  return count;
}

std::uint64_t next_random(Random& random) {
  random.state += 0x9e3779b97f4a7c15u;
  std::uint64_t mixed = random.state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::uint64_t random_below(Random& random, std::uint64_t limit) {
  // The upper half of a product: even to within limit / 2^32, and limit is a few million here.
  return ((next_random(random) >> 32) * limit) >> 32;
}

float random_normal(Random& random) {
  const double radius = (static_cast<double>(next_random(random) >> 11) + 1.0) * 0x1p-53;
  const double angle = static_cast<double>(next_random(random) >> 11) * 0x1p-53;
  return static_cast<float>(std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * angle));
}

}  // namespace tessera
