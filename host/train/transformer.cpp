#include "host/train/transformer.h"

#include <algorithm>
#include <cmath>

#include "host/train/matrix.h"

namespace tessera {
namespace {

// output[T][out] = input[T][in] * W^T, given the transposed weights [in][out].
void project(int length, int in, int out, const std::vector<float>& input,
             const std::vector<float>& transposed, std::vector<float>& output, Product product) {
  multiply(length, out, in, {input.data(), in, 1}, transposed.data(), out, output.data(), out, product);
}

// The two halves of project()'s gradient: input_gradient[T][in] and weight_gradient[out][in].
void project_backward(int length, int in, int out, const std::vector<float>& input,
                      const std::vector<float>& weight, const std::vector<float>& output_gradient,
                      std::vector<float>& input_gradient, Product product,
                      std::vector<float>& weight_gradient) {
  multiply(length, in, out, {output_gradient.data(), out, 1}, weight.data(), in, input_gradient.data(), in,
           product);
  multiply(out, in, length, {output_gradient.data(), 1, out}, input.data(), in, weight_gradient.data(), in,
           Product::kAdd);
}

float inverse_rms(const float* row, int dim) {
  float sum = 0.0f;
  for (int i = 0; i < dim; ++i) sum += row[i] * row[i];
  return 1.0f / std::sqrt(sum / static_cast<float>(dim) + static_cast<float>(kNormEpsilon));
}

void norm_forward(int length, int dim, const std::vector<float>& input, const std::vector<float>& weight,
                  std::vector<float>& output) {
  for (int t = 0; t < length; ++t) {
    const float* row = input.data() + static_cast<long>(t) * dim;
    float* target = output.data() + static_cast<long>(t) * dim;
    const float inverse = inverse_rms(row, dim);
    for (int i = 0; i < dim; ++i) target[i] = row[i] * inverse * weight[i];
  }
}

// Adds the norm's gradients to `input_gradient` and `weight_gradient`.
void norm_backward(int length, int dim, const std::vector<float>& input, const std::vector<float>& weight,
                   const std::vector<float>& output_gradient, std::vector<float>& input_gradient,
                   std::vector<float>& weight_gradient) {
  for (int t = 0; t < length; ++t) {
    const float* row = input.data() + static_cast<long>(t) * dim;
    const float* above = output_gradient.data() + static_cast<long>(t) * dim;
    float* target = input_gradient.data() + static_cast<long>(t) * dim;
    float* weights = weight_gradient.data();
    const float inverse = inverse_rms(row, dim);
    float dot = 0.0f;
    for (int i = 0; i < dim; ++i) dot += above[i] * weight[i] * row[i];
    const float pull = dot * inverse * inverse * inverse / static_cast<float>(dim);
    for (int i = 0; i < dim; ++i) {
      target[i] += inverse * weight[i] * above[i] - pull * row[i];
      weights[i] += above[i] * row[i] * inverse;
    }
  }
}

// Turns every pair (2i, 2i + 1) of every head by the position's angle; `direction` is -1 to turn it back.
void rotate(const Workspace& workspace, int width, int head_dim, float direction,
            std::vector<float>& values) {
  const int pairs = head_dim / 2;
  for (int t = 0; t < workspace.length; ++t) {
    const float* cosine = workspace.rope_cosine.data() + static_cast<long>(t) * pairs;
    const float* sine = workspace.rope_sine.data() + static_cast<long>(t) * pairs;
    float* row = values.data() + static_cast<long>(t) * width;
    for (int head = 0; head < width; head += head_dim) {
      for (int i = 0; i < pairs; ++i) {
        const float even = row[head + 2 * i], odd = row[head + 2 * i + 1];
        row[head + 2 * i] = even * cosine[i] - odd * sine[i] * direction;
        row[head + 2 * i + 1] = even * sine[i] * direction + odd * cosine[i];
      }
    }
  }
}

void activate(const std::vector<float>& gate, const std::vector<float>& up, std::vector<float>& activated) {
  const long count = static_cast<long>(gate.size());
  for (long i = 0; i < count; ++i) activated[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
}

// On entry gate_gradient holds the gradient of silu(gate) * up; on leaving, both hold their own.
void activate_backward(const std::vector<float>& gate, const std::vector<float>& up,
                       std::vector<float>& gate_gradient, std::vector<float>& up_gradient) {
  const long count = static_cast<long>(gate.size());
  for (long i = 0; i < count; ++i) {
    const float sigmoid = 1.0f / (1.0f + std::exp(-gate[i]));
    const float above = gate_gradient[i];
    up_gradient[i] = above * gate[i] * sigmoid;
    gate_gradient[i] = above * up[i] * sigmoid * (1.0f + gate[i] * (1.0f - sigmoid));
  }
}

const std::vector<float>& logits_weights(const FloatModel& model) {
  return model.config.tied ? model.token_embedding : model.logits;
}

void layer_forward(const ModelConfig& config, const FloatLayer& layer,
                   const TransposedWeights::Layer& transposed, LayerActivations& kept, Workspace& workspace) {
  const int length = workspace.length, dim = config.dim, kv_dim = config.kv_dim(), hidden = config.hidden_dim;
  kept.input = workspace.stream;
  norm_forward(length, dim, kept.input, layer.attention_norm, kept.attention_input);
  project(length, dim, dim, kept.attention_input, transposed.query, kept.query, Product::kOverwrite);
  project(length, dim, kv_dim, kept.attention_input, transposed.key, kept.key, Product::kOverwrite);
  project(length, dim, kv_dim, kept.attention_input, transposed.value, kept.value, Product::kOverwrite);
  rotate(workspace, dim, config.head_dim(), 1.0f, kept.query);
  rotate(workspace, kv_dim, config.head_dim(), 1.0f, kept.key);
  attention_forward(config, length, kept.query.data(), kept.key.data(), kept.value.data(),
                    kept.probabilities.data(), kept.attended.data(), workspace.attention);
  project(length, dim, dim, kept.attended, transposed.attention_output, workspace.stream, Product::kAdd);
  kept.middle = workspace.stream;
  norm_forward(length, dim, kept.middle, layer.ffn_norm, kept.ffn_input);
  project(length, dim, hidden, kept.ffn_input, transposed.gate, kept.gate, Product::kOverwrite);
  project(length, dim, hidden, kept.ffn_input, transposed.up, kept.up, Product::kOverwrite);
  activate(kept.gate, kept.up, kept.activated);
  project(length, hidden, dim, kept.activated, transposed.down, workspace.stream, Product::kAdd);
}

// On entry workspace.stream_gradient is the gradient after the layer; on leaving, that before it.
void layer_backward(const ModelConfig& config, const FloatLayer& layer, const LayerActivations& kept,
                    Workspace& workspace, FloatLayer& gradient) {
  const int length = workspace.length, dim = config.dim, kv_dim = config.kv_dim(), hidden = config.hidden_dim;
  project_backward(length, hidden, dim, kept.activated, layer.down, workspace.stream_gradient,
                   workspace.gate_gradient, Product::kOverwrite, gradient.down);
  activate_backward(kept.gate, kept.up, workspace.gate_gradient, workspace.up_gradient);
  project_backward(length, dim, hidden, kept.ffn_input, layer.gate, workspace.gate_gradient,
                   workspace.dim_gradient, Product::kOverwrite, gradient.gate);
  project_backward(length, dim, hidden, kept.ffn_input, layer.up, workspace.up_gradient,
                   workspace.dim_gradient, Product::kAdd, gradient.up);
  norm_backward(length, dim, kept.middle, layer.ffn_norm, workspace.dim_gradient, workspace.stream_gradient,
                gradient.ffn_norm);

  project_backward(length, dim, dim, kept.attended, layer.attention_output, workspace.stream_gradient,
                   workspace.dim_gradient, Product::kOverwrite, gradient.attention_output);
  attention_backward(config, length, kept.query.data(), kept.key.data(), kept.value.data(),
                     kept.probabilities.data(), workspace.dim_gradient.data(),
                     workspace.query_gradient.data(), workspace.key_gradient.data(),
                     workspace.value_gradient.data(), workspace.attention);
  rotate(workspace, dim, config.head_dim(), -1.0f, workspace.query_gradient);
  rotate(workspace, kv_dim, config.head_dim(), -1.0f, workspace.key_gradient);
  project_backward(length, dim, dim, kept.attention_input, layer.query, workspace.query_gradient,
                   workspace.dim_gradient, Product::kOverwrite, gradient.query);
  project_backward(length, dim, kv_dim, kept.attention_input, layer.key, workspace.key_gradient,
                   workspace.dim_gradient, Product::kAdd, gradient.key);
  project_backward(length, dim, kv_dim, kept.attention_input, layer.value, workspace.value_gradient,
                   workspace.dim_gradient, Product::kAdd, gradient.value);
  norm_backward(length, dim, kept.input, layer.attention_norm, workspace.dim_gradient,
                workspace.stream_gradient, gradient.attention_norm);
}

void refresh(const std::vector<float>& weight, int out, int in, std::vector<float>& transposed) {
  transposed.resize(weight.size());
  transpose(weight.data(), out, in, in, transposed.data(), out);
}

}  // namespace

Workspace make_workspace(const ModelConfig& config, int length) {
  const size_t wide = static_cast<size_t>(length) * config.dim;
  const size_t narrow = static_cast<size_t>(length) * config.kv_dim();
  const size_t hidden = static_cast<size_t>(length) * config.hidden_dim;
  Workspace workspace;
  workspace.length = length;
  for (int t = 0; t < length; ++t) {
    for (int i = 0; i < config.head_dim() / 2; ++i) {
      const double turn = t * std::pow(kRopeTheta, -2.0 * i / config.head_dim());
      workspace.rope_cosine.push_back(static_cast<float>(std::cos(turn)));
      workspace.rope_sine.push_back(static_cast<float>(std::sin(turn)));
    }
  }
  workspace.layers.resize(config.layers);
  for (LayerActivations& kept : workspace.layers) {
    for (auto* values :
         {&kept.input, &kept.attention_input, &kept.query, &kept.attended, &kept.middle, &kept.ffn_input}) {
      values->assign(wide, 0.0f);
    }
    kept.key.assign(narrow, 0.0f);
    kept.value.assign(narrow, 0.0f);
    kept.probabilities.assign(static_cast<size_t>(config.heads) * length * padded_length(length), 0.0f);
    for (auto* values : {&kept.gate, &kept.up, &kept.activated}) values->assign(hidden, 0.0f);
  }
  for (auto* values : {&workspace.stream, &workspace.output, &workspace.stream_gradient,
                       &workspace.dim_gradient, &workspace.query_gradient}) {
    values->assign(wide, 0.0f);
  }
  workspace.logits.assign(static_cast<size_t>(length) * config.vocabulary, 0.0f);
  workspace.key_gradient.assign(narrow, 0.0f);
  workspace.value_gradient.assign(narrow, 0.0f);
  workspace.gate_gradient.assign(hidden, 0.0f);
  workspace.up_gradient.assign(hidden, 0.0f);
  workspace.attention = make_attention_scratch(config, length);
  return workspace;
}

void refresh_transposes(const FloatModel& model, TransposedWeights& transposed) {
  const int dim = model.config.dim, kv_dim = model.config.kv_dim(), hidden = model.config.hidden_dim;
  transposed.layers.resize(model.layers.size());
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const FloatLayer& layer = model.layers[i];
    TransposedWeights::Layer& target = transposed.layers[i];
    refresh(layer.query, dim, dim, target.query);
    refresh(layer.key, kv_dim, dim, target.key);
    refresh(layer.value, kv_dim, dim, target.value);
    refresh(layer.attention_output, dim, dim, target.attention_output);
    refresh(layer.gate, hidden, dim, target.gate);
    refresh(layer.up, hidden, dim, target.up);
    refresh(layer.down, dim, hidden, target.down);
  }
  refresh(logits_weights(model), model.config.vocabulary, dim, transposed.logits);
}

void forward_sequence(const FloatModel& model, const TransposedWeights& transposed,
                      std::span<const int> tokens, Workspace& workspace) {
  const ModelConfig& config = model.config;
  for (int t = 0; t < workspace.length; ++t) {
    const float* row = model.token_embedding.data() + static_cast<long>(tokens[t]) * config.dim;
    std::copy(row, row + config.dim, workspace.stream.data() + static_cast<long>(t) * config.dim);
  }
  for (size_t i = 0; i < model.layers.size(); ++i) {
    layer_forward(config, model.layers[i], transposed.layers[i], workspace.layers[i], workspace);
  }
  norm_forward(workspace.length, config.dim, workspace.stream, model.final_norm, workspace.output);
  project(workspace.length, config.dim, config.vocabulary, workspace.output, transposed.logits,
          workspace.logits, Product::kOverwrite);
}

double cross_entropy(const ModelConfig& config, std::span<const int> targets, float gradient_scale,
                     Workspace& workspace) {
  const int vocabulary = config.vocabulary;
  double loss = 0.0;
  for (int t = 0; t < workspace.length; ++t) {
    float* row = workspace.logits.data() + static_cast<long>(t) * vocabulary;
    float largest = row[0];
    for (int i = 1; i < vocabulary; ++i) largest = std::max(largest, row[i]);
    const float chosen = row[targets[t]] - largest;
    float sum = 0.0f;
    for (int i = 0; i < vocabulary; ++i) {
      row[i] = std::exp(row[i] - largest);
      sum += row[i];
    }
    loss += std::log(sum) - chosen;
    const float scale = gradient_scale / sum;
    for (int i = 0; i < vocabulary; ++i) row[i] *= scale;
    row[targets[t]] -= gradient_scale;
  }
  return loss;
}

void backward_sequence(const FloatModel& model, std::span<const int> tokens, Workspace& workspace,
                       FloatModel& gradient) {
  const ModelConfig& config = model.config;
  std::vector<float>& logits_gradient = config.tied ? gradient.token_embedding : gradient.logits;
  project_backward(workspace.length, config.dim, config.vocabulary, workspace.output, logits_weights(model),
                   workspace.logits, workspace.dim_gradient, Product::kOverwrite, logits_gradient);
  std::fill(workspace.stream_gradient.begin(), workspace.stream_gradient.end(), 0.0f);
  norm_backward(workspace.length, config.dim, workspace.stream, model.final_norm, workspace.dim_gradient,
                workspace.stream_gradient, gradient.final_norm);
  for (size_t i = model.layers.size(); i-- > 0;) {
    layer_backward(config, model.layers[i], workspace.layers[i], workspace, gradient.layers[i]);
  }
  for (int t = 0; t < workspace.length; ++t) {
    const float* from = workspace.stream_gradient.data() + static_cast<long>(t) * config.dim;
    float* row = gradient.token_embedding.data() + static_cast<long>(tokens[t]) * config.dim;
    for (int i = 0; i < config.dim; ++i) row[i] += from[i];
  }
}

}  // namespace tessera
