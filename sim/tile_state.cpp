#include "sim/tile_state.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tessera::sim {

// Saved bytes are those of memory.
static_assert(std::endian::native == std::endian::little);

size_t tile_state_bytes() {
  static const size_t bytes = [] {
    size_t sum = 0;
    for (const TileStateMember& member : tile_state_members()) sum += member.bytes;
    return sum;
  }();
  return bytes;
}

const char* find_impossible_member(std::span<const uint8_t> state) {
  for (const TileStateMember& member : tile_state_members()) {
    const auto value = state.first(member.bytes);
    state = state.subspan(member.bytes);
    for (uint32_t byte = 0; byte < member.bytes; ++byte) {
      const uint32_t bits_below = byte % member.element_bytes * 8;
      const uint32_t bits = member.element_bits - std::min(member.element_bits, bits_below);
      if (bits < 8 && value[byte] >> bits != 0) return member.name;
    }
  }
  return nullptr;
}

void save_tile_state(const Vtile___024root& tile, std::span<uint8_t> state) {
  const auto* from = reinterpret_cast<const uint8_t*>(&tile);
  uint8_t* to = state.data();
  for (const TileStateMember& member : tile_state_members()) {
    std::memcpy(to, from + member.offset, member.bytes);
    to += member.bytes;
  }
}

void restore_tile_state(Vtile___024root& tile, std::span<const uint8_t> state) {
  const uint8_t* from = state.data();
  auto* to = reinterpret_cast<uint8_t*>(&tile);
  for (const TileStateMember& member : tile_state_members()) {
    std::memcpy(to + member.offset, from, member.bytes);
    from += member.bytes;
  }
}

}  // namespace tessera::sim
