#include <gtest/gtest.h>

#include "tests/rtl/tile_services/bench.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

// The core's byte enables for an access of 1, 2 or 4 bytes: those of the aligned one.
uint32_t enables_of(uint32_t address, uint32_t bytes) {
  return ((1u << bytes) - 1) << (address & 3 & ~(bytes - 1));
}

uint32_t mask_of(uint32_t enables) {
  uint32_t mask = 0;
  for (uint32_t i = 0; i < 4; ++i) mask |= (enables >> i & 1) * (0xffu << 8 * i);
  return mask;
}

bool in_memory(uint32_t address) {
  return address < kSramBytes ||
         (address >= kInstructionBase && address < kInstructionBase + kInstructionBytes);
}

TEST(AddressMap, BytesHalvesAndWordsInBothMemories) {
  ServicesBench bench;
  for (const uint32_t base :
       {0u, kSramBytes - 16, kInstructionBase, kInstructionBase + kInstructionBytes - 16}) {
    for (uint32_t i = 0; i < 16; i += 4) bench.core_write(base + i, 0x11111111 * (i / 4 + 1));
    bench.core_write(base + 5, 0xaaaaaaaa, enables_of(base + 5, 1));
    bench.core_write(base + 10, 0xbbbbbbbb, enables_of(base + 10, 2));
    EXPECT_EQ(bench.word(base), 0x11111111u);
    EXPECT_EQ(bench.word(base + 4), 0x2222aa22u);
    EXPECT_EQ(bench.word(base + 8), 0xbbbb3333u);
    EXPECT_EQ(bench.word(base + 12), 0x44444444u);
    EXPECT_EQ(bench.core_read(base + 7, enables_of(base + 7, 1)), 0x2222aa22u) << "in place";
  }
  EXPECT_FALSE(bench.error().valid);
}

TEST(AddressMap, WhatIsNotThereOrNotAlignedDoesNothing) {
  struct Case {
    uint32_t address, bytes;
  };
  for (const Case& c : {Case{1, 4},
                        {2, 4},
                        {3, 4},
                        {1, 2},
                        {3, 2},
                        {kRegGroup + 2, 4},
                        {kRegGroup + 1, 2},
                        {kInstructionBase + 2, 4},
                        {kSramBytes, 4},
                        {kSramBytes, 1},
                        {kInstructionBase - 1, 1},
                        {kInstructionBase + kInstructionBytes, 4},
                        {kRegisterBase - 4, 4},
                        {kRegisterBase + 4096, 4},
                        {0x3fffc, 4}}) {
    ServicesBench bench;
    bench.core_write(kRegGroup, 0x5a);
    bench.core_write(c.address, 0xffffffff, enables_of(c.address, c.bytes));
    EXPECT_EQ(bench.core_read(c.address, enables_of(c.address, c.bytes)), 0u);
    EXPECT_TRUE(bench.error().valid) << std::hex << c.address;
    EXPECT_EQ(bench.error().kind, kErrorAddress);
    EXPECT_EQ(bench.core_read(kRegGroup), 0x5au);
    for (uint32_t a = 0; a < kInstructionBase + kInstructionBytes; a += 4) ASSERT_EQ(bench.word(a), 0u);
  }
}

TEST(AddressMap, RegistersAreWrittenWhole) {
  ServicesBench bench;
  bench.core_write(kRegEventMask, 0x00123456);
  bench.core_write(kRegEventMask, 0x00abcdef, 0b0001);
  EXPECT_EQ(bench.core_read(kRegEventMask), 0x00abcdefu);
}

// The core's accesses at random, while the control plane reads and writes and messages arrive elsewhere;
// every read against the bytes that were written.
TEST(AddressMap, RandomAccessesBesideControlPlaneAndReceiver) {
  const uint64_t seed = test_seed(15);
  for (uint64_t round = 0; round < 30; ++round) {
    std::mt19937_64 random(seed + round);
    const auto below = [&random](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
    const auto rate = [&] { return below(2) == 0 ? 0 : below(7) / 10.0; };
    ServicesBench bench(seed + round, {rate(), rate(), rate(), rate()});
    // The core has the first 4 KiB of SRAM, the control plane the next, the receiver the last, 64 words a
    // message.
    constexpr uint32_t kControl = 4096, kReceiver = kSramBytes - 4096;
    ReceiveRule rule{};
    rule.enable = 1;
    rule.words = 64;
    rule.base = kReceiver / 16;
    rule.part_stride = 16;
    bench.write_rule(9, rule);
    std::vector<uint32_t> expected(kInstructionBase + kInstructionBytes), answers;
    for (uint32_t n = 0; n < 12; ++n) {
      const auto words = random_words(random, 1 + below(80));
      std::vector<uint32_t> request = {operation_word(kRequestWrite, n), kControl + 4 * below(900)};
      for (size_t i = 0; i < words.size(); ++i) expected[request[1] + 4 * i] = words[i];
      request.insert(request.end(), words.begin(), words.end());
      bench.deliver(kRequestColor, request);
      const std::vector<uint32_t> read = {operation_word(kRequestRead, n), request[1],
                                          static_cast<uint32_t>(words.size())};
      bench.deliver(kRequestColor, read);
      answers.push_back(request[0]);
      answers.push_back(read[0]);
      answers.insert(answers.end(), words.begin(), words.end());

      Header header{};
      header.part = n;
      const auto payload = random_words(random, 64);
      for (size_t i = 0; i < payload.size(); ++i) expected[kReceiver + 256 * n + 4 * i] = payload[i];
      bench.deliver(9, message(header, payload));
    }

    bool awaited = false;
    uint32_t awaited_data = 0, awaited_mask = 0;
    bool error = false;
    for (int i = 0; i < 2500; ++i) {
      bench.cycle();
      if (bench.core_waits()) continue;
      if (awaited) {
        bench.cycle();
        ASSERT_EQ(bench.core_data() & awaited_mask, awaited_data & awaited_mask);
        awaited = false;
      }
      const uint32_t bytes = 1u << below(3);
      uint32_t address = below(2) == 0 ? below(4096) : kInstructionBase + below(kInstructionBytes);
      if (below(50) == 0) address = below(1u << 17) | 0xc000;  // mostly nowhere
      if (below(8) != 0) address &= ~(bytes - 1);
      const bool legal = address % bytes == 0 && in_memory(address);
      if (in_memory(address) && address >= kControl && address < kSramBytes) continue;
      error |= !legal;
      const uint32_t enables = enables_of(address, bytes), word_address = address & ~3u;
      if (below(2) == 0) {
        const auto data = static_cast<uint32_t>(random());
        if (legal) {
          expected[word_address] = (expected[word_address] & ~mask_of(enables)) | (data & mask_of(enables));
        }
        bench.core_request({true, address, data, enables});
      } else {
        awaited = true;
        awaited_data = legal ? expected[word_address] : 0;
        awaited_mask = mask_of(enables);
        bench.core_request({false, address, 0, enables});
      }
    }
    bench.settle();
    ASSERT_EQ(bench.error().valid, error);
    ASSERT_EQ(bench.take_sent(kResponseColor), answers);
    for (uint32_t a = 0; a < expected.size(); a += 4) {
      if (in_memory(a)) {
        ASSERT_EQ(bench.word(a), expected[a]) << "address " << a << ", round " << round;
      }
    }
  }
}

TEST(AddressMap, AStoppedCoreMayWithdrawItsRequest) {
  ServicesBench bench;
  bench.core_request({false, kRegReceive + 4 * 5});
  bench.cycles(5);
  bench.core_withdraw();
  bench.cycles(2);
  EXPECT_TRUE(bench.idle());
  bench.deliver(5, {1});
  bench.settle();
  EXPECT_EQ(bench.core_read(kRegEvents), 1u << 5) << "nobody took it";
}

}  // namespace
}  // namespace tessera::rtl
