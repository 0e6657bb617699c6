// Launches, order, fences, waiting for the units; and descriptors and launches that are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kOut = 0x8000;

// Sends one wavelet besides its header.
MapDescriptor sender(uint32_t color, uint32_t part) {
  MapDescriptor d = map_descriptor(kMapAdd, 1);
  d.a_where = kWhereSram;
  d.a_size = kSize32;
  d.out_where = kWhereColor;
  d.out_size = kSize32;
  d.out_address = color;
  d.out_stride = part;
  return d;
}

TEST(Queue, HeaderIsTakenWithTheLaunch) {
  Scenario scenario(1);
  VectorBench& bench = scenario.bench;
  scenario.place(kListAddress, std::vector<Descriptor>{sender(2, 1), sender(3, 2), sender(4, 3)});
  scenario.load_bench();
  bench.launch(0x11111111, kListAddress, 3);
  bench.launch(0x22222222, kListAddress + 32, 1);
  bench.write_register(kRegHeader, 0x33333333);
  EXPECT_EQ(bench.read_register(kRegHeader), 0x33333333u);
  bench.wait_units();
  scenario.oracle.launch(0x11111111, kListAddress, 3);
  scenario.oracle.launch(0x22222222, kListAddress + 32, 1);
  scenario.compare();
}

TEST(Queue, HoldsFourLaunches) {
  Scenario scenario(2);
  VectorBench& bench = scenario.bench;
  std::vector<Descriptor> list;
  for (uint32_t i = 0; i < 12; ++i) list.push_back(sender(2 + i, i));
  scenario.place(kListAddress, list);
  scenario.load_bench();
  bench.send_blocked = true;
  // Two descriptors in the map unit, one before it, one half fetched; of the rest, four launches wait.
  for (uint32_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(bench.register_ready(kRegLaunch, true));
    bench.launch(i, kListAddress + 32 * i, 1);
    bench.cycles(50);
    scenario.oracle.launch(i, kListAddress + 32 * i, 1);
  }
  EXPECT_FALSE(bench.register_ready(kRegLaunch, true));
  EXPECT_FALSE(bench.busy());

  // Without blocking, as the control plane writes, the launch is dropped, and that is an error.
  bench.write_register(kRegLaunch, 1 << 16 | (kListAddress + 32 * 11), false);
  EXPECT_EQ(bench.errors, std::vector<ErrorEvent>{{kErrorDescriptor}});
  bench.errors.clear();

  bench.send_blocked = false;
  for (uint32_t i = 8; i < 11; ++i) {
    bench.launch(i, kListAddress + 32 * i, 1);
    scenario.oracle.launch(i, kListAddress + 32 * i, 1);
  }
  bench.wait_units();
  scenario.compare();
}

TEST(Queue, WaitUnitsHoldsOnlyTheCore) {
  Scenario scenario(3);
  VectorBench& bench = scenario.bench;
  EXPECT_TRUE(bench.register_ready(kRegWaitUnits, false));
  scenario.place(kListAddress, std::vector<Descriptor>{sender(2, 0)});
  scenario.load_bench();
  bench.send_blocked = true;
  bench.launch(7, kListAddress, 1);
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(bench.register_ready(kRegWaitUnits, false)) << "after " << i << " cycles";
    EXPECT_FALSE(bench.register_ready(kRegWaitUnits, true));
    bench.cycle();
  }
  EXPECT_EQ(bench.read_register(kRegWaitUnits, false, 1), 0u);
  bench.send_blocked = false;
  bench.wait_units();
  EXPECT_EQ(bench.sent.size(), 2u);
}

TEST(Queue, NoticeOfOneDescriptor) {
  Scenario scenario(9);
  VectorBench& bench = scenario.bench;
  MapDescriptor first = sender(2, 0);
  first.notify = 1;
  MapDescriptor second = map_descriptor(kMapAdd, 1);  // waits for a message
  second.a_where = kWhereColor;
  second.a_size = kSize32;
  second.a_address = 3;
  scenario.place(kListAddress, std::vector<Descriptor>{second, first, second});
  scenario.load_bench();
  bench.launch(7, kListAddress, 3);
  bench.cycles(50);
  EXPECT_FALSE(bench.register_ready(kRegWaitNotice, false));
  bench.deliver(3, {0, 0});
  bench.read_register(kRegWaitNotice, false);  // the control plane does not wait, and takes nothing
  bench.read_register(kRegWaitNotice);
  EXPECT_EQ(bench.sent.size(), 2u);
  EXPECT_FALSE(bench.register_ready(kRegWaitNotice, false));
  EXPECT_FALSE(bench.register_ready(kRegWaitUnits, false));
  bench.deliver(3, {0, 0});
  bench.wait_units();
  EXPECT_FALSE(bench.register_ready(kRegWaitNotice, false));
}

TEST(Queue, FenceWaitsForBothUnits) {
  for (const bool fence : {true, false}) {
    Scenario scenario(4);
    scenario.fill();
    VectorBench& bench = scenario.bench;
    MapDescriptor first = map_descriptor(kMapAdd, 200);  // writes x, slowly
    first.a_where = kWhereSram;
    first.a_stride = 1;
    first.out_where = kWhereSram;
    first.out_address = kOut;
    MacDescriptor second = mac_descriptor(200, 1);
    second.x_address = kOut;
    second.fence = fence;
    MapDescriptor third = sender(2, 0);  // goes before the MAC array is done, or not
    third.fence = fence;
    scenario.place(kListAddress, std::vector<Descriptor>{first, second, third});
    scenario.load_bench();
    bench.launch(0, kListAddress, 3);
    while (!bench.model().mac_start_o) bench.cycle();
    EXPECT_EQ(static_cast<bool>(bench.model().map_done_o), fence);
    bench.cycle();
    while (!bench.model().map_start_o) bench.cycle();
    EXPECT_EQ(static_cast<bool>(bench.model().mac_done_o), fence);
    bench.wait_units();
    if (!fence) continue;
    scenario.oracle.launch(0, kListAddress, 3);
    scenario.compare();
  }
}

// ---------------------------------------------------------------- what is refused

TEST(Queue, RefusesWrongLaunches) {
  Scenario scenario(5);
  VectorBench& bench = scenario.bench;
  scenario.place(kListAddress, std::vector<Descriptor>{sender(2, 0)});
  scenario.load_bench();
  const auto refused = [&](uint32_t address, uint32_t count, size_t errors) {
    bench.errors.clear();
    bench.launch(0, address, count);
    bench.wait_units();
    bench.cycles(5);
    EXPECT_EQ(bench.errors, std::vector<ErrorEvent>(errors, {kErrorDescriptor})) << address << " " << count;
    EXPECT_TRUE(bench.sent.empty());
  };
  refused(kListAddress, 0, 1);
  refused(kListAddress + 8, 1, 1);
  refused(kSramBytes, 1, 1);
  refused(kSramBytes - 16, 1, 1);  // the second half lies beyond
  refused(0xfff0, 3, 1);
  // The launch after it works.
  bench.errors.clear();
  bench.launch(0, kListAddress, 1);
  bench.wait_units();
  EXPECT_EQ(bench.sent.size(), 2u);
  EXPECT_TRUE(bench.errors.empty());
}

// Runs a descriptor that must be refused, then a legal one.
void expect_refused(Scenario& scenario, const Descriptor& descriptor) {
  SCOPED_TRACE(describe(descriptor));
  VectorBench& bench = scenario.bench;
  scenario.place(kListAddress, std::vector<Descriptor>{descriptor, sender(2, 0)});
  scenario.load_bench();
  bench.errors.clear();
  bench.launch(0, kListAddress, 2);
  bench.wait_units();
  EXPECT_EQ(bench.errors, std::vector<ErrorEvent>{{kErrorDescriptor}});
  bench.errors.clear();
  scenario.oracle.run(sender(2, 0), 0);
  scenario.compare();
}

TEST(Queue, RefusesWrongMacDescriptors) {
  Scenario scenario(6);
  scenario.fill();
  MacDescriptor legal = mac_descriptor(8, 2);
  legal.entry = 3;
  MacDescriptor color = mac_descriptor(8, 1);
  color.x_where = kWhereColor;
  color.x_address = 2;
  using Change = std::function<void(MacDescriptor&)>;
  const Change wrong[] = {
      [](auto& d) { d.count = 0; },
      [](auto& d) { d.groups = 0; },
      [](auto& d) { d.groups = 14; },
      [](auto& d) { d.groups = 17, d.entry = 0; },
      [](auto& d) { d.groups = 255; },
      [](auto& d) { d.entry = 15; },
      [](auto& d) { d.entry = 16; },
      [](auto& d) { d.weight_address = 8; },
      [](auto& d) { d.x_wide = 1, d.x_address = 1; },
      [](auto& d) { d.x_where = kWhereNone; },
      [](auto& d) { d.x_where = kWhereAcc; },
  };
  const Change wrong_color[] = {
      [](auto& d) { d.groups = 2; },    [](auto& d) { d.count = 6; },      [](auto& d) { d.x_address = 1; },
      [](auto& d) { d.x_address = 0; }, [](auto& d) { d.x_address = 16; },
  };
  for (const Change& change : wrong) {
    MacDescriptor d = legal;
    change(d);
    expect_refused(scenario, d);
  }
  for (const Change& change : wrong_color) {
    MacDescriptor d = color;
    change(d);
    expect_refused(scenario, d);
  }
}

MapDescriptor example(MapOperation operation) {
  MapDescriptor d = map_descriptor(operation, 8);
  d.a_where = kWhereSram;
  d.a_size = operation == kMapExpw ? kSize32 : kSize16;
  d.c_where = operation == kMapNorm ? kWhereNone : kWhereSram;
  d.c_size = kSize16;
  d.c_address = 0x100;
  d.b_value = 0x200;
  d.out_where = kWhereSram;
  d.out_size = kSize16;
  d.out_address = kOut;
  return d;
}

TEST(Queue, RefusesWrongMapDescriptors) {
  Scenario scenario(7);
  scenario.fill();
  using Change = std::function<void(MapDescriptor&)>;
  struct Wrong {
    MapOperation operation;
    Change change;
  };
  const auto acc = [](MapDescriptor& d, uint32_t size, uint32_t entries) {
    d.a_where = kWhereAcc;
    d.a_size = size;
    d.a_address = entries;
  };
  const Wrong wrongs[] = {
      {kMapMulq, [](auto& d) { d.operation = 6; }},
      {kMapMulq, [](auto& d) { d.operation = 7; }},
      {kMapMulq, [](auto& d) { d.count = 0; }},
      {kMapMulq, [](auto& d) { d.inner_width = 33; }},
      {kMapMulq, [](auto& d) { d.outer_width = 33; }},
      {kMapMulq, [](auto& d) { d.a_where = kWhereNone; }},
      {kMapMulq, [](auto& d) { d.a_size = kSizePair; }},
      {kMapMulq, [](auto& d) { d.a_address = 4; }},
      {kMapMulq, [](auto& d) { d.a_size = kSize32, d.a_address = 8; }},
      {kMapMulq, [](auto& d) { d.a_stride = 3; }},
      {kMapMulq, [](auto& d) { d.a_stride = 2, d.a_address = 1; }},
      {kMapMulq, [](auto& d) { d.a_where = kWhereColor, d.a_address = 1; }},
      {kMapMulq, [](auto& d) { d.a_where = kWhereColor, d.a_address = 16; }},
      {kMapMulq, [&](auto& d) { acc(d, kSize32, 15), d.count = 17; }},
      {kMapMulq, [&](auto& d) { acc(d, kSizePair, 0xf0), d.count = 17; }},
      {kMapMulq, [&](auto& d) { acc(d, kSizePair, 0x10), d.c_where = kWhereAcc, d.c_address = 3; }},
      {kMapMulq, [](auto& d) { d.b_value = 1 << 27; }},
      {kMapMulq, [](auto& d) { d.b_value = static_cast<uint32_t>(-(1 << 27) - 1); }},
      {kMapMulq, [](auto& d) { d.b_vector = 1, d.b_value = 0x204; }},
      {kMapMulq, [](auto& d) { d.b_vector = 1, d.b_value = 0x10000; }},
      {kMapMulq, [](auto& d) { d.c_where = kWhereColor; }},
      {kMapMulq, [](auto& d) { d.c_size = kSizePair; }},
      {kMapMulq, [](auto& d) { d.c_address = 0x104; }},
      {kMapMulq, [](auto& d) { d.c_where = kWhereAcc, d.c_address = 15, d.count = 20; }},
      {kMapMulq, [](auto& d) { d.shift_mode = 3; }},
      {kMapMulq, [](auto& d) { d.shift_subtract = 3; }},
      {kMapMulq, [](auto& d) { d.shift_mode = kShiftPlus, d.shift_address = 2; }},
      {kMapMulq, [](auto& d) { d.shift_subtract = kSubtractTail; }},
      {kMapMulq, [](auto& d) { d.out_size = kSizePair; }},
      {kMapMulq, [](auto& d) { d.out_address = kOut + 4; }},
      {kMapMulq, [](auto& d) { d.out_stride = 3; }},
      {kMapMulq, [](auto& d) { d.out_where = kWhereColor, d.out_address = 1; }},
      {kMapMulq, [](auto& d) { d.out_where = kWhereColor, d.out_address = 2, d.out_size = kSizePair; }},
      {kMapMulq, [](auto& d) { d.out_where = kWhereColor, d.out_address = 2, d.out_stride = 256; }},
      {kMapMulq, [](auto& d) { d.out_where = kWhereAcc, d.out_address = 15, d.count = 17; }},
      {kMapMulq, [](auto& d) { d.reduce = kReduceSumSquares; }},
      {kMapMulq, [](auto& d) { d.reduce = 5; }},
      {kMapNorm, [](auto& d) { d.mode = 2; }},
      {kMapNorm, [](auto& d) { d.mode = kNormRms, d.b_value = 1 << 27; }},
      {kMapNorm, [](auto& d) { d.mode = kNormRms, d.b_value = 0xffffffff; }},
      {kMapNorm, [](auto& d) { d.out_where = kWhereNone; }},
      {kMapNorm, [](auto& d) { d.out_where = kWhereAcc, d.out_address = 0; }},
      {kMapRot, [](auto& d) { d.mode = 3; }},
      {kMapRot, [](auto& d) { d.count = 7; }},
      {kMapRot, [](auto& d) { d.a_address = 2; }},
      {kMapRot, [](auto& d) { d.a_stride = 2; }},
      {kMapRot, [](auto& d) { d.out_stride = 2; }},
      {kMapRot, [](auto& d) { d.out_where = kWhereColor, d.out_size = kSize32, d.out_address = 2; }},
      {kMapRot, [](auto& d) { d.b_value = 0x202; }},
      {kMapRot, [](auto& d) { d.mode = kRotLow, d.b_value = 0x204; }},
      {kMapRot, [](auto& d) { d.mode = kRotHigh, d.c_where = kWhereNone; }},
      {kMapRot, [](auto& d) { d.mode = kRotHigh, d.c_address = 0x102; }},
      {kMapRot, [&](auto& d) { acc(d, kSizePair, 0x10); }},
      {kMapExpw, [](auto& d) { d.a_size = kSize16; }},
      {kMapExpw, [&](auto& d) { acc(d, kSizePair, 0x10); }},
      {kMapExpw, [](auto& d) { d.out_size = kSize8; }},
      {kMapExpw, [](auto& d) { d.reduce = kReduceMaxIndex; }},
      {kMapGate, [](auto& d) { d.a_size = kSize32; }},
      {kMapGate, [&](auto& d) { acc(d, kSize32, 0); }},
      {kMapGate, [](auto& d) { d.b_value = 0x204; }},
      {kMapAdd, [](auto& d) { d.reduce = kReduceSumSquares; }},
      {kMapAdd, [](auto& d) { d.reduce = kReduceSumSquares, d.outer_width = 29; }},
  };
  for (const Wrong& wrong : wrongs) {
    const MapDescriptor legal = example(wrong.operation);
    scenario.run(legal);
    MapDescriptor d = legal;
    wrong.change(d);
    expect_refused(scenario, d);
    if (HasFailure()) return;
  }
}

// Whatever the bits are, the units come back.
TEST(Queue, SurvivesNoise) {
  Scenario scenario(8, kSomeStalls);
  VectorBench& bench = scenario.bench;
  scenario.fill();
  scenario.load_bench();
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::array<uint8_t, kDescriptorBytes> bytes;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(scenario.random());
    auto map = std::bit_cast<MapDescriptor>(bytes);
    auto mac = std::bit_cast<MacDescriptor>(bytes);
    // What waits for messages or banks would wait for ever.
    mac.groups = 0;
    map.acc_wait = 0;
    if (map.a_where == kWhereColor) map.a_address = 0;
    map.count %= 40;
    if (map.unit == kUnitMac)
      bytes = std::bit_cast<decltype(bytes)>(mac);
    else
      bytes = std::bit_cast<decltype(bytes)>(map);
    std::vector<uint8_t> memory = bench.sram();
    std::ranges::copy(bytes, &memory[kListAddress]);
    bench.set_sram(memory);
    bench.errors.clear();
    bench.launch(0, kListAddress, 1);
    bench.wait_units();
    ASSERT_LE(bench.errors.size(), 1u);
    refused += bench.errors.size();
  }
  EXPECT_GT(refused, 2500u);
  EXPECT_LT(refused, 3000u);
}

}  // namespace
}  // namespace tessera::rtl
