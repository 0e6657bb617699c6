// The float forward pass of a llama2.c model: what the integers are measured against, never compared bit for
// bit.
#pragma once

#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

// One sequence: its keys and values so far, and room for the activations of one token.
struct FloatState {
  struct Cache {
    std::vector<float> keys, values;  // [position][kv_dim], keys rotated
  };
  std::vector<Cache> layers;
  std::vector<float> residual;                  // [dim]
  std::vector<float> normalized;                // [dim]
  std::vector<float> query, attention, update;  // [dim]
  std::vector<float> gate, up;                  // [hidden_dim]
  std::vector<float> scores;                    // [position + 1]
  std::vector<float> logits;                    // [vocabulary]
};

// Runs `token` at `position`, which must be at most the number of positions run so far (running an earlier
// one again forgets what came after it). Returns the logits [vocabulary], valid until the next call with this
// state. Throws Error(kRequest) for a token or position out of range.
const std::vector<float>& forward(const FloatModel& model, FloatState& state, int token, int position);

}  // namespace tessera
