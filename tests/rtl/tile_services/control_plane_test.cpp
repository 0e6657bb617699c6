#include <gtest/gtest.h>

#include <bit>

#include "tests/rtl/tile_services/bench.h"
#include "tests/rtl/tile_services/requests.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

void write_registers(ServicesBench& bench, uint32_t children, uint32_t group) {
  bench.core_write(kRegChildren, children);
  bench.core_write(kRegGroup, group);
}

TEST(ControlPlane, WritesReadsAndSumsMemories) {
  ServicesBench bench;
  const Words data = {0x80000001, 2, 0xffffffff, 4, 5};
  for (const uint32_t base : {0u, 0xbff8u, kInstructionBase, kInstructionBase + kInstructionBytes - 20}) {
    const auto words = static_cast<uint32_t>(std::min<size_t>(data.size(), base == 0xbff8 ? 2 : 5));
    const Words part(data.begin(), data.begin() + words);
    bench.deliver(kRequestColor, join({operation_word(kRequestWrite, 7), base}, part));
    bench.deliver(kRequestColor, {operation_word(kRequestRead, 8), base, words});
    bench.deliver(kRequestColor, {operation_word(kRequestChecksum, 9), base, words});
    bench.settle();
    uint32_t sum = 0;
    for (const uint32_t word : part) sum = std::rotl(sum, 1) + word;
    Words expected = {operation_word(kRequestWrite, 7), operation_word(kRequestRead, 8)};
    expected = join(join(expected, part), {operation_word(kRequestChecksum, 9), sum});
    EXPECT_EQ(bench.take_sent(kResponseColor), expected);
  }
  EXPECT_FALSE(bench.error().valid);
}

TEST(ControlPlane, OneWordACycle) {
  ServicesBench bench;
  std::mt19937_64 random(1);
  const Words data = random_words(random, kRequestMaxWords);
  const auto cycles_for = [&bench](const Words& request) {
    const uint64_t start = bench.now();
    bench.sent.clear();
    bench.deliver(kRequestColor, request);
    while (bench.sent.empty() || !bench.sent.back().wavelet.last) bench.cycle();
    return static_cast<int>(bench.now() - start);
  };
  // On the link, in the FIFO, in the control plane, answer sent.
  constexpr int kLatency = 5;
  EXPECT_LE(cycles_for(join({operation_word(kRequestWrite, 0), 0}, data)), 2 + 256 + kLatency);
  EXPECT_LE(cycles_for({operation_word(kRequestRead, 0), 0, 256}), 3 + 256 + 1 + kLatency);
  EXPECT_LE(cycles_for({operation_word(kRequestChecksum, 0), 0, 4096}), 3 + 4096 + 2 + kLatency);
  EXPECT_LE(cycles_for(join(join(path_words({1, 2}), {operation_word(kRequestWrite, 0), 0}), data)),
            3 + 256 + kLatency);
  write_registers(bench, 0b1010, 3);
  EXPECT_LE(cycles_for(join({flood_word(kRequestWrite, 3), 0}, data)), 2 + 256 + kLatency);
}

TEST(ControlPlane, AllRegistersOfTheTileAreInReach) {
  ServicesBench bench;
  bench.deliver(kRequestColor, {operation_word(kRequestWrite, 1), kRegCoreRun, 1, 0b0110, 77});
  bench.deliver(kRequestColor, {operation_word(kRequestRead, 2), kRegCoreRun, 3});
  bench.settle();
  EXPECT_EQ(bench.take_sent(kResponseColor),
            (Words{operation_word(kRequestWrite, 1), operation_word(kRequestRead, 2), 1, 0b0110, 77}));
}

// A request goes along a path of several words, tile by tile: this tile plays all of them.
TEST(ControlPlane, RequestsFollowTheirPath) {
  const uint64_t seed = test_seed(13);
  for (uint64_t round = 0; round < 40; ++round) {
    std::mt19937_64 random(seed + round);
    const auto rate = [&random] { return random() % 2 == 0 ? 0 : static_cast<double>(random() % 8) / 10; };
    ServicesBench bench(seed + round, {rate(), rate(), rate(), rate()});
    Hops hops;
    const size_t length = 1 + random() % 40;
    while (hops.size() < length) hops.insert(hops.end(), 1 + random() % 9, random() % 4);
    const uint32_t address = 4 * static_cast<uint32_t>(random() % 1000);
    const Words request = {operation_word(kRequestRead, 55), address, 2};
    Words message = join(path_words(hops), request);
    for (size_t hop = 0; hop < hops.size(); ++hop) {
      ASSERT_EQ(hops_of(message), Hops(hops.begin() + hop, hops.end()));
      bench.deliver(kRequestColor, message);
      bench.settle();
      message.clear();
      for (const Sent& each : bench.sent) {
        ASSERT_EQ(each.wavelet.color, kRequestColor);
        ASSERT_EQ(each.request_mask, 1u << hops[hop]);
        ASSERT_EQ(each.wavelet.last, &each == &bench.sent.back());
        message.push_back(each.wavelet.data);
      }
      bench.sent.clear();
    }
    ASSERT_EQ(message, request);
    bench.set_word(address, 5);
    bench.set_word(address + 4, 6);
    bench.deliver(kRequestColor, message);
    bench.settle();
    ASSERT_EQ(bench.take_sent(kResponseColor), (Words{request[0], 5, 6}));
    ASSERT_TRUE(bench.sent.empty());
  }
}

TEST(ControlPlane, ARunOf255IsAHopLess) {
  ServicesBench bench;
  bench.deliver(kRequestColor, join(path_words(Hops(255, kPortWest)), {1, 2, 3}));
  bench.settle();
  EXPECT_EQ(bench.take_sent(kRequestColor), join(path_words(Hops(254, kPortWest)), {1, 2, 3}));
}

TEST(ControlPlane, AFloodReachesChildrenAndItsGroup) {
  for (const uint32_t children : {0u, 1u, 0b1101u, 0b1111u}) {
    for (const uint32_t group : {0u, 9u, kRequestGroupAll}) {
      ServicesBench bench;
      write_registers(bench, children, 9);
      const Words request = {flood_word(kRequestWrite, group), 400, 1, 2, 3};
      bench.deliver(kRequestColor, request);
      bench.settle();
      EXPECT_EQ(bench.word(408), group == 0 ? 0u : 3u);
      for (const Sent& each : bench.sent) EXPECT_EQ(each.request_mask, children);
      EXPECT_EQ(bench.take_sent(kRequestColor), children == 0 ? Words{} : request);
      EXPECT_TRUE(bench.sent.empty()) << "a flood is not answered";
    }
  }
}

// A word that is passed on and written is neither lost nor written twice where one of the two has to wait.
TEST(ControlPlane, AFloodGoesAtThePaceOfTheSlower) {
  ServicesBench bench(1, {.bus = 0.5, .credit = 0.5});
  write_registers(bench, 0b0010, 9);
  std::mt19937_64 random(1);
  const Words data = random_words(random, 100);
  const uint64_t grants = bench.control_grants;
  bench.deliver(kRequestColor, join({flood_word(kRequestWrite, 9), 0}, data));
  bench.settle();
  EXPECT_EQ(bench.take_sent(kRequestColor), join({flood_word(kRequestWrite, 9), 0}, data));
  for (uint32_t i = 0; i < data.size(); ++i) EXPECT_EQ(bench.word(4 * i), data[i]);
  EXPECT_EQ(bench.control_grants - grants, data.size());
}

TEST(ControlPlane, WaitingForCreditsIsIdle) {
  ServicesBench bench(1, {.credit = 1});
  write_registers(bench, 0b0001, 0);
  Words request = {flood_word(kRequestWrite, 0), 0};
  request.resize(20, 6);
  bench.deliver(kRequestColor, request);
  bench.cycles(30);
  EXPECT_TRUE(bench.idle());
  EXPECT_EQ(bench.sent.size(), kFifoDepth);
  EXPECT_GE(bench.send_stalled_cycles, 15u);
  bench.stalls.credit = 0;
  bench.settle();
  EXPECT_EQ(bench.take_sent(kRequestColor), request);
  EXPECT_EQ(bench.word(4 * 17), 6u);
}

TEST(ControlPlane, WhatIsMalformedIsConsumedAndAnsweredWithOperationZero) {
  const uint32_t write = operation_word(kRequestWrite, 3), read = operation_word(kRequestRead, 4);
  const uint32_t identity = 0x00abcdef;
  struct Case {
    Words request, answer;
  };
  for (const Case& c : {
           Case{{0xc0000000 | identity, 1, 2, 3}, {identity}},  // unknown kind
           {{0xc0000000 | identity}, {identity}},
           {{identity, 1, 2, 3}, {identity}},               // operation 0
           {{0x20000000 | identity, 1, 2, 3}, {identity}},  // operation 4
           {{0x38000000 | identity, 1}, {identity}},        // operation 7
           {{0x40000000, write, 0, 9}, {0}},                // a path of no turns
           {{write}, {3}},                                  // no address
           {{write, 0}, {3}},                               // nothing to write
           {{read}, {4}},
           {{read, 0}, {4}},                   // no count
           {{read, 0, 0}, {read}},             // this one is well formed
           {{read, 0, 1, 77, 78}, {read, 0}},  // ... and so is this
           {{operation_word(kRequestChecksum, 5), 0, 0}, {operation_word(kRequestChecksum, 5), 0}},
           {path_words({kPortEast}), {}},  // a path to nothing
           {{flood_word(kRequestWrite, 0)}, {}},
           {{flood_word(kRequestWrite, 0), 0}, {}},
           {{flood_word(kRequestRead, 0), 0, 5}, {}},
           {{0x80000000 | identity, 1, 2}, {}},
       }) {
    ServicesBench bench;
    bench.deliver(kRequestColor, c.request);
    bench.deliver(kRequestColor, {read, 4, 1});  // what follows is served
    bench.set_word(4, 0x4444);
    bench.settle();
    EXPECT_EQ(bench.take_sent(kResponseColor), join(c.answer, {read, 0x4444}));
    EXPECT_TRUE(bench.sent.empty());
    EXPECT_EQ(bench.word(0), 0u);
  }
}

TEST(ControlPlane, WrongAddressesAreErrorsAndReadAsZero) {
  for (const uint32_t address : {0xc000u, kInstructionBase - 4, kInstructionBase + kInstructionBytes, 2u,
                                 0x40000u, 0x80000000u, 0xffff0000u, kRegisterBase + 0x1000}) {
    ServicesBench bench;
    bench.set_word(0, 0x1111);
    bench.deliver(kRequestColor, {operation_word(kRequestWrite, 1), address, 7});
    bench.deliver(kRequestColor, {operation_word(kRequestRead, 2), address, 1});
    bench.settle();
    EXPECT_EQ(bench.take_sent(kResponseColor),
              (Words{operation_word(kRequestWrite, 1), operation_word(kRequestRead, 2), 0}));
    EXPECT_TRUE(bench.error().valid);
    EXPECT_EQ(bench.error().kind, kErrorAddress);
    EXPECT_EQ(bench.word(0), 0x1111u);
  }
}

}  // namespace
}  // namespace tessera::rtl
