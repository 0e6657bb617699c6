#include "host/bench/calibration.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>

namespace tessera::bench {
namespace {

constexpr std::uint64_t kFactor = 0xd6e8feb86659fd93u;
constexpr int kRounds = 5;
constexpr int kAluIterations = 1'000'000;
constexpr int kBlocks = 256;
constexpr int kVisits = 64 * kBlocks;
constexpr int kBlockWords = 4096 / 8;
constexpr int kLineWords = 64 / 8;
constexpr int kLinesVisited = 32;
constexpr int kLinesWritten = 4;

// What the compiler cannot see through, so that nothing is left out.
void keep(std::uint64_t& value) { __asm__ volatile("" : "+r"(value)); }

template <typename Work>
double nanoseconds(int iterations, const Work& work) {
  std::array<double, kRounds> times;
  for (double& time : times) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    time = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() /
           iterations;
  }
  std::sort(times.begin(), times.end());
  return times[kRounds / 2];
}

struct Block {
  std::array<std::uint64_t, kBlockWords> words;  // the first: the next block
};

void alu() {
  std::uint64_t value = 1;
  for (int i = 0; i < kAluIterations; ++i) {
    value *= kFactor;
    value ^= value >> 29;
    keep(value);
  }
}

// A ring of all blocks in an order of chance.
std::unique_ptr<std::array<Block, kBlocks>> make_blocks() {
  std::array<int, kBlocks> order;
  for (int i = 0; i < kBlocks; ++i) order[i] = i;
  std::mt19937_64 random(1);
  for (size_t left = kBlocks; left > 1; --left) std::swap(order[left - 1], order[random() % left]);
  auto blocks = std::make_unique<std::array<Block, kBlocks>>();
  for (Block& block : *blocks) {
    for (std::uint64_t& word : block.words) word = random();
  }
  for (int i = 0; i < kBlocks; ++i)
    (*blocks)[order[i]].words[0] = static_cast<std::uint64_t>(order[(i + 1) % kBlocks]);
  return blocks;
}

void visit(std::array<Block, kBlocks>& blocks) {
  std::uint64_t at = 0;
  std::uint64_t value = 1;
  for (int i = 0; i < kVisits; ++i) {
    Block& block = blocks[at];
    at = block.words[0];
    for (int line = 0; line < kLinesVisited; ++line) {
      std::uint64_t& word = block.words[line * kLineWords + 1];
      value = (value ^ word) * kFactor;
      value ^= value >> 29;
      if (line % (kLinesVisited / kLinesWritten) == 0) word = value;
    }
    keep(value);
  }
}

}  // namespace

Calibration calibrate() {
  const auto blocks = make_blocks();
  visit(*blocks);  // into the caches
  return {nanoseconds(kAluIterations, alu), nanoseconds(kVisits, [&] { visit(*blocks); })};
}

}  // namespace tessera::bench
