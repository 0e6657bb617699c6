#include <gtest/gtest.h>

#include <bit>

#include "tests/rtl/tile_services/bench.h"
#include "tests/rtl/tile_services/requests.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

// What a tile must do with a request: where its words go on, what it answers, and what becomes of its memory.
struct Tile {
  explicit Tile(ServicesBench& bench) : memory(kInstructionBase + kInstructionBytes) {
    for (uint32_t a = 0; a < kSramBytes; a += 4) memory[a] = bench.word(a);
    for (uint32_t a = kInstructionBase; a < memory.size(); a += 4) memory[a] = bench.word(a);
  }

  bool exists(uint32_t address) const {
    return address % 4 == 0 &&
           (address < kSramBytes || (address >= kInstructionBase && address < memory.size()));
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

// Requests of every kind behind each other, under stalls, against Tile.
class RandomRequests {
 public:
  explicit RandomRequests(uint64_t seed) : random_(seed), bench_(seed, {rate(), rate(), rate(), rate()}) {}

  void run() {
    for (int i = 0; i < 500; ++i) bench_.set_word(4 * i, below(~0u));
    Tile tile(bench_);
    tile.children = below(16);
    tile.group = below(3);
    bench_.core_write(kRegChildren, tile.children);
    bench_.core_write(kRegGroup, tile.group);
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
    const uint32_t base =
        std::array<uint32_t, 4>{0, kSramBytes - 600, kInstructionBase, kInstructionBase + 7500}[below(4)];
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
      case 1:
        return join({operation_word(kRequestWrite, identity), any_address()},
                    random_words(random_, any_count()));
      case 2:
      case 3:
        return {operation_word(kRequestRead, identity), any_address(), any_count()};
      case 4:
        return {operation_word(kRequestChecksum, identity), any_address(), any_count() * (1 + below(4))};
      case 5:
        return join({flood(kRequestWrite), any_address()}, random_words(random_, any_count()));
      case 6:
        return {flood(kRequestRead), any_address(), any_count()};
      case 7: {
        Hops hops;
        for (int runs = static_cast<int>(below(5)); runs >= 0; --runs)
          hops.insert(hops.end(), 1 + below(3), below(4));
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
