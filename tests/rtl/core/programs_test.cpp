// C programs from the compiler that makes the kernels, on the core and on the host: the same results.
#include "tests/rtl/core/programs/programs.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <vector>

#include "tests/rtl/core/core_bench.h"

namespace tessera::rtl {
namespace {

// The addresses in start.S and programs.ld.
static_assert(kInstructionBase == 0x10000 && kInstructionBytes == 0x2000 && kSramBase == 0);

std::vector<uint32_t> read_words(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  bytes.resize((bytes.size() + 3) / 4 * 4);
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

class CorePrograms : public testing::TestWithParam<StallRates> {};

TEST_P(CorePrograms, GiveTheResultsOfTheHost) {
#ifndef TESSERA_CORE_PROGRAMS
  GTEST_SKIP() << "built without riscv64-unknown-elf-gcc";
#else
  const std::vector<uint32_t> words = read_words(TESSERA_CORE_PROGRAMS);
  ASSERT_FALSE(words.empty()) << TESSERA_CORE_PROGRAMS;
  CoreBench bench(11, GetParam());
  bench.load(words);
  bench.run_until_error(1'000'000);
  for (uint32_t i = 0; i < PROGRAM_COUNT; ++i) {
    EXPECT_EQ(bench.word(4 * i), kPrograms[i]()) << kProgramNames[i];
  }

  // Cycles per instruction: each program ends with the store of its result.
  uint64_t first_cycle = 0, first_instruction = 0;
  for (size_t i = 0; i < bench.retirements().size(); ++i) {
    const Retirement& retired = bench.retirements()[i];
    if (retired.store_be == 0 || retired.address >= 4 * PROGRAM_COUNT) continue;
    const uint64_t cycles = bench.retire_cycles()[i] - first_cycle;
    const uint64_t instructions = i - first_instruction;
    std::cout << std::left << std::setw(10) << kProgramNames[retired.address / 4] << std::right
              << std::setw(7) << instructions << " instructions, " << std::fixed << std::setprecision(2)
              << static_cast<double>(cycles) / static_cast<double>(instructions) << " cycles each\n";
    first_cycle = bench.retire_cycles()[i];
    first_instruction = i;
  }
#endif
}

INSTANTIATE_TEST_SUITE_P(Stalls, CorePrograms, testing::Values(StallRates{0, 0}, StallRates{0.3, 0.3}));

}  // namespace
}  // namespace tessera::rtl
