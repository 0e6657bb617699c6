// The link hash: one 64-bit number over every wavelet and credit of a run.
//
// An event is a valid wavelet or credit on a sender's output register in a cycle. Its link is
// ((y * columns + x) * 5 + port) * 2 + is_credit; port 4 is the router's output toward the ramp, and the
// host's ends of the edge links are tiles columns * rows + y (west, port 1) and columns * rows + rows + y
// (east, port 3). Its word is {color, last, data} of a wavelet, the color of a credit. The hash is a sum, so
// the order in which events are added does not matter; cycles without events add nothing.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/wavelet.h"

namespace tessera::sim {

class LinkHash {
 public:
  static constexpr int kBlockBits = 12;  // a subtotal for every 4,096 cycles

  struct Subtotal {
    uint64_t block;  // cycle / 4096
    uint64_t sum;    // never 0
    friend bool operator==(const Subtotal&, const Subtotal&) = default;
  };

  LinkHash() = default;
  // Goes on from the subtotals of another.
  explicit LinkHash(std::vector<Subtotal> subtotals) : subtotals_(std::move(subtotals)) {
    if (subtotals_.empty()) return;
    block_ = subtotals_.back().block;
    sum_ = subtotals_.back().sum;
    subtotals_.pop_back();
    for (const Subtotal& subtotal : subtotals_) total_ += subtotal.sum;
  }

  // Cycles never go back. The key of a cycle is what add() takes.
  uint64_t begin_cycle(uint64_t cycle) {
    if (cycle >> kBlockBits != block_) next_block(cycle >> kBlockBits);
    return cycle * 0x9e3779b97f4a7c15u;
  }
  static uint64_t link(uint64_t tile, uint64_t port) { return (tile * rtl::kPortCount + port) * 2; }
  void add_wavelet(uint64_t key, uint64_t link, WaveletBits bits) {
    sum_ += mix(mix(key + link) ^ (bits & ((uint64_t{1} << kWaveletValid) - 1)));
  }
  void add_credit(uint64_t key, uint64_t link, CreditBits bits) {
    sum_ += mix(mix(key + link + 1) ^ (bits & ((1u << kCreditValid) - 1)));
  }

  // What another one added up. (Not in the order of cycles: then subtotals() may have several of a block.)
  void add(const Subtotal& part) {
    if (part.block != block_) next_block(part.block);
    sum_ += part.sum;
  }

  uint64_t total() const { return total_ + sum_; }
  std::vector<Subtotal> subtotals() const {
    std::vector<Subtotal> result = subtotals_;
    if (sum_ != 0) result.push_back({block_, sum_});
    return result;
  }

  static constexpr uint64_t mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return x;
  }

 private:
  void next_block(uint64_t block) {
    if (sum_ != 0) subtotals_.push_back({block_, sum_});
    total_ += sum_;
    sum_ = 0;
    block_ = block;
  }

  uint64_t block_ = 0;
  uint64_t sum_ = 0;    // of this block
  uint64_t total_ = 0;  // of the blocks before
  std::vector<Subtotal> subtotals_;
};

}  // namespace tessera::sim
