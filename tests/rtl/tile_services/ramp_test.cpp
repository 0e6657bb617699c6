#include <gtest/gtest.h>

#include <map>

#include "tests/rtl/tile_services/bench.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

using sim::Wavelet;

constexpr uint32_t kColor = 5;

TEST(Ramp, CoreSleepsUntilAWaveletComesAndLearnsWhetherItWasTheLast) {
  ServicesBench bench;
  bench.core_request({false, kRegReceive + 4 * kColor});
  bench.cycle();  // the stall begins
  for (int i = 0; i < 20; ++i) {
    bench.cycle();
    EXPECT_TRUE(bench.idle());
    EXPECT_TRUE(bench.core_waits());
  }
  bench.deliver(kColor, {0x1234}, false);
  bench.cycle();  // on the link
  EXPECT_TRUE(bench.core_waits());
  bench.cycle();  // in the FIFO
  EXPECT_FALSE(bench.core_waits());
  bench.cycle();
  EXPECT_EQ(bench.core_data(), 0x1234u);
  EXPECT_EQ(bench.credit(), sim::pack_credit(kColor)) << "the credit goes back in the next cycle";
  EXPECT_EQ(bench.core_read(kRegLastReceived), 0u);

  bench.deliver(kColor, {0x5678});
  EXPECT_EQ(bench.core_read(kRegReceive + 4 * kColor), 0x5678u);
  EXPECT_EQ(bench.core_read(kRegLastReceived), 1u);
  bench.settle();
}

TEST(Ramp, CoreSendsAndSleepsWithoutACredit) {
  ServicesBench bench(1, {.credit = 1});
  for (uint32_t i = 0; i < kFifoDepth; ++i) bench.core_write(kRegSend + 4 * kColor, i);
  bench.core_request({true, kRegSendLast + 4 * kColor, 99});
  bench.cycles(3);
  EXPECT_TRUE(bench.idle());
  EXPECT_TRUE(bench.core_waits());
  bench.core_withdraw();
  bench.core_write(kRegSendLast + 4 * (kColor + 1), 7);  // another color is free
  bench.stalls.credit = 0;
  bench.core_write(kRegSendLast + 4 * kColor, 99);
  bench.settle();

  std::vector<Wavelet> wavelets;
  for (const Sent& each : bench.sent) wavelets.push_back(each.wavelet);
  EXPECT_EQ(wavelets, (std::vector<Wavelet>{{kColor, false, 0},
                                            {kColor, false, 1},
                                            {kColor, false, 2},
                                            {kColor, false, 3},
                                            {kColor + 1, true, 7},
                                            {kColor, true, 99}}));
}

// A core that is asleep on the bus does not keep the control plane from it.
TEST(Ramp, ControlPlaneReachesASleepingCoresTileAndItsPeeksHaveNoEffect) {
  ServicesBench bench;
  bench.core_request({false, kRegReceive + 4 * kColor});
  bench.cycles(5);
  const uint32_t read = operation_word(kRequestRead, 1), write = operation_word(kRequestWrite, 2);
  bench.deliver(kRequestColor, {read, kRegReceive, 3 * kColorCount});  // all blocking registers of the ramp
  bench.deliver(kRequestColor, {write, kRegSend + 4 * kColor, 11, 12, 13});
  bench.settle();
  EXPECT_TRUE(bench.core_waits());
  std::vector<uint32_t> expected(1 + 3 * kColorCount);
  expected[0] = read;
  expected.push_back(write);
  EXPECT_EQ(bench.take_sent(kResponseColor), expected);
  EXPECT_TRUE(bench.sent.empty()) << "a write of the control plane to RegSend sends nothing";

  bench.deliver(kColor, {42});
  bench.settle();
  EXPECT_EQ(bench.core_data(), 42u);
}

TEST(Ramp, OneWaveletACycleBothWays) {
  ServicesBench bench;
  constexpr uint32_t kCount = 64;
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < kCount; ++i) words.push_back(i);
  bench.take_colors[0] = kColor;
  bench.deliver(kColor, words);
  for (uint32_t i = 0; i < kCount; ++i) bench.map_sends.push_back({kColor, i + 1 == kCount, i});
  bench.cycles(kCount + 2);
  EXPECT_EQ(bench.taken[0].size(), kCount);
  EXPECT_EQ(bench.sent.size(), kCount);
}

TEST(Ramp, AColorWithoutCreditsHoldsUpNoOther) {
  ServicesBench bench(1, {.credit = 1});
  // The control plane has an answer and no credits for it; the map unit's other color goes on.
  bench.deliver(kRequestColor, {operation_word(kRequestRead, 1), 0, 100});
  bench.cycles(50);
  EXPECT_EQ(bench.sent.size(), kFifoDepth);
  EXPECT_TRUE(bench.idle());
  bench.map_sends = {{kColor, false, 1}, {kColor, true, 2}};
  bench.cycles(3);
  EXPECT_EQ(bench.sent.size(), kFifoDepth + 2);
}

// Every consumer has colors of its own and gets exactly their wavelets, in order; every producer's arrive in
// order.
TEST(Ramp, RandomTrafficReachesEachConsumerInOrder) {
  const uint64_t seed = test_seed(11);
  for (int round = 0; round < 30; ++round) {
    std::mt19937_64 random(seed + round);
    const auto rate = [&random] { return static_cast<double>(random() % 4) / 4; };
    ServicesBench bench(seed + round, {.arrival = rate(), .credit = rate()});
    constexpr std::array<uint32_t, 3> kFirst = {2, 6, 10};  // colors of map unit, MAC array, core: four each
    std::map<uint32_t, std::vector<Wavelet>> expected, received, to_send;
    for (uint32_t color = 2; color < 14; ++color) {
      for (int n = static_cast<int>(random() % 4); n >= 0; --n) {
        const auto words = random_words(random, 1 + random() % 6);
        bench.deliver(color, words);
        for (size_t i = 0; i < words.size(); ++i) {
          expected[color].push_back({static_cast<uint8_t>(color), i + 1 == words.size(), words[i]});
        }
      }
    }
    // The map unit sends on colors 2 to 5, the core on 10 to 13.
    uint32_t core_send = 0, core_sends = 40;
    for (int i = 0; i < 60; ++i) {
      const auto color = static_cast<uint8_t>(2 + random() % 4);
      to_send[color].push_back({color, true, static_cast<uint32_t>(random())});
      bench.map_sends.push_back(to_send[color].back());
    }
    bool core_reads = false;
    uint32_t core_color = 0;
    size_t core_received = 0;
    size_t core_expected = 0;
    for (uint32_t c = 10; c < 14; ++c) core_expected += expected[c].size();
    for (int i = 0; i < 3000; ++i) {
      for (size_t unit = 0; unit < 2; ++unit) {
        bench.take_colors[unit].reset();
        if (random() % 4 != 0) bench.take_colors[unit] = kFirst[unit] + random() % 4;
      }
      if (!bench.core_waits()) {
        core_color = kFirst[2] + random() % 4;
        core_reads = core_received < core_expected &&
                     received[core_color].size() < expected[core_color].size() &&
                     (core_sends == 0 || random() % 2 == 0);
        if (core_reads) {
          bench.core_request({false, kRegReceive + 4 * core_color});
        } else if (core_sends > 0) {
          core_send = static_cast<uint32_t>(random());
          to_send[core_color].push_back({static_cast<uint8_t>(core_color), true, core_send});
          bench.core_request({true, kRegSendLast + 4 * core_color, core_send});
          --core_sends;
        }
      }
      bench.cycle();
      if (core_reads && !bench.core_waits()) {
        bench.cycle();
        received[core_color].push_back({static_cast<uint8_t>(core_color), false, bench.core_data()});
        const bool last = bench.core_read(kRegLastReceived) != 0;
        received[core_color].back().last = last;
        core_reads = false;
        ++core_received;
      }
    }
    for (size_t unit = 0; unit < 2; ++unit) {
      for (const Wavelet& wavelet : bench.taken[unit]) received[wavelet.color].push_back(wavelet);
    }
    std::map<uint32_t, std::vector<Wavelet>> sent;
    for (const Sent& each : bench.sent) sent[each.wavelet.color].push_back(each.wavelet);
    ASSERT_EQ(received, expected) << "round " << round;
    ASSERT_EQ(sent, to_send) << "round " << round;
  }
}

}  // namespace
}  // namespace tessera::rtl
