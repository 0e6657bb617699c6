#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

#include "tests/rtl/tile_services/bench.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

using Words = std::vector<uint32_t>;

Words join(const Words& a, const Words& b) {
  Words words = a;
  words.insert(words.end(), b.begin(), b.end());
  return words;
}

uint32_t kind_of(uint32_t word) { return std::bit_cast<RequestOperation>(word).kind; }

// A path as one direction a hop, and as the words of a request.
using Hops = std::vector<uint32_t>;

Words path_words(const Hops& hops) {
  std::vector<std::pair<uint32_t, uint32_t>> runs;  // direction, length
  for (const uint32_t hop : hops) {
    if (runs.empty() || runs.back().first != hop || runs.back().second == 255) runs.push_back({hop, 0});
    ++runs.back().second;
  }
  Words words;
  for (size_t i = 0; i < runs.size(); i += 3) {
    runs.resize(std::max(runs.size(), i + 3));
    RequestPath path{};
    path.kind = kRequestKindPath;
    path.direction0 = runs[i].first;
    path.run0 = runs[i].second;
    path.direction1 = runs[i + 1].first;
    path.run1 = runs[i + 1].second;
    path.direction2 = runs[i + 2].first;
    path.run2 = runs[i + 2].second;
    words.push_back(std::bit_cast<uint32_t>(path));
  }
  return words;
}

Hops hops_of(const Words& words) {
  Hops hops;
  for (const uint32_t word : words) {
    if (kind_of(word) != kRequestKindPath) break;
    const auto path = std::bit_cast<RequestPath>(word);
    if (path.run0 == 0) break;
    hops.insert(hops.end(), path.run0, path.direction0);
    hops.insert(hops.end(), path.run1, path.direction1);
    hops.insert(hops.end(), path.run2, path.direction2);
  }
  return hops;
}

// What a tile must do with a request: where its words go on, what it answers, and what becomes of its memory.
struct Tile {
  explicit Tile(ServicesBench& bench) : memory(kInstructionBase + kInstructionBytes) {
    for (uint32_t a = 0; a < kSramBytes; a += 4) memory[a] = bench.word(a);
    for (uint32_t a = kInstructionBase; a < memory.size(); a += 4) memory[a] = bench.word(a);
  }

  bool exists(uint32_t address) const {
    return address % 4 == 0 && (address < kSramBytes || (address >= kInstructionBase && address < memory.size()));
  }
  uint32_t read(uint32_t address) const { return exists(address) ? memory[address] : 0; }

  void take(const Words& request) {
    const auto head = std::bit_cast<RequestOperation>(request[0]);
    auto path = std::bit_cast<RequestPath>(request[0]);
    if (head.kind == kRequestKindPath && path.run0 > 0) {
      const uint32_t mask = 1u << path.direction0;
      if (--path.run0 == 0) {
        path.direction0 = path.direction1;
        path.run0 = path.run1;
        path.direction1 = path.direction2;
        path.run1 = path.run2;
        path.direction2 = path.run2 = 0;
      }
      if (path.run0 > 0) forward(mask, {std::bit_cast<uint32_t>(path)});
      forward(mask, {request.begin() + 1, request.end()});
    } else if (head.kind == kRequestKindFlood) {
      if (children != 0) forward(children, request);
      if (head.group == group || head.group == kRequestGroupAll) {
        if (head.operation == kRequestWrite) execute(request);
      }
    } else {
      const bool known = head.kind == kRequestKindOperation && head.operation >= kRequestWrite &&
                         head.operation <= kRequestChecksum && request.size() >= 3;
      const Words answer = known ? execute(request) : Words{request[0] & 0x07ff'ffff};
      answers.insert(answers.end(), answer.begin(), answer.end());
    }
  }

  void forward(uint32_t mask, const Words& words) {
    for (const uint32_t word : words) forwarded.push_back({mask, word});
  }

  Words execute(const Words& request) {
    Words answer = {request[0]};
    uint32_t sum = 0;
    switch (std::bit_cast<RequestOperation>(request[0]).operation) {
      case kRequestWrite:
        for (size_t i = 2; i < request.size(); ++i) {
          const uint32_t address = request[1] + 4 * static_cast<uint32_t>(i - 2);
          if (exists(address)) memory[address] = request[i];
        }
        break;
      case kRequestRead:
        for (uint32_t i = 0; i < request[2]; ++i) answer.push_back(read(request[1] + 4 * i));
        break;
      case kRequestChecksum:
        for (uint32_t i = 0; i < request[2]; ++i) sum = std::rotl(sum, 1) + read(request[1] + 4 * i);
        answer.push_back(sum);
        break;
    }
    return answer;
  }

  std::vector<uint32_t> memory;  // by byte address
  uint32_t children = 0, group = 0;
  std::vector<std::pair<uint32_t, uint32_t>> forwarded;  // mask, word
  Words answers;
};

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
           Case{{0xc0000000 | identity, 1, 2, 3}, {identity}},             // unknown kind
           {{0xc0000000 | identity}, {identity}},
           {{identity, 1, 2, 3}, {identity}},                              // operation 0
           {{0x20000000 | identity, 1, 2, 3}, {identity}},                 // operation 4
           {{0x38000000 | identity, 1}, {identity}},                       // operation 7
           {{0x40000000, write, 0, 9}, {0}},                               // a path of no turns
           {{write}, {3}},                                                 // no address
           {{write, 0}, {3}},                                              // nothing to write
           {{read}, {4}},
           {{read, 0}, {4}},                                               // no count
           {{read, 0, 0}, {read}},                                         // this one is well formed
           {{read, 0, 1, 77, 78}, {read, 0}},                              // ... and so is this
           {{operation_word(kRequestChecksum, 5), 0, 0}, {operation_word(kRequestChecksum, 5), 0}},
           {path_words({kPortEast}), {}},                                  // a path to nothing
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
  for (const uint32_t address : {0xc000u, kInstructionBase - 4, kInstructionBase + kInstructionBytes, 2u, 0x40000u,
                                 0x80000000u, 0xffff0000u, kRegisterBase + 0x1000}) {
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

// Requests of every kind behind each other, under stalls, against Tile.
class RandomRequests {
 public:
  explicit RandomRequests(uint64_t seed)
      : random_(seed), bench_(seed, {rate(), rate(), rate(), rate()}) {}

  void run() {
    for (int i = 0; i < 500; ++i) bench_.set_word(4 * i, below(~0u));
    Tile tile(bench_);
    tile.children = below(16);
    tile.group = below(3);
    write_registers(bench_, tile.children, tile.group);
    for (int n = 0; n < 25; ++n) {
      const Words request = any_request();
      bench_.deliver(kRequestColor, request);
      tile.take(request);
    }
    bench_.settle();
    std::vector<std::pair<uint32_t, uint32_t>> forwarded;
    for (const Sent& each : bench_.sent) {
      if (each.wavelet.color == kRequestColor) forwarded.push_back({each.request_mask, each.wavelet.data});
    }
    ASSERT_EQ(forwarded, tile.forwarded);
    ASSERT_EQ(bench_.take_sent(kResponseColor), tile.answers);
    for (uint32_t a = 0; a < tile.memory.size(); a += 4) {
      if (tile.exists(a)) {
        ASSERT_EQ(bench_.word(a), tile.memory[a]) << "address " << a;
      }
    }
  }

 private:
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }
  double rate() { return below(3) == 0 ? 0 : below(8) / 10.0; }
  // The edges of both memories are in reach, and some of what lies behind them.
  uint32_t any_address() {
    const uint32_t base = std::array<uint32_t, 4>{0, kSramBytes - 600, kInstructionBase, kInstructionBase + 7500}[below(4)];
    return base + 4 * below(200);
  }
  uint32_t any_count() { return below(4) == 0 ? 1 + below(kRequestMaxWords) : 1 + below(9); }

  Words any_request() {
    const uint32_t identity = below(1u << 16);
    const auto flood = [this](RequestOperationE operation) {
      return flood_word(operation, below(4) == 0 ? kRequestGroupAll : below(3));
    };
    switch (below(9)) {
      case 0:
      case 1: return join({operation_word(kRequestWrite, identity), any_address()}, random_words(random_, any_count()));
      case 2:
      case 3: return {operation_word(kRequestRead, identity), any_address(), any_count()};
      case 4: return {operation_word(kRequestChecksum, identity), any_address(), any_count() * (1 + below(4))};
      case 5: return join({flood(kRequestWrite), any_address()}, random_words(random_, any_count()));
      case 6: return {flood(kRequestRead), any_address(), any_count()};
      case 7: {
        Hops hops;
        for (int runs = static_cast<int>(below(5)); runs >= 0; --runs) hops.insert(hops.end(), 1 + below(3), below(4));
        return join(path_words(hops), random_words(random_, 1 + below(20)));
      }
      default: {  // most of these are malformed
        Words words = {below(~0u)};
        while (below(3) != 0) words.push_back(below(300));
        return words;
      }
    }
  }

  std::mt19937_64 random_;
  ServicesBench bench_;
};

TEST(ControlPlane, RandomRequestsUnderStalls) {
  const uint64_t seed = test_seed(14);
  for (uint64_t round = 0; round < 60; ++round) {
    RandomRequests(seed + round).run();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace tessera::rtl
