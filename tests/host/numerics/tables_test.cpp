#include "host/numerics/tables.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tessera {
namespace {

TEST(Tables, ExpIsAPowerOfOneHalf) {
  EXPECT_EQ(exp_table()[0], 16383) << "2^14 would need another bit";
  EXPECT_EQ(exp_table()[128], 11585) << "2^14 / sqrt(2)";
  EXPECT_EQ(exp_table()[255], 8214);
  for (int i = 1; i < kExpEntries; ++i) {
    const long double exact = 16384.0L * std::exp2(-static_cast<long double>(i) / 256);
    EXPECT_LE(std::abs(exp_table()[i] - exact), 0.5L) << i;
    EXPECT_LT(exp_table()[i], exp_table()[i - 1]) << i;
  }
}

TEST(Tables, SigmoidRisesFromOneHalf) {
  EXPECT_EQ(sigmoid_table()[0], 1 << 14);
  EXPECT_EQ(sigmoid_table()[256], 32757);
  for (int i = 1; i < kSigmoidEntries; ++i) {
    const long double exact = 32768.0L / (1 + std::exp(-static_cast<long double>(i) / 32));
    EXPECT_LE(std::abs(sigmoid_table()[i] - exact), 0.5L) << i;
    EXPECT_GE(sigmoid_table()[i], sigmoid_table()[i - 1]) << i;
  }
}

// A table whose exact values come close to a half would not survive another machine's libm.
TEST(Tables, NoEntryIsNearATie) {
  constexpr long double kMargin = 1e-9L;
  for (int i = 0; i < kSigmoidEntries; ++i) {
    const long double power = 16384.0L * std::exp2(-static_cast<long double>(i) / 256);
    const long double sigmoid = 32768.0L / (1 + std::exp(-static_cast<long double>(i) / 32));
    EXPECT_GT(std::abs(power - std::floor(power) - 0.5L), kMargin) << i;
    EXPECT_GT(std::abs(sigmoid - std::floor(sigmoid) - 0.5L), kMargin) << i;
  }
}

}  // namespace
}  // namespace tessera
