#include "host/train/attention.h"

#include <algorithm>
#include <cmath>

#include "host/train/matrix.h"

namespace tessera {
namespace {

// The rows of one step down the triangle: positions after the block's last row are never computed.
constexpr int kRows = 48;

// Where one head's numbers begin in each operand.
struct HeadPlace {
  int query;      // column of the head in query and attended
  int key;        // column of its group in key and value
  long triangle;  // its first element in the probabilities
};

HeadPlace place_of(const ModelConfig& config, int length, int head) {
  const int group = head / (config.heads / config.kv_heads);
  return {head * config.head_dim(), group * config.head_dim(),
          static_cast<long>(head) * length * padded_length(length)};
}

void softmax_row(float* row, int valid, int padded, float scale) {
  float largest = row[0];
  for (int column = 1; column < valid; ++column) largest = std::max(largest, row[column]);
  float sum = 0.0f;
  for (int column = 0; column < valid; ++column) {
    row[column] = std::exp((row[column] - largest) * scale);
    sum += row[column];
  }
  const float inverse = 1.0f / sum;
  for (int column = 0; column < valid; ++column) row[column] *= inverse;
  for (int column = valid; column < padded; ++column) row[column] = 0.0f;
}

}  // namespace

int padded_length(int length) { return (length + 15) / 16 * 16; }

AttentionScratch make_attention_scratch(const ModelConfig& config, int length) {
  const size_t padded = padded_length(length);
  AttentionScratch scratch;
  scratch.transposed_key.assign(config.head_dim() * padded, 0.0f);
  scratch.transposed_value.assign(config.head_dim() * padded, 0.0f);
  scratch.score_gradient.assign(kRows * padded, 0.0f);
  return scratch;
}

void attention_forward(const ModelConfig& config, int length, const float* query, const float* key,
                       const float* value, float* probabilities, float* attended, AttentionScratch& scratch) {
  const int dim = config.dim, kv_dim = config.kv_dim(), head_dim = config.head_dim();
  const int padded = padded_length(length);
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  for (int head = 0; head < config.heads; ++head) {
    const HeadPlace place = place_of(config, length, head);
    transpose(key + place.key, length, head_dim, kv_dim, scratch.transposed_key.data(), padded);
    for (int first = 0; first < length; first += kRows) {
      const int rows = std::min(kRows, length - first);
      const int columns = padded_length(first + rows);
      float* scores = probabilities + place.triangle + static_cast<long>(first) * padded;
      multiply(rows, columns, head_dim, {query + static_cast<long>(first) * dim + place.query, dim, 1},
               scratch.transposed_key.data(), padded, scores, padded, Product::kOverwrite);
      for (int row = 0; row < rows; ++row) {
        softmax_row(scores + static_cast<long>(row) * padded, first + row + 1, padded, scale);
      }
      multiply(rows, head_dim, first + rows, {scores, padded, 1}, value + place.key, kv_dim,
               attended + static_cast<long>(first) * dim + place.query, dim, Product::kOverwrite);
    }
  }
}

void attention_backward(const ModelConfig& config, int length, const float* query, const float* key,
                        const float* value, const float* probabilities, const float* attended_gradient,
                        float* query_gradient, float* key_gradient, float* value_gradient,
                        AttentionScratch& scratch) {
  const int dim = config.dim, kv_dim = config.kv_dim(), head_dim = config.head_dim();
  const int padded = padded_length(length);
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  std::fill(key_gradient, key_gradient + static_cast<long>(length) * kv_dim, 0.0f);
  std::fill(value_gradient, value_gradient + static_cast<long>(length) * kv_dim, 0.0f);
  for (int head = 0; head < config.heads; ++head) {
    const HeadPlace place = place_of(config, length, head);
    transpose(value + place.key, length, head_dim, kv_dim, scratch.transposed_value.data(), padded);
    for (int first = 0; first < length; first += kRows) {
      const int rows = std::min(kRows, length - first);
      const int used = first + rows, columns = padded_length(used);
      const long start = static_cast<long>(first) * dim + place.query;
      const float* chances = probabilities + place.triangle + static_cast<long>(first) * padded;
      float* gradient = scratch.score_gradient.data();
      multiply(rows, columns, head_dim, {attended_gradient + start, dim, 1}, scratch.transposed_value.data(),
               padded, gradient, padded, Product::kOverwrite);
      for (int row = 0; row < rows; ++row) {
        const float* chance = chances + static_cast<long>(row) * padded;
        float* line = gradient + static_cast<long>(row) * padded;
        float sum = 0.0f;
        for (int column = 0; column < columns; ++column) sum += chance[column] * line[column];
        for (int column = 0; column < columns; ++column)
          line[column] = chance[column] * (line[column] - sum) * scale;
      }
      multiply(rows, head_dim, used, {gradient, padded, 1}, key + place.key, kv_dim, query_gradient + start,
               dim, Product::kOverwrite);
      multiply(used, head_dim, rows, {gradient, 1, padded}, query + start, dim, key_gradient + place.key,
               kv_dim, Product::kAdd);
      multiply(used, head_dim, rows, {chances, 1, padded}, attended_gradient + start, dim,
               value_gradient + place.key, kv_dim, Product::kAdd);
    }
  }
}

}  // namespace tessera
