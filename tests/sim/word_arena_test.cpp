#include "sim/word_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <random>
#include <thread>
#include <vector>

#include "tessera_constants.h"

namespace tessera::sim {
namespace {

constexpr size_t kWords = rtl::kSramBytes / 4;
constexpr size_t kLineBytes = 64;

bool all(const ArenaWords& words, size_t count, uint32_t value) {
  return std::all_of(words.get(), words.get() + count, [&](uint32_t word) { return word == value; });
}

TEST(WordArena, BlocksAreZeroAlignedAndApart) {
  std::vector<ArenaWords> blocks;
  for (uint32_t i = 0; i < 200; ++i) {  // some regions full
    blocks.push_back(allocate_words(kWords));
    ASSERT_EQ(reinterpret_cast<uintptr_t>(blocks.back().get()) % kLineBytes, 0u);
    ASSERT_TRUE(all(blocks.back(), kWords, 0));
    std::fill_n(blocks.back().get(), kWords, i + 1);
  }
  for (uint32_t i = 0; i < blocks.size(); ++i) ASSERT_TRUE(all(blocks[i], kWords, i + 1)) << i;
}

// Blocks come and go in any order; what is still held keeps its words, what is new is zero.
TEST(WordArena, FreedInAnyOrder) {
  constexpr unsigned kSeed = 20;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937 random(kSeed);
  struct Block {
    ArenaWords words;
    size_t count = 0;
    uint32_t value = 0;
  };
  std::vector<Block> blocks(100);
  for (uint32_t step = 1; step < 5000; ++step) {
    Block& block = blocks[random() % blocks.size()];
    if (block.words) {
      ASSERT_TRUE(all(block.words, block.count, block.value)) << step;
      block.words.reset();
    } else {
      const size_t count = 1 + random() % kWords;
      block = {allocate_words(count), count, step};
      ASSERT_TRUE(all(block.words, count, 0)) << step;
      std::fill_n(block.words.get(), count, step);
    }
  }
}

TEST(WordArena, ThreadsShareIt) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (uint32_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&wrong, thread] {
      std::vector<ArenaWords> blocks;
      for (int i = 0; i < 300; ++i) {
        blocks.push_back(allocate_words(kWords));
        std::fill_n(blocks.back().get(), kWords, thread);
        if (i % 3 == 2) {
          for (const ArenaWords& block : blocks) wrong[thread] += all(block, kWords, thread) ? 0 : 1;
          blocks.clear();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(wrong.size()));
}

TEST(WordArena, MoreThanARegionHoldsIsRefused) {
  EXPECT_NO_THROW(allocate_words(size_t{1} << 18));
  EXPECT_THROW(allocate_words((size_t{1} << 18) + 1), std::bad_alloc);
}

}  // namespace
}  // namespace tessera::sim
