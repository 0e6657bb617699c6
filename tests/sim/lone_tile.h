// One Verilated tile without a wafer, and random neighbours for it.
#pragma once

#include <verilated.h>

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "sim/host_memory.h"
#include "sim/tile_ports.h"
#include "tile_cycle.h"

namespace tessera::sim {

// Out of reset, with neighbours on all sides.
class LoneTile {
 public:
  LoneTile();
  // A model takes its names out of the context that its thread used last, which may be another tile's.
  ~LoneTile() { Verilated::threadContextp(&context); }

  Vtile___024root& root() { return *model.rootp; }
  TileOutputs outputs() { return outputs_of(root()); }
  std::vector<uint8_t> sram() const;

  TileMemory memory;
  VerilatedContext context;
  Vtile model{&context};
};

// Whatever may come over the links, as long as there are credits for it: requests of random words (their
// first ones such that many mean something), and wavelets of all colors, with and without routes. What the
// tile sends is taken at once.
class LinkTraffic {
 public:
  explicit LinkTraffic(unsigned seed);

  // For the next cycle, from what the tile drove in the last one.
  TileInputs next(const TileOutputs& outputs);
  size_t taken() const { return taken_; }  // wavelets of the tile

 private:
  Wavelet random_wavelet(uint8_t color);

  std::mt19937 random_;
  std::array<std::array<int, rtl::kColorCount>, 4> credits_;
  uint32_t cycle_ = 0;
  size_t taken_ = 0;
};

}  // namespace tessera::sim
