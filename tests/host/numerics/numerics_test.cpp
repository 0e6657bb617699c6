#include "host/numerics/numerics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/support/random_model.h"

namespace tessera {
namespace {

using Wide = __int128;
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

// floor((v + 2^(s-1)) / 2^s) by division, in more bits than any input has.
Wide rounded_shift(Wide v, int s) {
  const Wide divisor = Wide{1} << s;
  const Wide sum = v + divisor / 2;
  const Wide quotient = sum / divisor;
  return sum % divisor < 0 ? quotient - 1 : quotient;
}

std::int64_t rsh_by_definition(std::int64_t v, int s) {
  if (s >= 63) return 0;
  if (s >= 1) return static_cast<std::int64_t>(rounded_shift(v, s));
  const Wide product = static_cast<Wide>(v) * (Wide{1} << std::min(-s, 29));
  return static_cast<std::int64_t>(std::clamp<Wide>(product, kInt64Min, kInt64Max));
}

TEST(Rsh, EverySmallValueAndShift) {
  for (std::int64_t v = -3000; v <= 3000; ++v) {
    for (int s = -40; s <= 70; ++s) ASSERT_EQ(rsh(v, s), rsh_by_definition(v, s)) << v << " by " << s;
  }
}

TEST(Rsh, RandomValuesOfEveryLength) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 200000; ++i) {
    const auto v = static_cast<std::int64_t>(random()) >> (random() % 64);
    const int s = static_cast<int>(random() % 140) - 70;
    ASSERT_EQ(rsh(v, s), rsh_by_definition(v, s)) << v << " by " << s;
  }
}

TEST(Rsh, Ends) {
  EXPECT_EQ(rsh(1, 1), 1) << "halves go up";
  EXPECT_EQ(rsh(-1, 1), 0) << "halves go up";
  EXPECT_EQ(rsh(-3, 1), -1);
  EXPECT_EQ(rsh(kInt64Max, 1), std::int64_t{1} << 62) << "the half must not overflow";
  EXPECT_EQ(rsh(kInt64Max, 62), 2);
  EXPECT_EQ(rsh(kInt64Max, 63), 0);
  EXPECT_EQ(rsh(kInt64Min, 1000), 0);
  EXPECT_EQ(rsh(0, -1000), 0);
  EXPECT_EQ(rsh(5, 0), 5);
  EXPECT_EQ(rsh(16384, -1000), std::int64_t{16384} << 29);
}

// What the clamped left shift feeds has saturated whenever the shift was longer: products of a multiplier.
TEST(Rsh, LongLeftShiftsOfProductsHaveSaturated) {
  for (const std::int64_t v :
       {std::int64_t{1} << 14, -(std::int64_t{1} << 14), (std::int64_t{1} << 34) - 1}) {
    for (int s = -29; s >= -120; --s) {
      EXPECT_EQ(magnitude(sat(rsh(v, s), 32)), 0x7fffffffu) << v << " by " << s;
    }
  }
}

TEST(Sat, IsSymmetric) {
  for (int bits = 2; bits <= 12; ++bits) {
    const std::int64_t limit = (1 << (bits - 1)) - 1;
    for (std::int64_t v = -3000; v <= 3000; ++v) {
      const std::int64_t expected = v > limit ? limit : v < -limit ? -limit : v;
      ASSERT_EQ(sat(v, bits), expected) << v << " to " << bits;
    }
  }
  EXPECT_EQ(sat(-128, 8), -127);
  EXPECT_EQ(sat(INT32_MIN, 32), -INT32_MAX);
  EXPECT_EQ(sat(kInt64Min, 63), -((std::int64_t{1} << 62) - 1));
}

TEST(BitLength, CountsBits) {
  EXPECT_EQ(bit_length(0), 0);
  for (int n = 0; n < 64; ++n) {
    const std::uint64_t power = std::uint64_t{1} << n;
    EXPECT_EQ(bit_length(power), n + 1);
    EXPECT_EQ(bit_length(power - 1), n);
  }
  EXPECT_EQ(bit_length(~std::uint64_t{0}), 64);
}

TEST(Magnitude, HoldsEveryValue) {
  EXPECT_EQ(magnitude(-5), 5u);
  EXPECT_EQ(magnitude(kInt64Min), std::uint64_t{1} << 63);
}

TEST(Isqrt, EverySmallValue) {
  std::uint64_t root = 0;
  for (std::uint64_t v = 0; v < 1 << 20; ++v) {
    if ((root + 1) * (root + 1) <= v) ++root;
    ASSERT_EQ(isqrt(v), root) << v;
  }
}

TEST(Isqrt, AroundSquares) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t root = (random() >> 32 >> (random() % 32)) | 1;
    ASSERT_EQ(isqrt(root * root), root);
    ASSERT_EQ(isqrt(root * root - 1), root - 1);
    ASSERT_EQ(isqrt(root * root + 2 * root), root);
  }
  EXPECT_EQ(isqrt(~std::uint64_t{0}), 0xffffffffu);
}

std::vector<std::int32_t> random_vector(std::mt19937_64& random, int length, int bits) {
  std::vector<std::int32_t> v(length);
  for (std::int32_t& element : v) {
    element = static_cast<std::int32_t>(static_cast<std::int64_t>(random()) >> (64 - bits));
  }
  return v;
}

TEST(Bfp8, IsTheNearestOfItsExponent) {
  std::mt19937_64 random(test_seed());
  for (int i = 0; i < 20000; ++i) {
    const int bits = 1 + static_cast<int>(random() % 32);
    const int fraction_bits = static_cast<int>(random() % 21);
    const std::vector<std::int32_t> v = random_vector(random, 1 + random() % 40, bits);
    std::vector<std::int32_t> q(v.size());
    const int shift = bfp8(v, fraction_bits, q) + fraction_bits;
    std::uint64_t largest = 0;
    for (const std::int32_t element : v) largest = std::max(largest, magnitude(element));
    // The smallest exponent that holds the largest element in 7 bits and a sign.
    ASSERT_GE(shift, 0);
    ASSERT_LT(std::ldexp(static_cast<double>(largest), -shift), 128);
    if (shift > 0) {
      ASSERT_GE(std::ldexp(static_cast<double>(largest), -shift), 64);
    }
    for (std::size_t e = 0; e < v.size(); ++e) {
      const double nearest = std::floor(std::ldexp(static_cast<double>(v[e]), -shift) + 0.5);
      ASSERT_EQ(q[e], std::clamp(nearest, -127.0, 127.0)) << v[e] << " by " << shift;
    }
  }
}

TEST(Bfp8, Ends) {
  std::vector<std::int32_t> q(2);
  EXPECT_EQ(bfp8(std::vector<std::int32_t>{0, 0}, 9, q), -9);
  EXPECT_EQ(q, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(bfp8(std::vector<std::int32_t>{127, -127}, 9, q), -9);
  EXPECT_EQ(q, (std::vector<std::int32_t>{127, -127}));
  EXPECT_EQ(bfp8(std::vector<std::int32_t>{255, -255}, 9, q), -8) << "127.5 rounds to 128, which saturates";
  EXPECT_EQ(q, (std::vector<std::int32_t>{127, -127}));
  EXPECT_EQ(bfp8(std::vector<std::int32_t>{INT32_MIN, INT32_MAX}, 0, q), 25);
  EXPECT_EQ(q, (std::vector<std::int32_t>{-64, 64}));
}

TEST(Bfp8, WorksInPlace) {
  std::vector<std::int32_t> v = {1000, -37, 5};
  std::vector<std::int32_t> q(3);
  bfp8(v, 9, q);
  bfp8(v, 9, v);
  EXPECT_EQ(v, q);
}

TEST(Mx, CutsBlocksOf32) {
  std::mt19937_64 random(test_seed());
  for (int length = 1; length <= 100; ++length) {
    std::vector<std::int32_t> v = random_vector(random, length, 20);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] >>= i / kBlock * 3;  // every block another exponent
    std::vector<std::int32_t> q(length);
    std::vector<int> exponents(mx_blocks(length));
    ASSERT_EQ(exponents.size(), static_cast<std::size_t>((length + 31) / 32));
    mx(v, 12, q, exponents);
    for (int begin = 0; begin < length; begin += kBlock) {
      const auto end = std::min(begin + kBlock, length);
      const std::vector<std::int32_t> block(v.begin() + begin, v.begin() + end);
      std::vector<std::int32_t> expected(block.size());
      ASSERT_EQ(exponents[begin / kBlock], bfp8(block, 12, expected));
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), q.begin() + begin));
    }
  }
}

TEST(Fnv1a, ContinuesFromAHash) {
  const std::vector<std::byte> bytes = {std::byte{0x61}, std::byte{0x62}};
  EXPECT_EQ(fnv1a({}), 1469598103934665603u);
  const std::uint64_t first = (1469598103934665603u ^ 0x61) * 1099511628211u;
  EXPECT_EQ(fnv1a(std::span(bytes).first(1)), first);
  EXPECT_EQ(fnv1a(bytes), fnv1a(std::span(bytes).last(1), first));
}

TEST(Xorshift32, Sequence) {
  std::uint32_t state = 1;
  std::vector<std::uint32_t> states;
  for (int i = 0; i < 4; ++i) states.push_back(state = xorshift32(state));
  EXPECT_EQ(states, (std::vector<std::uint32_t>{270369, 67634689, 2647435461, 307599695}));
  EXPECT_EQ(xorshift32(0), 0u);
}

}  // namespace
}  // namespace tessera
