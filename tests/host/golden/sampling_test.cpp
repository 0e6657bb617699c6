#include "host/golden/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "host/error/error.h"
#include "host/numerics/numerics.h"

namespace tessera {
namespace {

TEST(Argmax, TiesGoToTheLowestIndex) {
  EXPECT_EQ(argmax(std::vector<std::int32_t>{3, 9, 9, 1}), 1);
  EXPECT_EQ(argmax(std::vector<std::int32_t>{-5, -5}), 0);
  EXPECT_EQ(argmax(std::vector<std::int32_t>{-INT32_MAX, INT32_MAX}), 1);
}

TEST(MakeSampler, KeepsItsRanges) {
  EXPECT_EQ(make_sampler(0, 5).inverse_temperature, 0);
  EXPECT_EQ(make_sampler(1.0, 5).inverse_temperature, 94548) << "log2(e) * 2^16";
  EXPECT_EQ(make_sampler(1.0, 0).state, 1u);
  EXPECT_NO_THROW(make_sampler(0.01, 1));
  EXPECT_NO_THROW(make_sampler(10, 1));
  for (const double bad : {-1.0, 0.009, 10.1, std::nan("")}) EXPECT_THROW(make_sampler(bad, 1), Error) << bad;
}

TEST(Sample, ZeroTemperatureIsArgmaxAndDrawsNothing) {
  Sampler sampler = make_sampler(0, 77);
  EXPECT_EQ(sample(sampler, std::vector<std::int32_t>{1, 5, 5}), 1);
  EXPECT_EQ(sampler.state, 77u);
}

TEST(Sample, DrawsOnceAToken) {
  Sampler sampler = make_sampler(1, 77);
  sample(sampler, std::vector<std::int32_t>{1, 5, 5});
  EXPECT_EQ(sampler.state, xorshift32(77));
}

TEST(Sample, FollowsTheDistribution) {
  // Probabilities 1/2, 1/4, 1/8, 1/8 and one that is nothing, at temperature 0.5.
  const double step = std::log(2.0) * 0.5 * 65536;
  const std::vector<std::int32_t> logits = {static_cast<std::int32_t>(std::lround(-step)), 0,
                                            static_cast<std::int32_t>(std::lround(-2 * step)),
                                            static_cast<std::int32_t>(std::lround(-2 * step)), -INT32_MAX};
  Sampler sampler = make_sampler(0.5, 1);
  std::vector<int> counts(logits.size(), 0);
  constexpr int kDraws = 80000;
  for (int i = 0; i < kDraws; ++i) ++counts[sample(sampler, logits)];
  const double expected[] = {0.25, 0.5, 0.125, 0.125, 0};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    EXPECT_NEAR(counts[i] / static_cast<double>(kDraws), expected[i], 0.01) << i;
  }
}

TEST(Sample, ExtremesOfTheState) {
  const std::vector<std::int32_t> equal(1 << 18, 0);
  // xorshift32 is a bijection, so some seed leads to any state; the draw itself is what must stay in range.
  for (const std::uint32_t seed : {1u, 2u, 0x80000000u, 0xffffffffu}) {
    Sampler sampler = make_sampler(10, seed);
    const int token = sample(sampler, equal);
    const std::uint64_t sum = std::uint64_t{16383} << 18;
    EXPECT_EQ(token, static_cast<int>((sampler.state * sum >> 32) / 16383));
  }
}

}  // namespace
}  // namespace tessera
