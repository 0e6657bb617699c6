#include "host/model/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "host/error/error.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr ModelConfig kSmall{24, 40, 2, 4, 2, 11, 6, false};

double row_scale(const QuantizedLinear& linear, int row) {
  return std::ldexp(linear.multiplier[row], -linear.shift[row]);
}

TEST(QuantizeLinear, EveryWeightIsTheNearest) {
  std::mt19937_64 random(test_seed());
  constexpr int kRows = 400;
  constexpr int kColumns = 37;
  std::vector<float> weights(kRows * kColumns);
  for (int row = 0; row < kRows; ++row) {
    const int exponent =
        static_cast<int>(random() % 180) - 58 - 24;  // rows of all magnitudes above the zeros
    for (int column = 0; column < kColumns; ++column) {
      weights[row * kColumns + column] =
          std::ldexp(static_cast<float>(static_cast<std::int32_t>(random() >> 40)) - (1 << 23), exponent);
    }
  }
  const QuantizedLinear linear = quantize_linear(weights, kRows, kColumns);
  EXPECT_TRUE(linear.bias.empty());
  for (int row = 0; row < kRows; ++row) {
    ASSERT_GE(linear.multiplier[row], 1 << 14);
    ASSERT_LT(linear.multiplier[row], 1 << 15);
    const double scale = row_scale(linear, row);
    int largest = 0;
    for (int column = 0; column < kColumns; ++column) {
      const int weight = linear.weights[row * kColumns + column];
      largest = std::max(largest, std::abs(weight));
      // 1 + 2^-14: the multiplier's own rounding may push the largest weight out by that
      ASSERT_LE(std::abs(weights[row * kColumns + column] / scale - weight), 0.5 + 127 * 0x1p-14);
    }
    ASSERT_EQ(largest, 127);
  }
}

TEST(QuantizeLinear, TinyRowsAreZeros) {
  const QuantizedLinear linear =
      quantize_linear(std::vector<float>{0, 0, 0x1p-61f, -0x1p-70f, 0x1p-60f, 0}, 3, 2);
  for (int row = 0; row < 2; ++row) {
    EXPECT_EQ(linear.multiplier[row], 1 << 14);
    EXPECT_EQ(linear.shift[row], 15);
    EXPECT_EQ(linear.weights[row * 2], 0);
    EXPECT_EQ(linear.weights[row * 2 + 1], 0);
  }
  EXPECT_EQ(linear.shift[2], 81) << "the smallest row that is not zeros";
  EXPECT_EQ(linear.weights[4], 127);
}

TEST(QuantizeLinear, AMultiplierThatRoundsUpIsHalved) {
  // 127 * (1 - 2^-24): the fraction is next to 1 and its multiplier would be 2^15.
  const float largest = 127 * (1 - 0x1p-24f);
  const QuantizedLinear linear = quantize_linear(std::vector<float>{largest}, 1, 1);
  EXPECT_EQ(linear.multiplier[0], 1 << 14);
  EXPECT_EQ(linear.shift[0], 14);
  EXPECT_EQ(linear.weights[0], 127);
}

TEST(QuantizeLinear, HalvesGoAwayFromZero) {
  const QuantizedLinear linear = quantize_linear(std::vector<float>{127, 0.5f, -0.5f, 2.5f, -2.5f}, 1, 5);
  EXPECT_EQ(row_scale(linear, 0), 1.0);
  EXPECT_EQ(linear.weights, (std::vector<std::int8_t>{127, 1, -1, 3, -3}));
}

TEST(QuantizeLinear, BiasesHave16FractionBits) {
  const std::vector<float> bias = {1.5f, -0x1p-17f, 1e9f};
  const QuantizedLinear linear = quantize_linear(std::vector<float>{1, 1, 1}, 3, 1, bias);
  EXPECT_EQ(linear.bias, (std::vector<std::int32_t>{98304, -1, INT32_MAX}));
}

TEST(QuantizeNorm, GainsUseTheirBits) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 200; ++i) {
    std::vector<float> gain(1 + random() % 200);
    const int exponent = static_cast<int>(random() % 120) - 80;
    for (float& element : gain) {
      element = std::ldexp(static_cast<float>(static_cast<std::int32_t>(random() >> 40)) - (1 << 23),
                           exponent - 23);
    }
    const QuantizedNorm norm = quantize_norm(gain, 1e-5, "norm");
    int largest = 0;
    for (std::size_t e = 0; e < gain.size(); ++e) {
      largest = std::max(largest, std::abs(static_cast<int>(norm.gain[e])));
      const double exact =
          std::ldexp(gain[e] * std::sqrt(static_cast<double>(gain.size())), norm.gain_exponent);
      ASSERT_LE(std::abs(exact - norm.gain[e]), 1.0);
    }
    ASSERT_GE(largest, 1 << 14);
  }
}

TEST(QuantizeNorm, Ends) {
  const QuantizedNorm zeros = quantize_norm(std::vector<float>(64, 0.0f), 1e-5, "norm");
  EXPECT_EQ(zeros.gain_exponent, 15);
  EXPECT_EQ(zeros.gain[0], 0);
  EXPECT_EQ(zeros.epsilon, static_cast<std::uint64_t>(std::llround(1e-5 * 64 * 4294967296.0)));
  EXPECT_THROW(quantize_norm(std::vector<float>{1e-30f}, 1e-5, "norm"), Error);
  EXPECT_THROW(quantize_norm(std::vector<float>{1e30f}, 1e-5, "norm"), Error);
}

TEST(Quantize, FillsEveryShape) {
  const QuantizedModel model = quantize(random_model(kSmall, test_seed()));
  EXPECT_EQ(model.embedding.rows, 11);
  EXPECT_EQ(model.embedding.columns, 24);
  EXPECT_EQ(model.layers.size(), 2u);
  EXPECT_EQ(model.layers[1].key.rows, 12);
  EXPECT_EQ(model.layers[1].gate.rows, 40);
  EXPECT_EQ(model.layers[1].down.rows, 24);
  EXPECT_EQ(model.layers[1].down.columns, 40);
  EXPECT_EQ(model.rope_cosine.size(), 6u * 3);
  EXPECT_EQ(model.rope_sine.size(), 6u * 3);
  EXPECT_EQ(&model.logits(), &model.untied_logits);
  EXPECT_EQ(model.logits().rows, 11);
}

TEST(Quantize, ATiedModelHasOneCopyOfItsWeights) {
  ModelConfig config = kSmall;
  config.tied = true;
  const QuantizedModel model = quantize(random_model(config, 1));
  EXPECT_EQ(&model.logits(), &model.embedding);
  EXPECT_EQ(model.untied_logits.rows, 0);
}

TEST(Quantize, RopeAndScores) {
  const QuantizedModel model = quantize(random_model(kSmall, 1));
  EXPECT_EQ(model.rope_cosine[0], 16384);
  EXPECT_EQ(model.rope_sine[0], 0);
  for (int position = 0; position < 6; ++position) {
    for (int i = 0; i < 3; ++i) {
      const double angle = position * std::pow(10000.0, -i / 3.0);
      EXPECT_NEAR(model.rope_cosine[position * 3 + i], 16384 * std::cos(angle), 0.5001);
      EXPECT_NEAR(model.rope_sine[position * 3 + i], 16384 * std::sin(angle), 0.5001);
    }
  }
  const double scale = std::ldexp(model.attention_scale, -model.attention_shift);
  EXPECT_NEAR(scale * std::sqrt(6.0) / std::numbers::log2e, 1, 0x1p-15);
  EXPECT_GE(model.attention_scale, 1 << 14);
  EXPECT_LT(model.attention_scale, 1 << 15);
}

TEST(Quantize, RefusesModelsThatAreNotWhole) {
  FloatModel model = random_model(kSmall, 1);
  model.layers[0].value[5] = std::nanf("");
  EXPECT_THROW(quantize(model), Error);
  model = random_model(kSmall, 1);
  model.final_norm.pop_back();
  EXPECT_THROW(quantize(model), Error);
  model = random_model(kSmall, 1);
  model.config.kv_heads = 3;
  EXPECT_THROW(quantize(model), Error);
}

}  // namespace
}  // namespace tessera
