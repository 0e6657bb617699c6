// Where the map unit's operands come from and its results go, one descriptor at a time; and what it waits
// for.
#include <gtest/gtest.h>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kA = 0x0;
constexpr uint32_t kB = 0x1000;
constexpr uint32_t kC = 0x2000;
constexpr uint32_t kShifts = 0x3000;
constexpr uint32_t kOut = 0x8000;

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

Message random_message(Scenario& scenario, uint32_t words) {
  Message message(words);
  for (uint32_t& word : message) word = static_cast<uint32_t>(scenario.random());
  return message;
}

// ---------------------------------------------------------------- where operands come from and results go

struct Place {
  uint32_t where, size;
};
const Place kOperandPlaces[] = {{kWhereSram, kSize8},  {kWhereSram, kSize16},  {kWhereSram, kSize32},
                                {kWhereColor, kSize8}, {kWhereColor, kSize16}, {kWhereColor, kSize32},
                                {kWhereAcc, kSize32},  {kWhereAcc, kSizePair}};
const Place kAddendPlaces[] = {{kWhereNone, 0},
                               {kWhereSram, kSize8},
                               {kWhereSram, kSize16},
                               {kWhereSram, kSize32},
                               {kWhereAcc, kSize32}};
const Place kResultPlaces[] = {{kWhereNone, 0},        {kWhereSram, kSize8},  {kWhereSram, kSize16},
                               {kWhereSram, kSize32},  {kWhereColor, kSize8}, {kWhereColor, kSize16},
                               {kWhereColor, kSize32}, {kWhereAcc, kSize32}};

TEST(MapUnit, EveryPlaceAndCount) {
  Scenario scenario(1);
  scenario.fill();
  for (const Place& a : kOperandPlaces) {
    for (const Place& c : kAddendPlaces) {
      if (a.size == kSizePair && c.where == kWhereAcc) continue;  // one port for both
      for (const Place& out : kResultPlaces) {
        for (const uint32_t count : {1, 2, 3, 4, 5, 7, 8, 13, 16, 21, 33}) {
          MapDescriptor d = map_descriptor(kMapMulq, count);
          d.a_where = a.where;
          d.a_size = a.size;
          d.a_address = a.where == kWhereColor ? 5 : a.where == kWhereAcc ? 0x21 : kA;
          d.b_value = 12345;
          d.shift = 9;
          d.c_where = c.where;
          d.c_size = c.size;
          d.c_address = c.where == kWhereAcc ? 6 : kC;
          d.out_where = out.where;
          d.out_size = out.size;
          d.out_address = out.where == kWhereColor ? 14 : out.where == kWhereAcc ? 11 : kOut;
          if (out.where == kWhereColor) d.out_stride = 0xa5;
          d.reduce = kReduceSum;
          if (a.where == kWhereColor)
            scenario.deliver(5, random_message(scenario, 1 + ((count << a.size) + 3) / 4));
          run(scenario, d);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(MapUnit, AllOfTheAccumulators) {
  Scenario scenario(2);
  scenario.fill();
  MapDescriptor d = map_descriptor(kMapMulq, 256);
  d.a_where = kWhereAcc;
  d.a_size = kSize32;
  d.b_vector = 1;
  d.b_value = kB;
  d.shift = 12;
  d.c_where = kWhereAcc;
  d.out_where = kWhereAcc;
  run(scenario, d);
}

TEST(MapUnit, Strides) {
  Scenario scenario(3);
  scenario.fill();
  for (uint32_t a_size = kSize8; a_size <= kSize32; ++a_size) {
    for (uint32_t out_size = kSize8; out_size <= kSize32; ++out_size) {
      for (const int stride : {1, 3, -2, 4, 16, 17, -60}) {
        MapDescriptor d = from_sram(kMapMulq, 30, a_size);
        to_sram(d, out_size);
        d.a_address = 0x1810;
        d.b_value = 3;
        d.shift = 1;
        d.c_where = kWhereSram;
        d.c_size = kSize16;
        d.c_address = kC + 8;
        d.shift_mode = kShiftPlus;
        d.shift_address = kShifts + 12;
        d.out_address = 0x9000;
        d.a_stride = (stride << a_size) & 0xffff;
        run(scenario, d);
        d.out_stride = (stride << out_size) & 0xffff;
        run(scenario, d);
        d.a_stride = 0;
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

// Elements that are taken or given one by one on a color, four to a wavelet.
TEST(MapUnit, StridesAgainstColors) {
  Scenario scenario(4, kSomeStalls);
  scenario.fill();
  for (uint32_t size = kSize8; size <= kSize32; ++size) {
    for (uint32_t count = 1; count <= 9; ++count) {
      MapDescriptor in = map_descriptor(kMapAdd, count);
      in.a_where = kWhereColor;
      in.a_size = size;
      in.a_address = 12;
      to_sram(in, kSize16);
      in.out_stride = 6;
      scenario.deliver(12, random_message(scenario, 1 + ((count << size) + 3) / 4));
      run(scenario, in);
      MapDescriptor out = from_sram(kMapAdd, count, kSize32);
      out.a_stride = 20;
      out.out_where = kWhereColor;
      out.out_size = size;
      out.out_address = 2;
      run(scenario, out);
      if (HasFailure()) return;
    }
  }
}

TEST(MapUnit, InPlace) {
  Scenario scenario(5, kSomeStalls);
  scenario.fill();
  for (uint32_t size = kSize8; size <= kSize32; ++size) {
    MapDescriptor d = from_sram(kMapAdd, 77, size);
    d.c_where = kWhereSram;
    d.c_size = kSize32;
    d.c_address = kC;
    to_sram(d, size);
    d.out_address = kA;
    run(scenario, d);
  }
}

TEST(MapUnit, MessagesOfAWrongLength) {
  for (const StallRates& stalls : {StallRates{}, kSomeStalls}) {
    Scenario scenario(6, stalls);
    scenario.fill();
    for (uint32_t size = kSize8; size <= kSize32; ++size) {
      for (uint32_t words = 1; words <= 12; ++words) {
        MapDescriptor d = map_descriptor(kMapAdd, 24 >> size);
        d.a_where = kWhereColor;
        d.a_size = size;
        d.a_address = 15;
        d.out_where = kWhereColor;
        d.out_size = size;
        d.out_address = 3;
        scenario.deliver(15, random_message(scenario, words));
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
    EXPECT_EQ(scenario.oracle.length_errors.size(), 33u);
  }
}

// Four multipliers for two elements: operands change lanes.
TEST(MapUnit, RotatesPairsAndHalves) {
  Scenario scenario(14, kSomeStalls);
  scenario.fill();
  scenario.store<int16_t>(kA, std::vector<int16_t>{-32768, -32768, 32767, 32767, -32768, 32767, 1, 0});
  scenario.store<int16_t>(kC, std::vector<int16_t>{-32768, 32767, -32768, 1});
  scenario.store<int16_t>(
      kB, std::vector<int16_t>{16384, 0, 11585, 11585, 0, 16384, -16384, 16384, -32768, -32768});
  for (const uint32_t mode : {kRotAdjacent, kRotLow, kRotHigh}) {
    for (const Place& out : kResultPlaces) {
      for (const uint32_t count : {2, 4, 6, 8, 10, 34}) {
        MapDescriptor d = from_sram(kMapRot, count, kSize16);
        d.mode = mode;
        d.b_value = kB;
        d.c_where = kWhereSram;
        d.c_size = kSize16;
        d.c_address = kC;
        d.out_where = out.where;
        d.out_size = out.size;
        d.out_address = out.where == kWhereColor ? 6 : out.where == kWhereAcc ? 4 : kOut;
        d.reduce = kReduceMaxMagnitude;
        if (mode == kRotAdjacent && out.where == kWhereColor && out.size == kSize32) continue;
        if (mode != kRotAdjacent) d.count -= 1;
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

// ---------------------------------------------------------------- waiting

TEST(MapUnit, StandsStillWithoutItsMessage) {
  Scenario scenario(18);
  scenario.fill();
  MapDescriptor d = map_descriptor(kMapAdd, 20);
  d.a_where = kWhereColor;
  d.a_size = kSize16;
  d.a_address = 8;
  d.c_where = kWhereSram;
  d.c_size = kSize32;
  d.c_address = kC;
  to_sram(d, kSize32);
  scenario.place(kListAddress, std::vector<Descriptor>{d});
  scenario.load_bench();
  scenario.bench.launch(0, kListAddress, 1);
  const Message message = random_message(scenario, 11);
  for (size_t i = 0; i < message.size(); ++i) {
    scenario.bench.cycles(30);
    EXPECT_FALSE(scenario.bench.busy()) << "before word " << i;
    EXPECT_FALSE(scenario.bench.model().map_ready_o);
    scenario.bench.deliver_word({8, i + 1 == message.size(), message[i]});
  }
  scenario.bench.wait_units();
  scenario.oracle.arriving[8].push_back(message);
  scenario.oracle.run(d, 0);
  scenario.compare();
}

TEST(MapUnit, StandsStillWithoutCredits) {
  Scenario scenario(19);
  scenario.fill();
  MapDescriptor d = from_sram(kMapNorm, 40, kSize32);
  d.out_where = kWhereColor;
  d.out_size = kSize8;
  d.out_address = 9;
  scenario.place(kListAddress, std::vector<Descriptor>{d});
  scenario.load_bench();
  scenario.bench.send_blocked = true;
  scenario.bench.launch(0, kListAddress, 1);
  for (size_t words = 0; words < 12; ++words) {
    scenario.bench.cycles(30);
    EXPECT_FALSE(scenario.bench.busy());
    EXPECT_EQ(scenario.bench.sent.size(), words);
    scenario.bench.send_blocked = false;
    scenario.bench.cycle();
    scenario.bench.send_blocked = true;
  }
  scenario.bench.send_blocked = false;
  scenario.bench.wait_units();
  scenario.oracle.run(d, 0);
  scenario.compare();
}

TEST(MapUnit, StandsStillUntilItsEntriesAreFull) {
  Scenario scenario(20);
  scenario.fill();
  MapDescriptor d = map_descriptor(kMapMulq, 15);
  d.a_where = kWhereAcc;
  d.a_size = kSizePair;
  d.a_address = 0x80;
  d.acc_wait = d.acc_release = 1;
  d.b_value = 5;
  to_sram(d, kSize32);
  MacDescriptor low = mac_descriptor(16, 1);
  MacDescriptor high = mac_descriptor(4, 1);
  high.entry = 8;
  high.x_where = kWhereColor;
  high.x_address = 10;
  scenario.place(kListAddress, std::vector<Descriptor>{low, d, high});
  scenario.load_bench();
  scenario.bench.launch(0, kListAddress, 3);
  scenario.bench.cycles(200);
  EXPECT_FALSE(scenario.bench.busy());
  EXPECT_EQ(scenario.bench.full(), (std::array<bool, kAccEntries>{true}));
  EXPECT_FALSE(scenario.bench.model().map_done_o);
  scenario.deliver(10, {0, 0x01020304, 99});
  scenario.bench.wait_units();
  scenario.oracle.run(low);
  scenario.oracle.run(high);
  scenario.oracle.run(d, 0);
  scenario.compare();
}

}  // namespace
}  // namespace tessera::rtl
