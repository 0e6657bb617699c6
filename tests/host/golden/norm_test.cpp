#include "host/golden/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include "host/numerics/numerics.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

TEST(NormFactor, IsTheInverseRoot) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 100000; ++i) {
    const std::uint64_t square_sum = std::max<std::uint64_t>(1, random() >> (random() % 64));
    const NormFactor factor = norm_factor(square_sum);
    ASSERT_GE(factor.inv, 1 << 15);
    ASSERT_LE(factor.inv, 1 << 16);
    const double value = std::ldexp(factor.inv, -31 - factor.half_exponent);
    ASSERT_NEAR(value * std::sqrt(static_cast<double>(square_sum)), 1, 1e-4) << square_sum;
  }
}

TEST(NormFactor, Ends) {
  EXPECT_EQ(norm_factor(1).inv, 1 << 16);  // m = 2^30
  EXPECT_EQ(norm_factor(1).half_exponent, -15);
  EXPECT_EQ(norm_factor(~std::uint64_t{0}).inv, (std::uint64_t{1} << 31) / 65535);
  EXPECT_EQ(norm_factor(~std::uint64_t{0}).half_exponent, 16);
}

TEST(Norm, IsTheRealNorm) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 500; ++i) {
    const int dim = 1 + static_cast<int>(random() % 130);
    const int bits = 3 + static_cast<int>(random() % 24);
    std::vector<std::int32_t> x(dim);
    std::vector<float> gain(dim);
    for (int e = 0; e < dim; ++e) {
      x[e] = static_cast<std::int32_t>(static_cast<std::int64_t>(random()) >> (64 - bits));
      gain[e] = 0.5f + std::ldexp(static_cast<float>(random() >> 40), -24);
    }
    std::vector<std::uint64_t> squares;
    block_squares(x, squares);
    ASSERT_EQ(squares.size(), static_cast<std::size_t>(mx_blocks(dim)));
    const QuantizedNorm weights = quantize_norm(gain, 1e-5, "norm");
    Tensor out;
    norm(weights, x, squares, out);

    double mean_square = 1e-5;
    for (const std::int32_t element : x) mean_square += std::pow(std::ldexp(element, -16), 2) / dim;
    for (int e = 0; e < dim; ++e) {
      const double exact = std::ldexp(x[e], -16) * gain[e] / std::sqrt(mean_square);
      const double step = std::ldexp(1.0, out.exponents[e / kBlock]);
      const double steps = std::abs(out.values[e]) == 127 ? 1.02 : 0.52;
      // Half a step of the block (a whole one where 127 saturates) and what 14 bits of u lose, and half a
      // step of u, which is at most 2 steps of x at the largest gain.
      const double u_step = 2 * std::ldexp(1.5 / std::sqrt(mean_square), -16);
      ASSERT_NEAR(out.values[e] * step, exact, steps * step + u_step + 0.002 * std::abs(exact))
          << "dim " << dim << " bits " << bits << " element " << e;
    }
  }
}

TEST(Norm, ZerosStayZeros) {
  std::vector<std::int32_t> x(40, 0);
  std::vector<std::uint64_t> squares;
  block_squares(x, squares);
  EXPECT_EQ(squares, (std::vector<std::uint64_t>{0, 0}));
  Tensor out;
  norm(quantize_norm(std::vector<float>(40, 1.0f), 1e-5, "norm"), x, squares, out);
  EXPECT_EQ(out.values, x);
}

TEST(Norm, TheLargestVectorFits64Bits) {
  const std::vector<std::int32_t> x(4096, (1 << 26) - 1);
  std::vector<std::uint64_t> squares;
  block_squares(x, squares);
  Tensor out;
  norm(quantize_norm(std::vector<float>(4096, 1.0f), 1e-5, "norm"), x, squares, out);
  EXPECT_NEAR(std::ldexp(out.values[4095], out.exponents[127]), 1.0, 0.01);
}

TEST(Sigmoid, EveryGate) {
  for (std::int32_t gate = -32767; gate <= 32767; ++gate) {
    const double exact = 32768 / (1 + std::exp(-gate / 1024.0));
    // interpolation and truncation within the table, 11 where it ends at 8
    ASSERT_NEAR(sigmoid(gate), exact, std::abs(gate) < 8192 ? 3 : 11.5) << gate;
    ASSERT_EQ(sigmoid(-gate), gate == 0 ? sigmoid(0) : 32768 - sigmoid(gate));
  }
  EXPECT_EQ(sigmoid(0), 16384);
}

TEST(GatedHidden, HoldsItsBound) {
  for (const std::int32_t gate : {-32767, 32767}) {
    for (const std::int32_t up : {-32767, 32767}) EXPECT_LE(std::abs(gated_hidden(gate, up)), 1 << 30);
  }
  EXPECT_EQ(gated_hidden(0, 32767), 0);
  EXPECT_NEAR(std::ldexp(gated_hidden(2048, 3072), -20), 2 / (1 + std::exp(-2.0)) * 3, 0.002);
}

}  // namespace
}  // namespace tessera
