// Real kernels as loads: models whose tokens stream through a wafer.
#pragma once

#include <span>
#include <string_view>

#include "host/model/checkpoint.h"

namespace tessera::bench {

struct ModelLoad {
  const char* name;
  int columns;  // of the wafer that it is measured on
  int rows;
  ModelConfig config;  // of a model with random weights; dim 0: the shipped model
  int tokens;          // that are generated
};

// From the smallest on; the last is the shipped model.
std::span<const ModelLoad> model_loads();
// nullptr: no model has this name.
const ModelLoad* find_model_load(std::string_view name);

// The same weights every time. Not of the shipped model.
FloatModel random_weights(const ModelLoad& load);

}  // namespace tessera::bench
