// A llama-shaped transformer over one sequence, forward and backward, in float32: RMSNorm (epsilon 1e-5),
// RoPE (base 10000, adjacent pairs), grouped-query attention and a SwiGLU feed-forward layer, without biases.
#pragma once

#include <span>
#include <vector>

#include "host/model/checkpoint.h"
#include "host/train/attention.h"

namespace tessera {

// What one layer's backward pass needs of its forward pass; T is the sequence's length.
struct LayerActivations {
  std::vector<float> input;              // [T][dim]
  std::vector<float> attention_input;    // [T][dim], after the norm
  std::vector<float> query, key, value;  // [T][dim], [T][kv_dim] twice; query and key after RoPE
  std::vector<float> probabilities;      // [heads][T][padded T]
  std::vector<float> attended;           // [T][dim]
  std::vector<float> middle;             // [T][dim], the residual stream between the two halves
  std::vector<float> ffn_input;          // [T][dim], after the norm
  std::vector<float> gate, up;           // [T][hidden_dim]
  std::vector<float> activated;          // [T][hidden_dim], silu(gate) * up
};

// The transposes that the forward pass multiplies by; refresh them after every change of the weights.
struct TransposedWeights {
  struct Layer {
    std::vector<float> query, key, value, attention_output, gate, up, down;
  };
  std::vector<Layer> layers;
  std::vector<float> logits;  // [dim][vocabulary]
};

struct Workspace {
  int length = 0;                             // positions it has room for
  std::vector<float> rope_cosine, rope_sine;  // [length][head_dim / 2]
  std::vector<LayerActivations> layers;
  std::vector<float> stream;  // [T][dim], the residual stream after the last layer
  std::vector<float> output;  // [T][dim], after the final norm
  std::vector<float> logits;  // [T][vocabulary]; its gradient after cross_entropy()
  std::vector<float> stream_gradient, dim_gradient, query_gradient;  // [T][dim]
  std::vector<float> key_gradient, value_gradient;                   // [T][kv_dim]
  std::vector<float> gate_gradient, up_gradient;                     // [T][hidden_dim]
  AttentionScratch attention;
};

Workspace make_workspace(const ModelConfig& config, int length);
void refresh_transposes(const FloatModel& model, TransposedWeights& transposed);

// Fills workspace.logits for a sequence of exactly workspace.length tokens, each in [0, vocabulary).
void forward_sequence(const FloatModel& model, const TransposedWeights& transposed,
                      std::span<const int> tokens, Workspace& workspace);

// The summed loss in nats of predicting targets[t] at every position t, each in [0, vocabulary). Replaces the
// logits by the loss's gradient times `gradient_scale`.
double cross_entropy(const ModelConfig& config, std::span<const int> targets, float gradient_scale,
                     Workspace& workspace);

// Adds the gradient of the last forward_sequence() and cross_entropy() to `gradient`, a model of the same
// shape.
void backward_sequence(const FloatModel& model, std::span<const int> tokens, Workspace& workspace,
                       FloatModel& gradient);

}  // namespace tessera
