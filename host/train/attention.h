// Causal attention with grouped key and value heads, forward and backward, over one sequence.
#pragma once

#include <vector>

#include "host/model/checkpoint.h"

namespace tessera {

// Rows of attention probabilities are padded to a multiple of 16 positions, for the matrix kernel.
int padded_length(int length);

// The scratch both directions use, and how long a sequence they are for.
struct AttentionScratch {
  std::vector<float> transposed_key;    // [head_dim][padded_length]
  std::vector<float> transposed_value;  // [head_dim][padded_length]
  std::vector<float> score_gradient;    // [rows of a block][padded_length]
};

AttentionScratch make_attention_scratch(const ModelConfig& config, int length);

// query [length][dim], key and value [length][kv_dim], after RoPE. Fills `probabilities`
// [heads][length][padded_length] (zero after the diagonal) and `attended` [length][dim].
void attention_forward(const ModelConfig& config, int length, const float* query, const float* key,
                       const float* value, float* probabilities, float* attended, AttentionScratch& scratch);

// Writes the gradients of query, key and value (shapes as above; overwritten) from that of `attended`.
void attention_backward(const ModelConfig& config, int length, const float* query, const float* key,
                        const float* value, const float* probabilities, const float* attended_gradient,
                        float* query_gradient, float* key_gradient, float* value_gradient,
                        AttentionScratch& scratch);

}  // namespace tessera
