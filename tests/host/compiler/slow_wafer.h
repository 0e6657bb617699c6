// A slow wafer for tests: it knows an image's bytes and registers and nothing of what the compiler meant by
// them. Messages go wavelet by wavelet through the route tables into the receive rules; kernels are the
// arithmetic of docs/numerics.md on what their parameters point at. Time does not exist.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "tessera_constants.h"

namespace tessera {

struct SlowMessage {
  TilePosition tile;  // of the producer
  int color = 0;
  std::uint32_t header = 0;
  std::vector<std::uint32_t> payload;
  int deliveries = 0;  // ramps it arrived at
};

class SlowTile {
 public:
  TilePosition position;
  std::string binary;
  std::vector<std::uint8_t> sram = std::vector<std::uint8_t>(rtl::kSramBytes, 0xa5);  // never zero by chance
  std::array<std::uint8_t, rtl::kPortCount * rtl::kColorCount> routes{};
  std::array<rtl::ReceiveRule, rtl::kColorCount> rules{};
  std::array<std::uint32_t, rtl::kJoinCount> expected{};

  template <typename T>
  T load(std::uint32_t address) const {
    T value;
    std::copy_n(sram.begin() + address, sizeof(T), reinterpret_cast<std::uint8_t*>(&value));
    return value;
  }
  template <typename T>
  void store(std::uint32_t address, T value) {
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&value), sizeof(T), sram.begin() + address);
  }
};

class SlowWafer {
 public:
  explicit SlowWafer(const Image& image);

  // Runs one token to its end; returns every message that was sent. Anything wrong on the way is an
  // std::runtime_error that says where.
  std::vector<SlowMessage> run(std::uint32_t header, std::uint32_t token);

  // For kernels: sends a message of the running token.
  void send(const SlowTile& tile, int color, int part, std::vector<std::uint32_t> payload);

 private:
  struct Receiving {  // one message on its way into a tile
    bool open = false;
    std::uint32_t header = 0;
    std::uint32_t words = 0;
  };

  void transport(SlowMessage& message, int tile, int port);
  void pass(int tile, int port, int color, std::uint32_t data, bool last, SlowMessage& message, int hops);
  void deliver(int tile, int color, std::uint32_t data, bool last);
  void run_ready(int tile);

  const Image& image_;
  std::map<int, SlowTile> tiles_;                        // by y * columns + x
  std::map<std::pair<int, int>, Receiving> receiving_;   // by tile, color
  std::map<std::pair<int, int>, std::uint32_t> counts_;  // by tile, join
  std::map<int, std::set<int>> ready_;                   // tiles' complete joins
  std::set<std::pair<int, std::uint32_t>> written_;      // tile, address: this token's payload bytes
  std::set<std::pair<int, int>> dead_;                   // x, y
  std::deque<SlowMessage> queue_;
  std::uint32_t header_ = 0;
};

// Runs a tile's kernel on a token whose joins are complete. slow_kernels.cpp.
void run_slow_kernel(SlowWafer& wafer, SlowTile& tile, std::uint32_t header);

}  // namespace tessera
