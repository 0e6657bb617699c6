#include "host/runtime/bit_flip.h"

#include <algorithm>
#include <charconv>

#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

bool parse_number(std::string_view text, std::uint32_t& number) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, hexadecimal ? 16 : 10);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

bool in_memory(std::uint32_t address) {
  return address - rtl::kSramBase < rtl::kSramBytes ||
         address - rtl::kInstructionBase < rtl::kInstructionBytes;
}

}  // namespace

BitFlip parse_bit_flip(std::string_view text, std::string_view source) {
  BitFlip flip;
  const size_t first = text.find(':');
  const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  std::uint32_t bit = 0;
  if (second == std::string_view::npos ||
      !parse_number(text.substr(first + 1, second - first - 1), flip.address) ||
      !parse_number(text.substr(second + 1), bit) || bit > 7)
    fail(ErrorKind::kConfig, "{}: {} should be X,Y:ADDRESS:BIT with a bit from 0 to 7, such as 3,4:0x400:5",
         source, text);
  flip.tile = parse_tile(text.substr(0, first), source);
  flip.bit = static_cast<int>(bit);
  if (!in_memory(flip.address))
    fail(ErrorKind::kConfig,
         "{}: {:#x} should be an address of SRAM ({:#x} to {:#x}) or instruction memory ({:#x} to {:#x})",
         source, flip.address, rtl::kSramBase, rtl::kSramBase + rtl::kSramBytes - 1, rtl::kInstructionBase,
         rtl::kInstructionBase + rtl::kInstructionBytes - 1);
  return flip;
}

void check_bit_flip(const BitFlip& flip, const WaferConfig& wafer, std::string_view source) {
  check_tile(wafer, flip.tile, source);
  if (std::find(wafer.dead_tiles.begin(), wafer.dead_tiles.end(), flip.tile) != wafer.dead_tiles.end())
    fail(ErrorKind::kConfig,
         "{}: tile {},{} is dead, should be one with a kernel (tessera inspect shows them)", source,
         flip.tile.x, flip.tile.y);
}

std::string describe(const BitFlip& flip, const Image& image) {
  const auto tile = std::find_if(image.tiles.begin(), image.tiles.end(),
                                 [&](const TileImage& entry) { return entry.position == flip.tile; });
  return fmt::format("bit {} of the byte at {:#x} of tile {},{} ({})", flip.bit, flip.address, flip.tile.x,
                     flip.tile.y, tile == image.tiles.end() || tile->kernel < 0 ? "no kernel" : tile->name);
}

void apply_bit_flips(WaferPort& port, const std::vector<BitFlip>& flips) {
  if (!flips.empty() && !port.has_back_door())
    fail(ErrorKind::kEngine, "this wafer has no back door, and without one no bit can be flipped");
  for (const BitFlip& flip : flips) {
    const int tile = port.shape().index(flip.tile.x, flip.tile.y);
    std::uint8_t byte[1];
    port.read_memory(tile, flip.address, byte);
    byte[0] ^= static_cast<std::uint8_t>(1u << flip.bit);
    port.write_memory(tile, flip.address, byte);
  }
}

}  // namespace tessera
