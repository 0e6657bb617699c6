// What a run needs to go on where it stopped: the weights, the optimizer's moments and how far it came.
#pragma once

#include <cstdint>
#include <string>

#include "host/train/adamw.h"

namespace tessera {

struct TrainingState {
  FloatModel model;
  AdamMoments moments;
  std::uint64_t seed = 0;
  int step = 0;                // finished steps
  int best_step = 0;           // the step whose weights have the lowest validation loss so far
  double best_validation = 0;  // that loss, nats per token; meaningless while best_step is 0
};

// The state before the first step.
TrainingState make_training_state(const ModelConfig& config, std::uint64_t seed);

void write_training_state(const std::string& path, TrainingState& state);

// Reads a state of exactly that shape and seed. Throws Error(kInput) where the file is missing, damaged or of
// another run.
TrainingState read_training_state(const std::string& path, const ModelConfig& config, std::uint64_t seed);

}  // namespace tessera
