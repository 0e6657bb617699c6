// Writes the C++ of tile_cycle_direct() and tile_cycles_direct(): for generate_tile_cycle.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/verilated_code.h"

namespace tessera::sim {

// Blocks with a clock of their own, in the order of their clocks in the model; 1 to 16.
std::vector<std::string> block_names(const VerilatedCode& code);
// The member that says whether a block's clock ticks next.
std::string enable_of(const std::string& block);

// Throws UnknownForm when Verilator's code is of another form than known.
std::string write_tile_cycle(const VerilatedCode& code);

}  // namespace tessera::sim
