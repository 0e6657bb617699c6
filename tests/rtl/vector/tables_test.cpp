// The operations that look up tables, over every index: MapExpw and MapGate.
#include <gtest/gtest.h>

#include <limits>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kA = 0x0;
constexpr uint32_t kB = 0x3000;
constexpr uint32_t kOut = 0x5000;

// Sets the maximum register.
void set_maximum(Scenario& scenario, int32_t maximum) {
  scenario.store<int32_t>(kA, std::vector<int32_t>(4, maximum));
  MapDescriptor d = map_descriptor(kMapAdd, 4);
  d.a_where = kWhereSram;
  d.a_size = kSize32;
  d.a_address = kA;
  d.reduce = kReduceMaxIndex;
  scenario.run(d);
}

MapDescriptor expw(uint32_t count) {
  MapDescriptor d = map_descriptor(kMapExpw, count);
  d.a_where = kWhereSram;
  d.a_size = kSize32;
  d.a_address = kA;
  d.out_where = kWhereSram;
  d.out_size = kSize16;
  d.out_address = kOut;
  d.reduce = kReduceSum;
  return d;
}

TEST(SoftmaxWeights, EveryDistance) {
  Scenario scenario(1);
  const int32_t maximum = 1000;
  set_maximum(scenario, maximum);
  std::vector<int32_t> scores;
  for (int32_t distance = -3; distance < 16 * 256 + 20; ++distance) scores.push_back(maximum - distance);
  for (size_t begin = 0; begin < scores.size(); begin += 2000) {
    const size_t count = std::min<size_t>(2000, scores.size() - begin);
    scenario.store<int32_t>(kA, std::span(scores).subspan(begin, count));
    MapDescriptor d = expw(count);
    d.reduce_continue = begin != 0;
    scenario.run(d);
    if (HasFailure()) return;
  }
  // 2^14 * (1 + 1/2 + ... + 2^-15) of 256 values each, by the formula of a geometric series.
  EXPECT_NEAR(scenario.oracle.reductions.sum, 16384 * (1 - 1 / 65536.0) / (1 - 0.99729605608), 16384 * 4);
}

TEST(SoftmaxWeights, ExtremeScores) {
  Scenario scenario(2);
  set_maximum(scenario, std::numeric_limits<int32_t>::max());
  const std::vector<int32_t> scores{std::numeric_limits<int32_t>::min(), 0, -1,
                                    std::numeric_limits<int32_t>::max(),
                                    std::numeric_limits<int32_t>::max() - 1};
  scenario.store<int32_t>(kA, scores);
  scenario.run(expw(scores.size()));
  set_maximum(scenario, std::numeric_limits<int32_t>::min());
  scenario.store<int32_t>(kA, scores);
  scenario.run(expw(scores.size()));
}

TEST(SoftmaxWeights, AlignedToTheLargestValueExponent) {
  Scenario scenario(3);
  const uint32_t count = 500;
  set_maximum(scenario, 5000);
  std::vector<int32_t> scores(count);
  std::vector<int8_t> exponents(count);
  for (uint32_t i = 0; i < count; ++i) {
    scores[i] = 5000 - static_cast<int32_t>(scenario.random() % 2000);
    exponents[i] = static_cast<int8_t>(scenario.random() % 24 - 12);
  }
  scenario.store<int32_t>(kA, scores);
  scenario.store<int8_t>(kB, exponents);
  for (const int largest : {11, 20, 0, -40}) {  // the last ones make p larger than a weight can be
    MapDescriptor d = expw(count);
    d.shift = largest & 0xffff;
    d.shift_mode = kShiftMinus;
    d.shift_address = kB;
    scenario.run(d);
    if (HasFailure()) return;
  }
}

TEST(Gate, EveryGate) {
  Scenario scenario(4);
  constexpr uint32_t kCount = 2048;
  std::vector<int16_t> gate(kCount), up(kCount);
  for (int32_t first = -32768; first < 32768; first += kCount) {
    for (uint32_t i = 0; i < kCount; ++i) {
      gate[i] = static_cast<int16_t>(first + i);
      up[i] = i % 7 == 0 ? -32768 : i % 7 == 1 ? 32767 : static_cast<int16_t>(scenario.random());
    }
    scenario.store<int16_t>(kA, gate);
    scenario.store<int16_t>(kB, up);
    MapDescriptor d = map_descriptor(kMapGate, kCount);
    d.a_where = kWhereSram;
    d.a_size = kSize16;
    d.a_address = kA;
    d.b_vector = 1;
    d.b_value = kB;
    d.out_where = kWhereSram;
    d.out_size = kSize32;
    d.out_address = kOut;
    d.reduce = kReduceMaxMagnitude;
    scenario.run(d);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tessera::rtl
