#include "sim/tile_state.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/wavelet.h"

// Of the Verilated tile, which has no header for it.
void Vtile___024root___eval_settle(Vtile___024root* tile);

namespace tessera::sim {
namespace {

// Where the output `name` of the tile, an integer, is in a saved state; its bit `bit`.
struct OutputBit {
  size_t byte;
  int bit;

  OutputBit(std::string_view name, int bit_number) : byte(bit_number / 8), bit(bit_number % 8) {
    for (const TileStateMember& member : tile_state_members()) {
      if (member.name == name) return;
      byte += member.bytes;
    }
    throw std::logic_error(std::string(name) + " is no output of the tile");
  }
  bool of(std::span<const uint8_t> state) const { return (state[byte] >> bit & 1) != 0; }
};

}  // namespace

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

unsigned driven_ports(std::span<const uint8_t> state) {
  static const OutputBit kWavelets[] = {{"north_o", kWaveletValid},
                                        {"east_o", kWaveletValid},
                                        {"south_o", kWaveletValid},
                                        {"west_o", kWaveletValid}};
  static const OutputBit kCredits[] = {{"north_credit_o", kCreditValid},
                                       {"east_credit_o", kCreditValid},
                                       {"south_credit_o", kCreditValid},
                                       {"west_credit_o", kCreditValid}};
  unsigned ports = 0;
  for (unsigned port = 0; port < 4; ++port) {
    if (kWavelets[port].of(state) || kCredits[port].of(state)) ports |= 1u << port;
  }
  return ports;
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

void settle_tile(Vtile___024root& tile) { Vtile___024root___eval_settle(&tile); }

}  // namespace tessera::sim
