#include "host/golden/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "host/golden/formats.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr ModelConfig kConfig{96, 40, 1, 2, 1, 11, 300, true};  // head_dim 48

std::vector<std::int32_t> random_vector(std::mt19937_64& random, int length, int bits) {
  std::vector<std::int32_t> v(length);
  for (std::int32_t& element : v) {
    element = static_cast<std::int32_t>(static_cast<std::int64_t>(random()) >> (64 - bits));
  }
  return v;
}

TEST(Rotate, KeepsLengthsAndTurnsAdjacentPairs) {
  const QuantizedModel model = quantize(random_model(kConfig, 1));
  std::mt19937_64 random(test_seed());
  const std::vector<std::int32_t> vector = random_vector(random, 96, 15);
  std::vector<std::int32_t> out;
  rotate(model, 0, vector, out);
  EXPECT_EQ(out, vector);
  for (const int position : {1, 17, 299}) {
    rotate(model, position, vector, out);
    for (int i = 0; i < 96; i += 2) {
      const double angle = position * std::pow(10000.0, -(i % 48) / 48.0);
      ASSERT_NEAR(out[i], vector[i] * std::cos(angle) - vector[i + 1] * std::sin(angle), 3);
      ASSERT_NEAR(out[i + 1], vector[i] * std::sin(angle) + vector[i + 1] * std::cos(angle), 3);
    }
  }
}

TEST(Rotate, Saturates) {
  const QuantizedModel model = quantize(random_model(kConfig, 1));
  std::vector<std::int32_t> out;
  rotate(model, 5, std::vector<std::int32_t>(96, -32767), out);  // 5 radians: a' = -32767 (cos 5 - sin 5)
  EXPECT_EQ(out[0], -32767);
}

TEST(Probability, FallsByPowersOfOneHalf) {
  EXPECT_EQ(probability(0), 16383);
  EXPECT_EQ(probability(256), 8192);
  EXPECT_EQ(probability(14 * 256), 1);
  EXPECT_EQ(probability(15 * 256), 0) << "16383 is less than the half of 2^15";
  EXPECT_EQ(probability(16 * 256), 0);
  EXPECT_EQ(probability(std::int64_t{1} << 40), 0);
  for (int dl = 0; dl < 16 * 256; ++dl)
    ASSERT_NEAR(probability(dl), 16384 * std::exp2(-dl / 256.0), 1.01) << dl;
}

// Attention over random keys and values against the same in doubles.
TEST(Attention, IsTheRealAttention) {
  const QuantizedModel model = quantize(random_model(kConfig, 1));
  std::mt19937_64 random(test_seed());
  const int head_dim = kConfig.head_dim();
  KvCache cache;
  std::vector<Tensor> keys, values;
  for (int position = 0; position < 300; ++position) {
    Tensor key, value;
    head_blocks(random_vector(random, head_dim, 8 + position % 4), head_dim, key);
    head_blocks(random_vector(random, head_dim, 8 + position % 7), head_dim, value);
    store(key, value, position, cache);
    keys.push_back(key);
    values.push_back(value);
  }
  Tensor query;
  head_blocks(random_vector(random, head_dim, 11), head_dim, query);
  for (const int tokens : {1, 2, 33, 300}) {
    const HeadCache head = head_cache(cache, kConfig, 0, tokens);
    std::vector<std::int32_t> scores(tokens), out(head_dim);
    head_scores(model, query.values, query.exponents[0], head, scores);
    head_attention(scores, head, out);

    double sum = 0;
    double largest_value = 0;
    std::vector<double> mean(head_dim, 0.0);
    for (int u = 0; u < tokens; ++u) {
      double score = 0;
      for (int i = 0; i < head_dim; ++i) {
        score += std::ldexp(query.values[i] * keys[u].values[i], query.exponents[0] + keys[u].exponents[0]);
      }
      score /= std::sqrt(static_cast<double>(head_dim));
      ASSERT_NEAR(std::ldexp(scores[u], -kScoreFraction), score * std::numbers::log2e,
                  0.003 + std::abs(score) / 8192);
      sum += std::exp(score);
      for (int i = 0; i < head_dim; ++i) {
        const double value = std::ldexp(values[u].values[i], values[u].exponents[0]);
        mean[i] += std::exp(score) * value;
        largest_value = std::max(largest_value, std::abs(value));
      }
    }
    for (int i = 0; i < head_dim; ++i) {
      ASSERT_NEAR(std::ldexp(out[i], -kAttentionFraction), mean[i] / sum, 0.005 * largest_value + 0x1p-12)
          << tokens << " tokens, element " << i;
    }
  }
}

TEST(Store, AnEarlierPositionForgetsWhatFollowed) {
  Tensor key, value;
  head_blocks(std::vector<std::int32_t>(48, 100), 48, key);
  head_blocks(std::vector<std::int32_t>(48, 1000), 48, value);
  KvCache cache;
  for (int position = 0; position < 5; ++position) store(key, value, position, cache);
  EXPECT_EQ(cache.keys.size(), 5u * 48);
  store(value, key, 2, cache);
  EXPECT_EQ(cache.keys.size(), 3u * 48);
  EXPECT_EQ(cache.key_exponents, (std::vector<std::int8_t>{-9, -9, -6}));
}

}  // namespace
}  // namespace tessera
