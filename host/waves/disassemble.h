// RV32IM and the tile's own instructions as text.
#pragma once

#include <cstdint>
#include <string>

namespace tessera {

// "addi sp, sp, -16", "lw a0, 8(sp)", "beq a0, zero, +12" (relative to the instruction itself);
// ".word 0x00000000" for what the core does not know.
std::string disassemble(std::uint32_t instruction);

}  // namespace tessera
