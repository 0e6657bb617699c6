// llama2.c version 0 checkpoints: a header of seven int32, then float32 tensors in a fixed order.
//
// Layout of the file, little-endian: dim, hidden_dim, layers, heads, kv_heads, vocabulary (negative: the
// logits have weights of their own), context; then token_embedding [vocabulary][dim], attention_norm
// [layers][dim], wq [layers][dim][dim], wk, wv [layers][kv_dim][dim], wo [layers][dim][dim], ffn_norm
// [layers][dim], w1 [layers][hidden][dim], w2 [layers][dim][hidden], w3 [layers][hidden][dim], final_norm
// [dim], two legacy RoPE tables [context][head_dim / 2] (skipped), and the logits' weights unless tied.
#pragma once

#include <string>
#include <vector>

namespace tessera {

struct ModelConfig {
  int dim = 0;         // width of the residual stream
  int hidden_dim = 0;  // width of the feed-forward layer
  int layers = 0;
  int heads = 0;     // query heads
  int kv_heads = 0;  // key and value heads; divides heads
  int vocabulary = 0;
  int context = 0;   // positions
  bool tied = true;  // the logits use the embedding's weights

  int head_dim() const { return dim / heads; }
  int kv_dim() const { return kv_heads * head_dim(); }
};

// What the format does not store: every llama2.c model is trained with these.
inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kRopeTheta = 10000.0;

struct FloatLayer {
  std::vector<float> attention_norm;     // [dim]
  std::vector<float> query, key, value;  // [dim][dim], [kv_dim][dim], [kv_dim][dim]
  std::vector<float> attention_output;   // [dim][dim]
  std::vector<float> ffn_norm;           // [dim]
  std::vector<float> gate, up;           // w1, w3: [hidden_dim][dim]
  std::vector<float> down;               // w2: [dim][hidden_dim]
};

struct FloatModel {
  ModelConfig config;
  std::vector<float> token_embedding;  // [vocabulary][dim]
  std::vector<FloatLayer> layers;
  std::vector<float> final_norm;  // [dim]
  std::vector<float> logits;      // [vocabulary][dim]; empty when tied
};

// Reads a checkpoint. Throws Error(kInput) for a missing, truncated, over-long or absurd file, naming the
// field and the sizes; never allocates more than the file's own length asks for.
FloatModel read_checkpoint(const std::string& path);

// Writes the same format (the legacy RoPE tables as zeros). Leaves no partial file behind.
void write_checkpoint(const std::string& path, const FloatModel& model);

}  // namespace tessera
