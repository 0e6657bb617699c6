// The weights as a list of tensors: making them, starting them, and walking over several models at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

struct Tensor {
  std::span<float> values;
  bool decays;  // weight decay applies to matrices and not to the norms
};

// Every tensor of the model, in the order of the checkpoint's file. The views die with the model.
std::vector<Tensor> tensors_of(FloatModel& model);

// A model of that shape with every weight zero (a gradient, or an optimizer's moment).
FloatModel make_zero_model(const ModelConfig& config);

// A model to start training from: normally distributed matrices, narrower where they write to the residual
// stream, and norms of one. The same seed gives the same weights.
FloatModel make_initial_model(const ModelConfig& config, std::uint64_t seed);

void set_to_zero(FloatModel& model);
std::int64_t count_parameters(const ModelConfig& config);

// A small generator of random numbers whose sequence depends on the seed alone (splitmix64).
struct Random {
  std::uint64_t state;
};
std::uint64_t next_random(Random& random);
std::uint64_t random_below(Random& random, std::uint64_t limit);  // uniform in [0, limit)
float random_normal(Random& random);                              // mean 0, deviation 1

}  // namespace tessera
