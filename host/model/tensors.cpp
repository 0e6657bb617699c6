#include "host/model/tensors.h"

#include <fmt/format.h>

namespace tessera {
namespace {

struct LayerTensor {
  const char* name;
  std::vector<float> FloatLayer::*member;
  std::uint64_t elements;
};

}  // namespace

std::vector<TensorField> tensor_fields(const ModelConfig& config) {
  const std::uint64_t dim = config.dim;
  const std::uint64_t hidden = config.hidden_dim;
  const std::uint64_t kv_dim = config.kv_dim();
  const std::uint64_t vocabulary = config.vocabulary;
  const LayerTensor layer_tensors[] = {
      {"attention_norm", &FloatLayer::attention_norm, dim},
      {"query", &FloatLayer::query, dim * dim},
      {"key", &FloatLayer::key, kv_dim * dim},
      {"value", &FloatLayer::value, kv_dim * dim},
      {"attention_output", &FloatLayer::attention_output, dim * dim},
      {"ffn_norm", &FloatLayer::ffn_norm, dim},
      {"gate", &FloatLayer::gate, hidden * dim},
      {"down", &FloatLayer::down, dim * hidden},
      {"up", &FloatLayer::up, hidden * dim},
  };
  std::vector<TensorField> fields;
  fields.push_back({"token_embedding", &FloatModel::token_embedding, nullptr, 0, vocabulary * dim});
  for (const LayerTensor& tensor : layer_tensors) {
    for (int layer = 0; layer < config.layers; ++layer) {
      fields.push_back(
          {fmt::format("layers[{}].{}", layer, tensor.name), nullptr, tensor.member, layer, tensor.elements});
    }
  }
  fields.push_back({"final_norm", &FloatModel::final_norm, nullptr, 0, dim});
  if (!config.tied) fields.push_back({"logits", &FloatModel::logits, nullptr, 0, vocabulary * dim});
  return fields;
}

std::uint64_t legacy_rope_elements(const ModelConfig& config) {
  // cos and sin, each [context][head_dim / 2]
  return static_cast<std::uint64_t>(config.context) * config.head_dim();
}

std::vector<float>& tensor_at(FloatModel& model, const TensorField& field) {
  return field.global ? model.*field.global : model.layers[field.layer].*field.local;
}

const std::vector<float>& tensor_at(const FloatModel& model, const TensorField& field) {
  return field.global ? model.*field.global : model.layers[field.layer].*field.local;
}

}  // namespace tessera
