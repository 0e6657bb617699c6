// The map unit's arithmetic and reductions at their edges, one descriptor at a time.
#include <gtest/gtest.h>

#include <limits>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kA = 0x0;
constexpr uint32_t kC = 0x2000;
constexpr uint32_t kShifts = 0x3000;
constexpr uint32_t kOut = 0x8000;
constexpr int32_t kMinimum = std::numeric_limits<int32_t>::min();
constexpr int32_t kMaximum = std::numeric_limits<int32_t>::max();

void run(Scenario& scenario, const MapDescriptor& d) {
  SCOPED_TRACE(describe(d));
  scenario.run(d, 0xdeadbeef);
}

MapDescriptor from_sram(MapOperation operation, uint32_t count, uint32_t size) {
  MapDescriptor d = map_descriptor(operation, count);
  d.a_where = kWhereSram;
  d.a_size = size;
  d.a_address = kA;
  return d;
}

void to_sram(MapDescriptor& d, uint32_t size) {
  d.out_where = kWhereSram;
  d.out_size = size;
  d.out_address = kOut;
}

TEST(Mulq, EveryShiftOfTheLargestProducts) {
  Scenario scenario(7);
  scenario.fill();
  // 128 * first + second, at the ends of 36 bits and around zero.
  const std::array<int32_t, 16> first{-(1 << 28), (1 << 28) - 1, 0, -1, 1, kMinimum, kMaximum, 12345};
  const std::array<int32_t, 16> second{0, 127, 0, 0,  1,  -1, kMinimum, kMaximum,
                                       1, -1,  5, -5, 63, 64, -64,      -65};
  scenario.oracle.acc[0] = first;
  scenario.oracle.acc[1] = second;
  for (const int32_t b : {-(1 << 27), (1 << 27) - 1, 1, -1, 0, 32767}) {
    for (int shift = -34; shift <= 66; ++shift) {
      MapDescriptor d = map_descriptor(kMapMulq, 16);
      d.a_where = kWhereAcc;
      d.a_size = kSizePair;
      d.a_address = 0x10;
      d.b_value = static_cast<uint32_t>(b);
      d.shift = shift & 0xffff;
      d.inner_width = shift % 3 == 0 ? 0 : shift % 3 == 1 ? 32 : 9;
      d.clamp_power = shift & 1;
      to_sram(d, kSize32);
      d.reduce = kReduceMaxMagnitude;
      run(scenario, d);
      if (HasFailure()) return;
    }
  }
}

TEST(Mulq, ExtremeShifts) {
  Scenario scenario(8);
  scenario.fill();
  scenario.store<int8_t>(kShifts, std::vector<int8_t>{-128, 127, 0, -1, 1, 100, -100, 63, 64, -29, -30, 62});
  scenario.store<int8_t>(kShifts + 0x100, std::vector<int8_t>{-128, 127, 0});
  for (const uint32_t mode : {kShiftScalar, kShiftPlus, kShiftMinus}) {
    for (const int shift : {-32768, -200, -157, -1, 0, 1, 20, 62, 63, 64, 191, 32767}) {
      for (uint32_t byte = 0; byte < 4; ++byte) {
        MapDescriptor d = from_sram(kMapMulq, 12, kSize32);
        d.b_value = 7;
        d.shift = shift & 0xffff;
        d.shift_mode = mode;
        d.shift_address = kShifts;
        d.shift_subtract = byte < 3 ? kSubtractByte : kSubtractNone;
        d.shift_subtract_address = kShifts + 0x100 + byte;
        to_sram(d, kSize32);
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Mulq, Saturations) {
  Scenario scenario(9);
  scenario.fill();
  for (const int32_t value : {kMinimum, kMaximum, 1 << 26, -(1 << 26), (1 << 26) - 1, 128, -128, 127, 0}) {
    scenario.store<int32_t>(
        kA, std::vector<int32_t>{value - (value > 0), value, value + (value < 0), -(value + 1)});
    scenario.store<int32_t>(kC, std::vector<int32_t>{kMaximum, 1, -1, kMinimum});
    for (const uint32_t inner : {0, 1, 2, 8, 27, 31, 32}) {
      for (const uint32_t outer : {0, 1, 8, 27, 31, 32}) {
        MapDescriptor d = from_sram(kMapMulq, 4, kSize32);
        d.b_value = 1;
        d.inner_width = inner;
        d.outer_width = outer;
        d.clamp_power = value & 1;
        d.c_where = kWhereSram;
        d.c_size = kSize32;
        d.c_address = kC;
        to_sram(d, kSize32);
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Mulq, OffsetsWrapAt36Bits) {
  Scenario scenario(10);
  scenario.oracle.acc[0].fill((1 << 28) - 1);
  scenario.oracle.acc[1].fill(kMaximum);
  for (const int32_t offset : {kMinimum, kMaximum, -1, 1, 0x12345678}) {
    MapDescriptor d = map_descriptor(kMapMulq, 5);
    d.a_where = kWhereAcc;
    d.a_size = kSizePair;
    d.a_address = 0x10;
    d.b_value = 3;
    d.shift = 5;
    d.offset_low = offset & 0xffff;
    d.offset_high = static_cast<uint32_t>(offset) >> 16;
    to_sram(d, kSize32);
    run(scenario, d);
  }
}

TEST(Add, SaturatesWrapsAndSquares) {
  Scenario scenario(11);
  scenario.fill();
  scenario.store<int32_t>(
      kA, std::vector<int32_t>{kMaximum, kMinimum, (1 << 26) - 1, 1 << 26, -(1 << 26), 0, 5, -5});
  scenario.store<int32_t>(kC, std::vector<int32_t>{kMaximum, kMinimum, 1, 0, 0, -1, kMinimum, kMaximum});
  for (const uint32_t where : {kWhereNone, kWhereSram}) {
    for (const uint32_t width : {0, 1, 8, 27, 28, 32}) {
      for (const uint32_t reduce : {kReduceNone, kReduceSum, kReduceSumSquares}) {
        if (reduce == kReduceSumSquares && (width == 0 || width > 28)) continue;
        MapDescriptor d = from_sram(kMapAdd, 8, kSize32);
        d.c_where = where;
        d.c_size = kSize32;
        d.c_address = kC;
        d.outer_width = width;
        d.reduce = reduce;
        to_sram(d, kSize32);
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Norm, EveryMaximum) {
  Scenario scenario(12);
  scenario.fill();
  for (int bits = 0; bits <= 32; ++bits) {
    const auto largest = static_cast<int32_t>(bits == 0 ? 0u : ~0u >> (32 - bits));
    for (const int32_t maximum : {largest, bits == 0 ? 0 : static_cast<int32_t>(1u << (bits - 1))}) {
      scenario.store<int32_t>(kA, std::vector<int32_t>{maximum, -maximum, maximum / 2, 1, 0, -1, 77});
      MapDescriptor find = from_sram(kMapAdd, 7, kSize32);
      find.reduce = kReduceMaxMagnitude;
      run(scenario, find);
      for (const uint32_t mode : {kNormBfp8, kNormRms}) {
        for (const uint32_t where : {kWhereSram, kWhereColor}) {
          MapDescriptor d = from_sram(kMapNorm, 7, kSize32);
          d.mode = mode;
          d.b_value = 1u << 15 | static_cast<uint32_t>(scenario.random() & 0x7fff);
          d.inner_width = 8;
          d.out_where = where;
          d.out_size = kSize8;
          d.out_address = where == kWhereColor ? 4 : kOut;
          d.offset_low = static_cast<uint16_t>(-31 + bits);
          d.offset_high = kOut + 0x105;
          run(scenario, d);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// A norm that reduces its own results takes its constants from the maximum before it.
TEST(Norm, ConstantsAreOfTheMaximumBefore) {
  Scenario scenario(13);
  scenario.fill();
  for (int i = 0; i < 3; ++i) {
    MapDescriptor d = from_sram(kMapNorm, 20, kSize16);
    d.mode = kNormRms;
    d.b_value = 40000;
    d.reduce = kReduceMaxMagnitude;
    to_sram(d, kSize32);
    run(scenario, d);
  }
}

// ---------------------------------------------------------------- reductions

TEST(Reductions, FirstOfEqualMaxima) {
  Scenario scenario(15);
  for (const int32_t largest : {kMaximum, 0, -1, kMinimum}) {
    for (uint32_t count = 1; count <= 12; ++count) {
      for (uint32_t at = 0; at < count; ++at) {
        std::vector<int32_t> values(count, largest == kMinimum ? kMinimum : largest - 1);
        values[at] = largest;
        values[count - 1] = largest;
        scenario.store<int32_t>(kA, values);
        MapDescriptor d = from_sram(kMapAdd, count, kSize32);
        d.reduce = kReduceMaxIndex;
        run(scenario, d);
        EXPECT_EQ(scenario.oracle.reductions.index, largest == kMinimum ? 0 : at);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Reductions, GoOn) {
  Scenario scenario(16);
  scenario.fill();
  for (const uint32_t reduce : {kReduceMaxMagnitude, kReduceMaxIndex, kReduceSum, kReduceSumSquares}) {
    for (int i = 0; i < 12; ++i) {
      MapDescriptor d = from_sram(kMapAdd, 1 + scenario.random() % 20, kSize32);
      d.a_address = 16 * (scenario.random() % 256);
      d.outer_width = 28;
      d.reduce = reduce;
      d.reduce_continue = i != 0;
      run(scenario, d);
      if (i % 3 != 2) continue;
      MapDescriptor other = from_sram(kMapAdd, 9, kSize8);  // leaves what it does not reduce alone
      other.reduce =
          reduce == kReduceMaxIndex || reduce == kReduceMaxMagnitude ? kReduceSum : kReduceMaxMagnitude;
      run(scenario, other);
      if (HasFailure()) return;
    }
  }
}

TEST(Reductions, SumsHave64Bits) {
  Scenario scenario(17);
  scenario.store<int32_t>(kA, std::vector<int32_t>(1024, (1 << 27) - 1));
  MapDescriptor d = from_sram(kMapAdd, 1024, kSize32);
  d.outer_width = 28;
  d.reduce = kReduceSumSquares;
  run(scenario, d);
  d.reduce_continue = 1;
  for (int i = 0; i < 2; ++i) run(scenario, d);
  EXPECT_GT(scenario.oracle.reductions.sum, uint64_t{3} << 62);
  scenario.store<int32_t>(kA, std::vector<int32_t>(8, kMinimum));
  d = from_sram(kMapAdd, 8, kSize32);
  d.reduce = kReduceSum;
  run(scenario, d);
  EXPECT_EQ(static_cast<int64_t>(scenario.oracle.reductions.sum), 8 * int64_t{kMinimum});
}

}  // namespace
}  // namespace tessera::rtl
