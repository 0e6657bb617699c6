// One wrong bit in a loaded wafer: for trying whether, and where, the checker finds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/compiler/image.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct BitFlip {
  TilePosition tile;
  std::uint32_t address = 0;  // of a byte in the tile's map: SRAM or instruction memory
  int bit = 0;                // 0 to 7
};

// "3,4:0x400:5"; the address may be decimal. Throws Error(kConfig) that begins with `source` for another
// form, and for a byte that is in no memory.
BitFlip parse_bit_flip(std::string_view text, std::string_view source);

// Throws Error(kConfig) that begins with `source` where no live tile is there to be broken.
void check_bit_flip(const BitFlip& flip, const WaferConfig& wafer, std::string_view source);

// "bit 5 of the byte at 0x400 of tile 3,4 (layer 0 qkv 1)"
std::string describe(const BitFlip& flip, const Image& image);

// Through the back door, between loading and the first token.
void apply_bit_flips(WaferPort& port, const std::vector<BitFlip>& flips);

}  // namespace tessera
