#include "host/model/float_forward.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "host/error/error.h"

namespace tessera {
namespace {

// Eight running sums: the compiler may not reorder float additions by itself, and one chain of them is slow.
float dot(const float* a, const float* b, int length) {
  constexpr int kLanes = 8;
  float lanes[kLanes] = {};
  int i = 0;
  for (; i + kLanes <= length; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (; i < length; ++i) sum += a[i] * b[i];
  for (const float lane : lanes) sum += lane;
  return sum;
}

// out[r] = sum over c of weights[r][c] * x[c].
void multiply(const std::vector<float>& weights, const std::vector<float>& x, float* out, int rows) {
  const int columns = static_cast<int>(x.size());
  for (int row = 0; row < rows; ++row) {
    out[row] = dot(weights.data() + static_cast<std::size_t>(row) * columns, x.data(), columns);
  }
}

void rms_norm(const std::vector<float>& x, const std::vector<float>& gain, std::vector<float>& out) {
  const int dim = static_cast<int>(x.size());
  const double mean_square = static_cast<double>(dot(x.data(), x.data(), dim)) / dim;
  const auto scale = static_cast<float>(1.0 / std::sqrt(mean_square + kNormEpsilon));
  for (int i = 0; i < dim; ++i) out[i] = gain[i] * (scale * x[i]);
}

void rotate(float* vector, int length, int head_dim, int position) {
  for (int i = 0; i < length; i += 2) {
    const double angle = position / std::pow(kRopeTheta, static_cast<double>(i % head_dim) / head_dim);
    const auto cosine = static_cast<float>(std::cos(angle));
    const auto sine = static_cast<float>(std::sin(angle));
    const float a = vector[i];
    const float b = vector[i + 1];
    vector[i] = a * cosine - b * sine;
    vector[i + 1] = a * sine + b * cosine;
  }
}

void softmax(std::vector<float>& scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& score : scores) sum += score = std::exp(score - largest);
  for (float& score : scores) score /= sum;
}

void attend(const ModelConfig& config, const FloatState::Cache& cache, int position, FloatState& state) {
  const int head_dim = config.head_dim();
  const int kv_dim = config.kv_dim();
  const int heads_per_kv_head = config.heads / config.kv_heads;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  state.scores.resize(position + 1);
  std::fill(state.attention.begin(), state.attention.end(), 0.0f);
  for (int head = 0; head < config.heads; ++head) {
    const std::size_t kv_offset = static_cast<std::size_t>(head / heads_per_kv_head) * head_dim;
    const float* query = state.query.data() + head * head_dim;
    float* out = state.attention.data() + head * head_dim;
    for (int u = 0; u <= position; ++u) {
      const float* key = cache.keys.data() + static_cast<std::size_t>(u) * kv_dim + kv_offset;
      state.scores[u] = dot(query, key, head_dim) * scale;
    }
    softmax(state.scores);
    for (int u = 0; u <= position; ++u) {
      const float* value = cache.values.data() + static_cast<std::size_t>(u) * kv_dim + kv_offset;
      for (int i = 0; i < head_dim; ++i) out[i] += state.scores[u] * value[i];
    }
  }
}

void add(const std::vector<float>& update, std::vector<float>& residual) {
  for (std::size_t i = 0; i < residual.size(); ++i) residual[i] += update[i];
}

void run_attention(const FloatModel& model, int layer, int position, FloatState& state) {
  const ModelConfig& config = model.config;
  const FloatLayer& weights = model.layers[layer];
  FloatState::Cache& cache = state.layers[layer];
  const std::size_t kv_dim = config.kv_dim();
  cache.keys.resize((position + 1) * kv_dim);
  cache.values.resize((position + 1) * kv_dim);
  float* key = cache.keys.data() + position * kv_dim;
  rms_norm(state.residual, weights.attention_norm, state.normalized);
  multiply(weights.query, state.normalized, state.query.data(), config.dim);
  multiply(weights.key, state.normalized, key, config.kv_dim());
  multiply(weights.value, state.normalized, cache.values.data() + position * kv_dim, config.kv_dim());
  rotate(state.query.data(), config.dim, config.head_dim(), position);
  rotate(key, config.kv_dim(), config.head_dim(), position);
  attend(config, cache, position, state);
  multiply(weights.attention_output, state.attention, state.update.data(), config.dim);
  add(state.update, state.residual);
}

void run_ffn(const FloatModel& model, int layer, FloatState& state) {
  const FloatLayer& weights = model.layers[layer];
  rms_norm(state.residual, weights.ffn_norm, state.normalized);
  multiply(weights.gate, state.normalized, state.gate.data(), model.config.hidden_dim);
  multiply(weights.up, state.normalized, state.up.data(), model.config.hidden_dim);
  for (std::size_t i = 0; i < state.gate.size(); ++i) {
    const float gate = state.gate[i];
    state.gate[i] = gate / (1.0f + std::exp(-gate)) * state.up[i];
  }
  multiply(weights.down, state.gate, state.update.data(), model.config.dim);
  add(state.update, state.residual);
}

void require_request(const ModelConfig& config, const FloatState& state, int token, int position) {
  if (token < 0 || token >= config.vocabulary) {
    fail(ErrorKind::kRequest, "token {} is out of range, expected 0 to {}", token, config.vocabulary - 1);
  }
  const std::size_t kv_dim = config.kv_dim();
  const int known = state.layers.empty() ? 0 : static_cast<int>(state.layers[0].keys.size() / kv_dim);
  const int last = std::min(known, config.context - 1);
  if (position < 0 || position > last) {
    fail(ErrorKind::kRequest, "position {} is out of range, expected 0 to {}", position, last);
  }
}

void prepare(const ModelConfig& config, FloatState& state) {
  state.layers.resize(config.layers);
  for (std::vector<float>* vector :
       {&state.residual, &state.normalized, &state.query, &state.attention, &state.update}) {
    vector->resize(config.dim);
  }
  state.gate.resize(config.hidden_dim);
  state.up.resize(config.hidden_dim);
  state.logits.resize(config.vocabulary);
}

}  // namespace

const std::vector<float>& forward(const FloatModel& model, FloatState& state, int token, int position) {
  const ModelConfig& config = model.config;
  require_request(config, state, token, position);
  prepare(config, state);
  const float* embedding = model.token_embedding.data() + static_cast<std::size_t>(token) * config.dim;
  std::copy_n(embedding, config.dim, state.residual.begin());
  for (int layer = 0; layer < config.layers; ++layer) {
    run_attention(model, layer, position, state);
    run_ffn(model, layer, state);
  }
  rms_norm(state.residual, model.final_norm, state.normalized);
  const std::vector<float>& logits = config.tied ? model.token_embedding : model.logits;
  multiply(logits, state.normalized, state.logits.data(), config.vocabulary);
  return state.logits;
}

}  // namespace tessera
