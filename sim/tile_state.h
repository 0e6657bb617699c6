// The state of a Verilated tile: the members in which a value lives from one cycle to the next. What it is
// made of is generated from the model (sim/generate_tile_state.cpp). The tile's memories are not in it.
//
// Beside the registers it holds what the model computes from them and keeps, so that a tile that is restored
// need not be evaluated. What of that is kept may differ between the ways through a cycle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

class Vtile___024root;

namespace tessera::sim {

struct TileStateMember {
  const char* name;
  uint32_t offset;  // in Vtile___024root
  uint32_t bytes;
  uint32_t element_bytes;  // of an array; else all bytes
  uint32_t element_bits;   // that an element has; the others are never set
};

// In the order of the bytes of a saved state.
std::span<const TileStateMember> tile_state_members();

// The clocks of the tile's blocks, which are low between cycles and no state.
std::span<const TileStateMember> tile_clocks();

// A hash of the tile's SystemVerilog: tiles with the same one behave alike, cycle by cycle.
uint64_t tile_source_hash();

// A hash of that and of the members, which depend on the Verilator, too: states of tiles with the same
// identity mean the same.
uint64_t tile_identity();

// Bytes of a saved state.
size_t tile_state_bytes();

// The first member of which bits are set that it does not have, as no tile ever left it; nullptr: none. The
// Verilated code may index arrays by it. `state` is tile_state_bytes() long.
const char* find_impossible_member(std::span<const uint8_t> state);

// Bit `port`: the tile drives a wavelet or a credit there.
unsigned driven_ports(std::span<const uint8_t> state);

// Between cycles. `state` is tile_state_bytes() long; a tile that is given the state of another goes on as
// that one would, if its inputs, link_present_i included, and its memories are those of the other.
void save_tile_state(const Vtile___024root& tile, std::span<uint8_t> state);
void restore_tile_state(Vtile___024root& tile, std::span<const uint8_t> state);

// Computes all logic from registers and inputs. eval() computes only what follows from a change; so it needs
// this once behind cycles that were direct, which do not keep all of it.
void settle_tile(Vtile___024root& tile);

}  // namespace tessera::sim
