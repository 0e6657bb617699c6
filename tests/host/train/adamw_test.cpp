#include "host/train/adamw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "host/train/parameters.h"

namespace tessera {
namespace {

ModelConfig tiny_config() {
  return {.dim = 8, .hidden_dim = 8, .layers = 1, .heads = 2, .kv_heads = 1, .vocabulary = 5, .context = 4};
}

void fill(FloatModel& model, float value) {
  for (const Tensor& tensor : tensors_of(model)) {
    for (float& each : tensor.values) each = value;
  }
}

double norm_of(FloatModel& model) {
  double squares = 0.0;
  for (const Tensor& tensor : tensors_of(model)) {
    for (const float value : tensor.values) squares += static_cast<double>(value) * value;
  }
  return std::sqrt(squares);
}

struct Optimizer {
  FloatModel model = make_zero_model(tiny_config());
  FloatModel gradient = make_zero_model(tiny_config());
  AdamMoments moments{make_zero_model(tiny_config()), make_zero_model(tiny_config())};
};

TEST(AdamW, FirstStepHasTheLengthOfTheLearningRate) {
  Optimizer optimizer;
  fill(optimizer.gradient, -3.0f);
  adamw_step(optimizer.model, optimizer.gradient, optimizer.moments, {.weight_decay = 0.0f}, 0.01f, 1);
  for (const Tensor& tensor : tensors_of(optimizer.model)) {
    for (const float value : tensor.values) ASSERT_NEAR(value, 0.01f, 1e-6f);
  }
}

TEST(AdamW, FollowsItsDefinitionOverSeveralSteps) {
  Optimizer optimizer;
  const AdamOptions options{.beta1 = 0.8f, .beta2 = 0.9f, .epsilon = 1e-8f, .weight_decay = 0.5f};
  double weight = 0.0, first = 0.0, second = 0.0;
  for (int step = 1; step <= 5; ++step) {
    const double slope = step % 2 == 0 ? 0.5 : -2.0;
    fill(optimizer.gradient, static_cast<float>(slope));
    adamw_step(optimizer.model, optimizer.gradient, optimizer.moments, options, 0.1f, step);
    first = 0.8 * first + 0.2 * slope;
    second = 0.9 * second + 0.1 * slope * slope;
    weight = weight * (1.0 - 0.1 * 0.5) - 0.1 * (first / (1.0 - std::pow(0.8, step))) /
                                              (std::sqrt(second / (1.0 - std::pow(0.9, step))) + 1e-8);
  }
  EXPECT_NEAR(optimizer.model.layers[0].query[3], weight, 1e-5);
}

TEST(AdamW, DecaysMatricesAndNotNorms) {
  Optimizer optimizer;
  fill(optimizer.model, 1.0f);
  adamw_step(optimizer.model, optimizer.gradient, optimizer.moments, {.weight_decay = 0.5f}, 0.1f, 1);
  EXPECT_FLOAT_EQ(optimizer.model.layers[0].gate[0], 0.95f);
  EXPECT_FLOAT_EQ(optimizer.model.token_embedding[0], 0.95f);
  EXPECT_FLOAT_EQ(optimizer.model.layers[0].ffn_norm[0], 1.0f);
  EXPECT_FLOAT_EQ(optimizer.model.final_norm[0], 1.0f);
}

TEST(ClipGradient, ShortensLongGradientsOnly) {
  FloatModel gradient = make_zero_model(tiny_config());
  fill(gradient, 2.0f);
  const double norm = norm_of(gradient);
  EXPECT_NEAR(clip_gradient(gradient, 1.5), norm, 1e-3);
  EXPECT_NEAR(norm_of(gradient), 1.5, 1e-4);
  EXPECT_NEAR(clip_gradient(gradient, 10.0), 1.5, 1e-4);
  EXPECT_NEAR(norm_of(gradient), 1.5, 1e-4);
}

TEST(Parameters, AreCountedAsTheyAreMade) {
  FloatModel model = make_initial_model(tiny_config(), 1);
  std::int64_t count = 0;
  for (const Tensor& tensor : tensors_of(model)) count += static_cast<std::int64_t>(tensor.values.size());
  EXPECT_EQ(count, count_parameters(tiny_config()));
}

TEST(RandomNumbers, AreSpreadAsTheySay) {
  Random random{5};
  double sum = 0.0, squares = 0.0;
  int low = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const double normal = random_normal(random);
    sum += normal;
    squares += normal * normal;
    if (random_below(random, 10) < 3) ++low;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 0.03);
  EXPECT_NEAR(squares / kDraws, 1.0, 0.05);
  EXPECT_NEAR(static_cast<double>(low) / kDraws, 0.3, 0.02);
}

}  // namespace
}  // namespace tessera
