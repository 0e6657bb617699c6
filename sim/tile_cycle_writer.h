// Writes the C++ of tile_cycle_direct(): for generate_tile_cycle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/verilated_code.h"

namespace tessera::sim {

// What is known from runs about how a tile spends its time. None of it matters to what comes out.
struct TileProfile {
  std::vector<uint32_t> hot;  // sets of clocks that often tick together, bit by block; at most 255
  Names busy;                 // members of the model that change in many of the cycles in which they may
};

// Blocks with a clock of their own, in the order of their clocks in the model; 1 to 16.
std::vector<std::string> block_names(const VerilatedCode& code);
// The member that says whether a block's clock ticks next.
std::string enable_of(const std::string& block);

// `counting`: the code also finds out which members are busy, and prints their names in the end. Throws
// UnknownForm when Verilator's code is of another form than known.
std::string write_tile_cycle(const VerilatedCode& code, const TileProfile& profile, bool counting);

}  // namespace tessera::sim
