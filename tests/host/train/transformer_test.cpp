#include "host/train/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/model/float_forward.h"
#include "host/train/matrix.h"
#include "host/train/parameters.h"

namespace tessera {
namespace {

constexpr int kLength = 21;  // no multiple of any block size

ModelConfig tiny_config() {
  return {
      .dim = 24, .hidden_dim = 20, .layers = 2, .heads = 6, .kv_heads = 2, .vocabulary = 37, .context = 32};
}

std::vector<int> random_tokens(int count, int vocabulary, std::uint64_t seed) {
  Random random{seed};
  std::vector<int> tokens(count);
  for (int& token : tokens) token = static_cast<int>(random_below(random, vocabulary));
  return tokens;
}

// Weights large enough that every part of the network bends the loss.
FloatModel lively_model(const ModelConfig& config) {
  FloatModel model = make_initial_model(config, 7);
  for (const Tensor& tensor : tensors_of(model)) {
    Random random{11};
    for (float& value : tensor.values)
      value = tensor.decays ? value * 4.0f : value + 0.2f * random_normal(random);
  }
  return model;
}

double loss_of(const FloatModel& model, const std::vector<int>& tokens, const std::vector<int>& targets,
               Workspace& workspace) {
  TransposedWeights transposed;
  refresh_transposes(model, transposed);
  forward_sequence(model, transposed, tokens, workspace);
  return cross_entropy(model.config, targets, 1.0f, workspace);
}

void check_gradient(const ModelConfig& config) {
  FloatModel model = lively_model(config);
  const std::vector<int> tokens = random_tokens(kLength, config.vocabulary, 1);
  const std::vector<int> targets = random_tokens(kLength, config.vocabulary, 2);
  Workspace workspace = make_workspace(config, kLength);
  FloatModel gradient = make_zero_model(config);
  loss_of(model, tokens, targets, workspace);
  backward_sequence(model, tokens, workspace, gradient);

  const std::vector<Tensor> weights = tensors_of(model), slopes = tensors_of(gradient);
  Random random{3};
  for (size_t index = 0; index < weights.size(); ++index) {
    // Along a random direction the loss changes by the product of gradient and direction.
    std::vector<float> direction(weights[index].values.size());
    double expected = 0.0, size = 0.0;
    for (size_t i = 0; i < direction.size(); ++i) {
      direction[i] = random_normal(random);
      expected += static_cast<double>(direction[i]) * slopes[index].values[i];
      size += static_cast<double>(slopes[index].values[i]) * slopes[index].values[i];
    }
    constexpr float kStep = 2e-3f;
    const std::vector<float> before(weights[index].values.begin(), weights[index].values.end());
    const auto loss_at = [&](float step) {
      for (size_t i = 0; i < before.size(); ++i) weights[index].values[i] = before[i] + step * direction[i];
      return loss_of(model, tokens, targets, workspace);
    };
    const double measured = (loss_at(kStep) - loss_at(-kStep)) / (2.0 * kStep);
    std::copy(before.begin(), before.end(), weights[index].values.begin());
    EXPECT_GT(size, 0.0) << "tensor " << index;
    EXPECT_NEAR(measured, expected, 0.02 * std::sqrt(size) + 0.02) << "tensor " << index;
  }
}

TEST(Transformer, GradientAgreesWithFiniteDifferences) { check_gradient(tiny_config()); }

TEST(Transformer, GradientOfUntiedLogitsAgreesToo) {
  ModelConfig config = tiny_config();
  config.tied = false;
  check_gradient(config);
}

TEST(Transformer, ForwardAgreesWithTheReferenceAtEveryPosition) {
  const ModelConfig config = tiny_config();
  const FloatModel model = lively_model(config);
  const std::vector<int> tokens = random_tokens(kLength, config.vocabulary, 5);
  Workspace workspace = make_workspace(config, kLength);
  TransposedWeights transposed;
  refresh_transposes(model, transposed);
  forward_sequence(model, transposed, tokens, workspace);
  FloatState state;
  for (int t = 0; t < kLength; ++t) {
    const std::vector<float>& expected = forward(model, state, tokens[t], t);
    for (int i = 0; i < config.vocabulary; ++i) {
      ASSERT_NEAR(workspace.logits[t * config.vocabulary + i], expected[i], 2e-3) << "position " << t;
    }
  }
}

TEST(Transformer, LaterTokensDoNotChangeEarlierLogits) {
  const ModelConfig config = tiny_config();
  const FloatModel model = lively_model(config);
  TransposedWeights transposed;
  refresh_transposes(model, transposed);
  Workspace workspace = make_workspace(config, kLength);
  std::vector<int> tokens = random_tokens(kLength, config.vocabulary, 5);
  forward_sequence(model, transposed, tokens, workspace);
  const std::vector<float> before = workspace.logits;
  tokens.back() = (tokens.back() + 1) % config.vocabulary;
  forward_sequence(model, transposed, tokens, workspace);
  const size_t earlier = static_cast<size_t>(kLength - 1) * config.vocabulary;
  EXPECT_TRUE(std::equal(before.begin(), before.begin() + earlier, workspace.logits.begin()));
  EXPECT_FALSE(std::equal(before.begin() + earlier, before.end(), workspace.logits.begin() + earlier));
}

TEST(Transformer, LossOfAnUntrainedModelIsAboutTheUniformOne) {
  const ModelConfig config = tiny_config();
  const FloatModel model = make_initial_model(config, 1);
  Workspace workspace = make_workspace(config, kLength);
  const double loss = loss_of(model, random_tokens(kLength, config.vocabulary, 1),
                              random_tokens(kLength, config.vocabulary, 2), workspace);
  EXPECT_NEAR(loss / kLength, std::log(config.vocabulary), 0.5);
}

struct Shape {
  int rows, columns, inner;
};

class MatrixShapes : public testing::TestWithParam<Shape> {};

TEST_P(MatrixShapes, ProductsAgreeWithTheDefinition) {
  const auto [rows, columns, inner] = GetParam();
  Random random{9};
  std::vector<float> a(static_cast<size_t>(rows) * inner), b(static_cast<size_t>(inner) * columns);
  std::vector<float> result(static_cast<size_t>(rows) * columns, 1.0f);
  for (float& value : a) value = random_normal(random);
  for (float& value : b) value = random_normal(random);
  std::vector<float> a_transposed(a.size());
  transpose(a.data(), rows, inner, inner, a_transposed.data(), rows);
  multiply(rows, columns, inner, {a.data(), inner, 1}, b.data(), columns, result.data(), columns,
           Product::kOverwrite);
  multiply(rows, columns, inner, {a_transposed.data(), 1, rows}, b.data(), columns, result.data(), columns,
           Product::kAdd);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      double expected = 0.0;
      for (int k = 0; k < inner; ++k) expected += 2.0 * a[row * inner + k] * b[k * columns + column];
      ASSERT_NEAR(result[row * columns + column], expected, 1e-4 * inner) << row << ", " << column;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MatrixShapes,
                         testing::Values(Shape{1, 1, 1}, Shape{6, 16, 8}, Shape{7, 17, 3}, Shape{48, 32, 256},
                                         Shape{5, 40, 300}, Shape{64, 8, 513}));

}  // namespace
}  // namespace tessera
