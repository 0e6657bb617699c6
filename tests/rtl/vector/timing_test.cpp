// How many cycles things take: the contracts of docs/tile.md, as numbers.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kOut = 0x8000;
constexpr uint64_t kMapOverhead =
    7;  // cycles of a descriptor besides its beats, when SRAM is read once before the first

// Cycles from the one in which a unit takes its first descriptor to the one in which its last one is done.
template <typename Start, typename Ready>
uint64_t unit_cycles(Scenario& scenario, std::span<const Descriptor> list, Start start, Ready ready) {
  VectorBench& bench = scenario.bench;
  scenario.place(kListAddress, list);
  scenario.load_bench();
  bench.launch(0, kListAddress, list.size());
  size_t starts = 0;
  uint64_t cycles = 0;
  while (starts < list.size() || !ready(bench.model())) {
    if (start(bench.model())) ++starts;
    if (starts > 0) ++cycles;
    bench.cycle();
    EXPECT_LT(cycles, 100'000u);
  }
  bench.wait_units();
  return cycles;
}

uint64_t map_cycles(Scenario& scenario, std::span<const Descriptor> list) {
  return unit_cycles(
      scenario, list, [](Vvector_top& m) { return m.map_start_o; },
      [](Vvector_top& m) { return m.map_done_o; });
}
uint64_t map_cycles(Scenario& scenario, const MapDescriptor& d) {
  const Descriptor descriptor = d;
  return map_cycles(scenario, std::span(&descriptor, 1));
}
uint64_t mac_cycles(Scenario& scenario, std::span<const Descriptor> list) {
  return unit_cycles(
      scenario, list, [](Vvector_top& m) { return m.mac_start_o; },
      [](Vvector_top& m) { return m.mac_done_o; });
}
uint64_t mac_cycles(Scenario& scenario, const MacDescriptor& d) {
  const Descriptor descriptor = d;
  return mac_cycles(scenario, std::span(&descriptor, 1));
}

// ---------------------------------------------------------------- MAC array

// 32 activations at an SRAM address, of which every other one or all may be zero.
MacDescriptor block(Scenario& scenario, uint32_t address, int zero_percent, uint32_t groups) {
  for (uint32_t i = 0; i < 32; ++i)
    scenario.oracle.sram[address + i] = zero_percent == 100 || (zero_percent == 50 && i % 2 == 0) ? 0 : 1;
  MacDescriptor d = mac_descriptor(32, groups);
  d.x_address = address;
  d.weight_address = 0x100;
  d.group_stride = 32;
  return d;
}

TEST(MacTiming, ABlockOf32) {
  Scenario scenario;
  EXPECT_EQ(mac_cycles(scenario, block(scenario, 0, 0, 1)), 38u);  // 32 weight words, and six
  Scenario half;
  EXPECT_EQ(mac_cycles(half, block(half, 0, 50, 1)), 22u);  // 16, and six
  Scenario none;
  EXPECT_EQ(mac_cycles(none, block(none, 0, 100, 1)), 8u);  // no weight word
}

// Groups follow each other without a bubble: of each, the SRAM is busy with weights and with two words of x.
TEST(MacTiming, Groups) {
  Scenario scenario;
  EXPECT_EQ(mac_cycles(scenario, block(scenario, 0, 0, 8)), 8 * 32 + 8 * 2 + 4u);
  Scenario half;
  EXPECT_EQ(mac_cycles(half, block(half, 0, 50, 8)), 8 * 16 + 8 * 2 + 4u);
}

// So do descriptors, but for the two reads that fetch each.
TEST(MacTiming, InARow) {
  constexpr uint32_t kBlocks = 8;
  Scenario scenario;
  std::vector<Descriptor> list;
  for (uint32_t i = 0; i < kBlocks; ++i) {
    MacDescriptor d = block(scenario, 32 * i, 0, 1);
    d.entry = i;
    list.push_back(d);
  }
  EXPECT_LE(mac_cycles(scenario, list), kBlocks * (32 + 2 + 2) + 4u);
  // Blocks of eight, of one descriptor.
  Scenario short_blocks;
  short_blocks.oracle.sram.fill(1);
  MacDescriptor d = mac_descriptor(8, kBlocks);
  d.x_group_stride = 1;
  EXPECT_EQ(mac_cycles(short_blocks, d), kBlocks * (8 + 1) + 4u);
}

// The map unit follows the MAC array entry by entry.
TEST(MapTiming, FollowsTheMacArray) {
  Scenario scenario;
  MapDescriptor sums = map_descriptor(kMapAdd, 8 * kLaneCount);
  sums.a_where = kWhereAcc;
  sums.acc_wait = sums.acc_release = 1;
  const std::vector<Descriptor> list{block(scenario, 0, 0, 8), sums};
  scenario.place(kListAddress, list);
  scenario.load_bench();
  scenario.bench.launch(0, kListAddress, list.size());
  while (scenario.bench.model().entry_full_o >> 7 == 0) scenario.bench.cycle();
  const uint64_t begin = scenario.bench.counts.cycles;
  scenario.bench.wait_units();
  EXPECT_LE(scenario.bench.counts.cycles - begin, kLaneCount / 4 + kMapOverhead);
}

// One weight word a cycle, but for the cycles that words of x take.
TEST(MacTiming, LongVectors) {
  for (const uint32_t offset : {0, 7}) {
    Scenario scenario;
    scenario.oracle.sram.fill(1);
    MacDescriptor d = mac_descriptor(2000, 1);
    d.x_address = offset;
    d.weight_stride = 0;
    EXPECT_EQ(mac_cycles(scenario, d), 2000 + (2000 + offset + 15) / 16 + 4) << "offset " << offset;
  }
}

// Activations from a color: the words go by as they come, one a cycle; the tail ends the descriptor.
TEST(MacTiming, FromAColor) {
  Scenario scenario;
  MacDescriptor d = mac_descriptor(128, 1);
  d.x_where = kWhereColor;
  d.x_address = 2;
  scenario.bench.deliver(2, Message(2 + 128 / 4));
  EXPECT_LE(mac_cycles(scenario, d), 128 / 4 + 6u);
  Message ones(2 + 128 / 4, 0x01010101);
  scenario.bench.deliver(2, ones);
  MapDescriptor release = map_descriptor(kMapAdd, 1);
  release.a_where = kWhereAcc;
  release.acc_wait = release.acc_release = 1;
  map_cycles(scenario, release);
  EXPECT_LE(mac_cycles(scenario, d), 128 + 8u);
}

// ---------------------------------------------------------------- map unit

MapDescriptor move(uint32_t count, uint32_t size) {
  MapDescriptor d = map_descriptor(kMapMulq, count);
  d.a_where = kWhereSram;
  d.a_size = size;
  d.out_where = kWhereSram;
  d.out_size = size;
  d.out_address = kOut;
  return d;
}

TEST(MapTiming, ABeatACycle) {
  for (uint32_t size = kSize8; size <= kSize32; ++size) {
    for (const uint32_t count : {1, 4, 16, 32, 256, 1000}) {
      Scenario scenario;
      EXPECT_EQ(map_cycles(scenario, move(count, size)), (count + 3) / 4 + kMapOverhead)
          << size << " " << count;
    }
  }
}

// Between the beats of descriptors that depend on each other lie seven cycles, of others four; a descriptor
// takes six at least, to fetch it. Where A takes a read a beat, fetching takes one more.
TEST(MapTiming, Lists) {
  constexpr size_t kDescriptors = 20;
  for (uint32_t size = kSize8; size <= kSize32; ++size) {
    for (const uint32_t count : {4, 32}) {
      for (const bool ahead : {false, true}) {
        Scenario scenario;
        MapDescriptor d = move(count, size);
        d.ahead = ahead;
        const std::vector<Descriptor> list(kDescriptors, d);
        const uint64_t beats = count / 4;
        const uint64_t apart =
            (ahead ? std::max<uint64_t>(beats + 4, 6) : beats + 7) + (size == kSize32 && beats > 1 ? 1 : 0);
        EXPECT_LE(map_cycles(scenario, list), kDescriptors * apart + kMapOverhead)
            << size << " " << count << " " << ahead;
      }
    }
  }
}

// Sums of one block after another into the same entries: the multipliers and shifts of 16 rows are four
// reads, and with the reads of the next descriptor that is what bounds them.
TEST(MapTiming, SumsOfALinear) {
  constexpr size_t kBlocks = 16;
  Scenario scenario;
  MapDescriptor d = map_descriptor(kMapMulq, 16);
  d.a_where = kWhereAcc;
  d.b_vector = 1;
  d.b_value = 0x100;
  d.shift_mode = kShiftPlus;
  d.shift_address = 0x1000;
  d.shift_subtract = kSubtractByte;
  d.shift_subtract_address = 0x1800;
  d.c_where = kWhereAcc;
  d.c_address = 1;
  d.out_where = kWhereAcc;
  d.out_address = 1;
  EXPECT_LE(map_cycles(scenario, std::vector<Descriptor>(kBlocks, d)), kBlocks * 9 + kMapOverhead);
}

// Rescaling a linear's sums: three reads for sixteen elements leave the SRAM a fourth cycle.
TEST(MapTiming, TailOfALinear) {
  for (const uint32_t count : {16, 64, 256}) {
    Scenario scenario;
    MapDescriptor d = map_descriptor(kMapMulq, count);
    d.a_where = kWhereAcc;
    d.a_size = kSize32;
    d.b_vector = 1;
    d.b_value = 0x100;
    d.shift_mode = kShiftPlus;
    d.shift_address = 0x1000;
    d.shift_subtract = kSubtractByte;
    d.shift_subtract_address = 0x1800;
    d.c_where = kWhereAcc;
    d.out_where = kWhereAcc;
    EXPECT_LE(map_cycles(scenario, d), count / 4 + kMapOverhead + 3) << count;
    EXPECT_EQ(scenario.bench.counts.map_active, count / 4);
  }
}

TEST(MapTiming, AWaveletACycle) {
  for (uint32_t size = kSize8; size <= kSize32; ++size) {
    const uint32_t words = 100;
    Scenario scenario;
    MapDescriptor d = map_descriptor(kMapAdd, words * (4 >> size));
    d.a_where = kWhereColor;
    d.a_size = size;
    d.a_address = 2;
    d.out_where = kWhereColor;
    d.out_size = size;
    d.out_address = 3;
    scenario.bench.deliver(2, Message(1 + words));
    EXPECT_LE(map_cycles(scenario, d), words + kMapOverhead + 2) << size;
    EXPECT_EQ(scenario.bench.sent.size(), words + 1);
  }
}

// Beats that need more than the SRAM gives in a cycle.
TEST(MapTiming, BoundByTheSram) {
  Scenario scenario;
  MapDescriptor d = move(400, kSize32);
  d.operation = kMapAdd;
  d.c_where = kWhereSram;
  d.c_size = kSize32;
  d.c_address = 0x4000;
  EXPECT_LE(map_cycles(scenario, d), 2 * 100 + kMapOverhead);
}

}  // namespace
}  // namespace tessera::rtl
