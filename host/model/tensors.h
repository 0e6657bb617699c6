// The list of a model's tensors, in the order of the checkpoint's file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

// Where one tensor lives: a member of the model, or a member of one of its layers.
struct TensorField {
  std::string name;  // "token_embedding", "layers[3].query"
  std::vector<float> FloatModel::*global = nullptr;
  std::vector<float> FloatLayer::*local = nullptr;
  int layer = 0;               // with `local`
  std::uint64_t elements = 0;  // what the config asks for
};

// All tensors of a model of this (validated) config. The file keeps the layers of one kind together, and two
// legacy RoPE tables of legacy_rope_elements() floats in all between the final norm and the logits' weights.
std::vector<TensorField> tensor_fields(const ModelConfig& config);
std::uint64_t legacy_rope_elements(const ModelConfig& config);

std::vector<float>& tensor_at(FloatModel& model, const TensorField& field);
const std::vector<float>& tensor_at(const FloatModel& model, const TensorField& field);

}  // namespace tessera
