// Random programs, with and without refused grants. They end: branches go forward but for bounded loops.
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "tests/rtl/core/core_bench.h"
#include "tests/rtl/core/encode.h"

namespace tessera::rtl {
namespace {

// Registers with a duty; the others (x6 to x31, x0) take part in everything.
constexpr uint32_t kSramPointer = 1;
constexpr uint32_t kInstructionPointer = 2;  // to the free upper half of the instruction memory
constexpr uint32_t kDevicePointer = 3;
constexpr uint32_t kLoopCounter = 4;
constexpr uint32_t kCodePointer = 5;  // to the program

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::vector<uint32_t> program() {
    words_ = {lui(kSramPointer, 0x2000), lui(kInstructionPointer, kInstructionBase + 0x2000),
              addi(kInstructionPointer, kInstructionPointer, -2048), lui(kDevicePointer, kRegisterBase),
              lui(kCodePointer, kInstructionBase)};
    for (uint32_t rd = 6; rd < 32; ++rd) set_register(rd);
    for (int block = 0; block < 12; ++block) {
      if (pick(3) == 0)
        loop();
      else
        straight(12, true);
    }
    words_.insert(words_.end(), 8, kEbreak);  // the last jump may go over some of them
    return words_;
  }

 private:
  uint32_t pick(uint32_t count) { return std::uniform_int_distribution<uint32_t>(0, count - 1)(random_); }
  uint32_t source() { return pick(8) == 0 ? 0 : 6 + pick(26); }
  uint32_t destination() { return pick(16) == 0 ? 0 : 6 + pick(26); }
  int32_t immediate() { return static_cast<int32_t>(pick(4096)) - 2048; }

  void set_register(uint32_t rd) {
    // Small, large, and just anything.
    switch (pick(4)) {
      case 0:
        words_.push_back(addi(rd, 0, immediate()));
        break;
      case 1:
        words_.push_back(lui(rd, pick(2) ? 0x80000000 : 0x7ffff000));
        break;
      default:
        words_.push_back(lui(rd, static_cast<uint32_t>(random_())));
        words_.push_back(addi(rd, rd, immediate()));
    }
  }

  void memory_access() {
    const uint32_t pointer = pick(4);
    if (pointer == 0) {
      words_.push_back(pick(2) ? lw(destination(), kDevicePointer, static_cast<int32_t>(4 * pick(512)))
                               : sw(source(), kDevicePointer, static_cast<int32_t>(4 * pick(512))));
      return;
    }
    const uint32_t size = pick(3);
    // A narrow window, so that loads meet earlier stores.
    const int32_t offset = static_cast<int32_t>(pick(64) << size & 63) - 32;
    const uint32_t base = pointer == 1 ? kInstructionPointer : kSramPointer;
    if (pick(2))
      words_.push_back(store(size, source(), base, offset));
    else
      words_.push_back(load(size < 2 && pick(2) ? size + 4 : size, destination(), base, offset));
  }

  void jump() {
    constexpr uint32_t kConditions[] = {0, 1, 4, 5, 6, 7};
    const auto offset = static_cast<int32_t>(4 * (1 + pick(5)));
    switch (pick(4)) {
      case 0:
        words_.push_back(jal(destination(), offset));
        break;
      case 1: {  // bit 0 of the target is ignored
        const auto here = static_cast<int32_t>(4 * words_.size());
        words_.push_back(jalr(destination(), kCodePointer, here + offset + static_cast<int32_t>(pick(2))));
        break;
      }
      default:
        words_.push_back(branch(kConditions[pick(6)], source(), source(), offset));
    }
  }

  void compute() {
    switch (pick(10)) {
      case 0:
        words_.push_back(lui(destination(), static_cast<uint32_t>(random_())));
        break;
      case 1:
        words_.push_back(auipc(destination(), static_cast<uint32_t>(random_())));
        break;
      case 2:
        words_.push_back(operation(pick(8), 1, destination(), source(), source()));
        break;
      case 3:
        words_.push_back(pick(2) ? bit_length(destination(), source())
                                 : square_root(destination(), source()));
        break;
      case 4:
        words_.push_back(operation(pick(2) * 5, 0x20, destination(), source(), source()));
        break;
      case 5:
        words_.push_back(
            operation_immediate(5, destination(), source(), static_cast<int32_t>(pick(32) | 0x400)));
        break;
      case 6:
      case 7:
        words_.push_back(operation(pick(8), 0, destination(), source(), source()));
        break;
      default: {
        const uint32_t funct3 = pick(8);
        const bool shift = funct3 == 1 || funct3 == 5;
        words_.push_back(operation_immediate(funct3, destination(), source(),
                                             shift ? static_cast<int32_t>(pick(32)) : immediate()));
      }
    }
  }

  void straight(uint32_t count, bool jumps) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t kind = pick(8);
      if (kind < 2)
        memory_access();
      else if (kind == 2 && jumps)
        jump();
      else if (kind == 3 && pick(4) == 0)
        words_.push_back(kFence);
      else
        compute();
    }
  }

  void loop() {
    words_.insert(words_.end(), 5, addi(0, 0, 0));  // no jump from before gets past the counter's start
    words_.push_back(addi(kLoopCounter, 0, static_cast<int32_t>(1 + pick(5))));
    const size_t start = words_.size();
    straight(1 + pick(8), false);
    words_.push_back(addi(kLoopCounter, kLoopCounter, -1));
    words_.push_back(
        branch(1, kLoopCounter, 0, 4 * (static_cast<int32_t>(start) - static_cast<int32_t>(words_.size()))));
  }

  std::mt19937 random_;
  std::vector<uint32_t> words_;
};

class CoreRandom : public testing::TestWithParam<StallRates> {};

TEST_P(CoreRandom, ProgramsAgreeWithTheReference) {
  constexpr uint32_t kPrograms = 600;
  const uint32_t first_seed = 20'000;
  uint64_t instructions = 0;
  for (uint32_t seed = first_seed; seed < first_seed + kPrograms; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    CoreBench bench(seed, GetParam());
    bench.run(Generator(seed).program(), 200'000);
    instructions += bench.retirements().size();
    if (HasFailure()) FAIL();
  }
  EXPECT_GT(instructions, 100 * kPrograms);
}

INSTANTIATE_TEST_SUITE_P(Stalls, CoreRandom,
                         testing::Values(StallRates{0, 0}, StallRates{0.3, 0}, StallRates{0, 0.3},
                                         StallRates{0.5, 0.5}, StallRates{0.1, 0.9}));

// Words that are almost anything: many illegal, and jumps and accesses to anywhere.
TEST(CoreNoise, WordsAgreeWithTheReference) {
  constexpr uint32_t kOpcodes[] = {0x03, 0x0f, 0x13, 0x17, 0x23, 0x33, 0x37, 0x63, 0x67, 0x6f, kCustomOpcode};
  constexpr uint32_t kFunct7[] = {0, 1, 0x20};
  constexpr uint32_t kRounds = 5'000;
  std::mt19937 random(7);
  CoreBench bench(7, {0.2, 0.2});
  for (uint32_t round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    std::vector<uint32_t> words(kInstructionBytes / 4);
    for (uint32_t& word : words) {
      const auto noise = static_cast<uint32_t>(random());
      word = (noise & ~0x7fu) | kOpcodes[random() % std::size(kOpcodes)];
      if (random() % 2) word = (word & 0x01ff'ffff) | kFunct7[random() % std::size(kFunct7)] << 25;
    }
    bench.load(words);
    bench.set_run(true);
    for (int i = 0; i < 100 && (i == 0 || !bench.error()); ++i) bench.cycle();
    bench.stop();
    if (HasFailure()) FAIL();
  }
  EXPECT_GT(bench.retirements().size(), kRounds / 2);
}

}  // namespace
}  // namespace tessera::rtl
