// The MAC array alone: every place of x in its words, groups and strides, messages, entries.
#include <gtest/gtest.h>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kX = 0x100;
constexpr uint32_t kWeights = 0x1000;

MacDescriptor example(uint32_t count, uint32_t groups = 1) {
  MacDescriptor d = mac_descriptor(count, groups);
  d.x_address = kX;
  d.weight_address = kWeights;
  d.group_stride = count;
  return d;
}

// Runs a descriptor and empties its entries again.
void run(Scenario& scenario, const MacDescriptor& d) {
  MapDescriptor release = map_descriptor(kMapAdd, kLaneCount * d.groups);
  release.a_where = kWhereAcc;
  release.a_size = kSize32;
  release.a_address = d.entry;
  release.acc_wait = release.acc_release = 1;
  SCOPED_TRACE(describe(d));
  scenario.run(std::vector<Descriptor>{d, release});
}

TEST(MacArray, TakesXFromEveryPlace) {
  Scenario scenario(1);
  scenario.fill();
  for (uint32_t wide = 0; wide < 2; ++wide) {
    for (uint32_t offset = 0; offset < 16; offset += 1 + wide) {
      for (const uint32_t count : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48}) {
        MacDescriptor d = example(count);
        d.x_address = kX + offset;
        d.x_wide = wide;
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(MacArray, SkipsZeros) {
  Scenario scenario(2);
  scenario.fill();
  const uint32_t count = 64;
  for (const int percent : {0, 10, 50, 90, 100}) {
    for (int repeat = 0; repeat < 10; ++repeat) {
      for (uint32_t i = 0; i < count; ++i)
        scenario.oracle.sram[kX + i] = static_cast<int>(scenario.random() % 100) < percent ? 0 : 1 + i;
      run(scenario, example(count, 2));
      if (HasFailure()) return;
    }
  }
}

TEST(MacArray, LongestVectorOfLargestProducts) {
  Scenario scenario(3);
  scenario.oracle.sram.fill(0x80);  // every product is 2^14
  MacDescriptor d = example(65535);
  d.x_address = 0;  // x runs beyond the end of the SRAM, and reads as zero there
  d.weight_address = 0;
  d.weight_stride = 0;
  run(scenario, d);
  EXPECT_GT(scenario.oracle.acc[0][0], (kListAddress + kSramBytes - kListEnd) << 14);
}

TEST(MacArray, GroupsAndStrides) {
  Scenario scenario(4);
  scenario.fill();
  for (uint32_t groups = 1; groups <= kAccEntries; ++groups) {
    for (const int stride : {1, 2, 16, 0, -1}) {
      for (const int group_stride : {0, 1, 33, -33}) {
        MacDescriptor d = example(20, groups);
        d.weight_address = 0x4000;
        d.weight_stride = stride & 0xffff;
        d.group_stride = group_stride & 0xffff;
        d.entry = kAccEntries - groups;
        d.x_group_stride = groups % 3;
        run(scenario, d);
        if (HasFailure()) return;
      }
    }
  }
}

Message random_message(Scenario& scenario, uint32_t words) {
  Message message(words);
  for (uint32_t& word : message) word = static_cast<uint32_t>(scenario.random());
  return message;
}

TEST(MacArray, TakesXFromAColor) {
  for (const StallRates& stalls : {StallRates{}, kManyStalls}) {
    Scenario scenario(5, stalls);
    scenario.fill();
    for (const uint32_t count : {4, 8, 12, 16, 32, 60, 128}) {
      MacDescriptor d = example(count);
      d.x_where = kWhereColor;
      d.x_address = 3;
      Message message = random_message(scenario, 2 + count / 4);
      message[1] = 0;            // a word of zeros
      message[2] &= 0x00ff00ff;  // the last word, where there is one
      scenario.deliver(3, message);
      run(scenario, d);
      EXPECT_EQ(scenario.oracle.tail, message.back() & 0xff);
      if (HasFailure()) return;
    }
  }
}

TEST(MacArray, MessagesOfAWrongLength) {
  for (const StallRates& stalls : {StallRates{}, kSomeStalls}) {
    Scenario scenario(6, stalls);
    scenario.fill();
    const uint32_t count = 16;
    for (uint32_t words = 1; words <= 12; ++words) {
      MacDescriptor d = example(count);
      d.x_where = kWhereColor;
      d.x_address = 7;
      scenario.deliver(7, random_message(scenario, words));
      run(scenario, d);
      scenario.deliver(7, random_message(scenario, 2 + count / 4));  // the next one is whole
      run(scenario, d);
      if (HasFailure()) return;
    }
    EXPECT_EQ(scenario.oracle.length_errors.size(), 11u);
  }
}

TEST(MacArray, WaitsForItsEntries) {
  Scenario scenario(7);
  scenario.fill();
  const MacDescriptor first = example(20, 3);
  MacDescriptor second = example(30, 8);
  second.weight_address = kWeights + 0x400;
  // Entries are released by a map descriptor that waits for a message.
  MapDescriptor waiting = map_descriptor(kMapAdd, 4);
  waiting.a_where = kWhereColor;
  waiting.a_size = kSize32;
  waiting.a_address = 9;
  MapDescriptor release = map_descriptor(kMapAdd, 48);
  release.a_where = kWhereAcc;
  release.a_size = kSize32;
  release.acc_wait = release.acc_release = 1;
  release.out_where = kWhereSram;
  release.out_size = kSize32;
  release.out_address = 0x8000;

  scenario.place(kListAddress, std::vector<Descriptor>{first, waiting, second, release});
  scenario.load_bench();
  scenario.bench.launch(0, kListAddress, 4);
  scenario.bench.cycles(400);
  // The second one waits, and everything stands still.
  EXPECT_FALSE(scenario.bench.busy());
  EXPECT_FALSE(scenario.bench.model().mac_done_o);
  EXPECT_TRUE(scenario.bench.full()[0]);
  scenario.deliver(9, {0, 1, 2, 3, 4});
  scenario.bench.wait_units();
  scenario.oracle.run(first);
  scenario.oracle.run(waiting, 0);
  scenario.oracle.run(release, 0);
  scenario.oracle.run(second);
  scenario.compare();
}

TEST(MacArray, StandsStillWithoutItsMessage) {
  Scenario scenario(8);
  scenario.fill();
  MacDescriptor d = example(8);
  d.x_where = kWhereColor;
  d.x_address = 2;
  scenario.place(kListAddress, std::vector<Descriptor>{d});
  scenario.load_bench();
  scenario.bench.launch(0, kListAddress, 1);
  const Message message = random_message(scenario, 4);
  for (size_t i = 0; i < message.size(); ++i) {
    scenario.bench.cycles(30);
    EXPECT_FALSE(scenario.bench.busy()) << "before word " << i;
    EXPECT_FALSE(scenario.bench.model().mac_done_o);
    scenario.bench.deliver_word({2, i + 1 == message.size(), message[i]});
  }
  scenario.bench.wait_units();
  scenario.oracle.arriving[2].push_back(message);
  scenario.oracle.run(d);
  scenario.compare();
}

}  // namespace
}  // namespace tessera::rtl
