#include "host/golden/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "host/golden/formats.h"
#include "host/numerics/numerics.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

int between(std::mt19937_64& random, int low, int high) {
  return low + static_cast<int>(random() % (high - low + 1));
}

std::vector<BlockRange> blocks_of(int columns) {
  std::vector<BlockRange> blocks;
  for (int begin = 0; begin < columns; begin += kBlock) {
    blocks.push_back({begin, std::min(kBlock, columns - begin)});
  }
  return blocks;
}

QuantizedLinear random_linear(std::mt19937_64& random, int rows, int columns, int lowest_shift,
                              int highest_shift) {
  QuantizedLinear linear;
  linear.rows = rows;
  linear.columns = columns;
  for (int i = 0; i < rows * columns; ++i) linear.weights.push_back(between(random, -127, 127));
  for (int row = 0; row < rows; ++row) {
    linear.multiplier.push_back(between(random, 1 << 14, (1 << 15) - 1));
    linear.shift.push_back(between(random, lowest_shift, highest_shift));
  }
  return linear;
}

Tensor random_input(std::mt19937_64& random, int columns) {
  Tensor input;
  for (int i = 0; i < columns; ++i) input.values.push_back(between(random, -127, 127));
  for (int b = 0; b < mx_blocks(columns); ++b) input.exponents.push_back(between(random, -20, 6));
  return input;
}

// docs/numerics.md, section "Linear", one row, word by word.
std::int64_t row_by_definition(const QuantizedLinear& linear, int row, const Tensor& input, int fraction_bits,
                               int bits) {
  std::uint32_t sum = 0;
  for (std::size_t b = 0; b < input.exponents.size(); ++b) {
    std::int64_t acc = 0;
    for (int i = b * 32; i < std::min<int>(b * 32 + 32, linear.columns); ++i) {
      acc += linear.weights[row * linear.columns + i] * input.values[i];
    }
    const std::int64_t product = acc * linear.multiplier[row];
    sum += static_cast<std::uint32_t>(sat(rsh(product, linear.shift[row] - input.exponents[b] - 16), 32));
  }
  if (!linear.bias.empty()) sum += static_cast<std::uint32_t>(linear.bias[row]);
  return sat(rsh(static_cast<std::int32_t>(sum), 16 - fraction_bits), bits);
}

TEST(Linear, IsItsDefinition) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 300; ++i) {
    const int rows = between(random, 1, 20);
    const int columns = between(random, 1, 150);
    // From shifts that leave nothing to shifts that saturate everything, most of them useful.
    const int center = between(random, -60, 100);
    QuantizedLinear weights = random_linear(random, rows, columns, center - 4, center + 4);
    if (i % 3 == 0) {
      for (int row = 0; row < rows; ++row) weights.bias.push_back(static_cast<std::int32_t>(random()));
    }
    const Tensor input = random_input(random, columns);
    const int fraction_bits = i % 2 == 0 ? 9 : 16;
    const int bits = i % 2 == 0 ? 16 : 32;
    std::vector<std::int32_t> out;
    linear(weights, input, blocks_of(columns), fraction_bits, bits, out);
    for (int row = 0; row < rows; ++row) {
      ASSERT_EQ(out[row], row_by_definition(weights, row, input, fraction_bits, bits)) << i << " row " << row;
    }
  }
}

TEST(Linear, ExtremesDoNotOverflow) {
  QuantizedLinear weights;
  weights.rows = 1;
  weights.columns = 64;
  weights.weights.assign(64, 127);
  weights.multiplier = {(1 << 15) - 1};
  Tensor input;
  input.values.assign(64, -127);
  for (int shift = -107; shift <= 81; ++shift) {
    weights.shift = {static_cast<std::int8_t>(shift)};
    for (const int exponent : {-128, -20, 0, 20, 127}) {
      input.exponents = {exponent, exponent};
      std::vector<std::int32_t> out;
      linear(weights, input, blocks_of(64), 16, 32, out);
      ASSERT_EQ(out[0], row_by_definition(weights, 0, input, 16, 32)) << shift << " " << exponent;
    }
  }
}

TEST(Linear, SumsOfAnySplitAreTheSum) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 100; ++i) {
    const int columns = between(random, 33, 200);
    const QuantizedLinear weights = random_linear(random, 4, columns, 8, 30);
    const Tensor input = random_input(random, columns);
    const std::vector<BlockRange> blocks = blocks_of(columns);
    const int last = static_cast<int>(blocks.size());
    const int middle = between(random, 0, last);
    std::vector<std::int32_t> out;
    linear(weights, input, blocks, 16, 32, out);
    for (int row = 0; row < 4; ++row) {
      const std::uint32_t left = linear_partial(weights, row, input, blocks, 0, middle);
      const std::uint32_t right = linear_partial(weights, row, input, blocks, middle, last);
      ASSERT_EQ(out[row], sat(static_cast<std::int32_t>(left + right), 32));
    }
  }
}

TEST(Embedding, IsItsDefinition) {
  std::mt19937_64 random(test_seed());
  const QuantizedLinear weights = random_linear(random, 50, 24, -30, 60);
  std::vector<std::int32_t> x;
  for (int token = 0; token < 50; ++token) {
    embed(weights, token, x);
    for (int i = 0; i < 24; ++i) {
      const std::int64_t product = weights.weights[token * 24 + i] * weights.multiplier[token];
      ASSERT_EQ(x[i], sat(rsh(product, weights.shift[token] - 16), 27));
    }
  }
}

}  // namespace
}  // namespace tessera
