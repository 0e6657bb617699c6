// The instruction set of the control core, one instruction at a time and without cycles: RV32IM, bit length
// and square root. The oracle of the core's tests.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tessera_constants.h"

namespace tessera::rtl {

// What the retire port shows of an instruction.
struct Retirement {
  uint32_t pc = 0;
  uint32_t instruction = 0;
  uint32_t rd = 0;  // 0: no register written
  uint32_t rd_data = 0;
  uint32_t store_be = 0;  // 0: no store
  uint32_t address = 0;   // of a load or store
  uint32_t store_data = 0;
};

class ReferenceCore {
 public:
  static constexpr uint32_t kAddressSpace = 0x3'0000;  // SRAM, instruction memory, registers

  ReferenceCore() : memory(kAddressSpace) {}

  // Executes the instruction at the pc; nothing, and no change, if it cannot be executed.
  std::optional<Retirement> step();
  void restart() { pc_ = kInstructionBase; }

  std::vector<uint8_t> memory;
  std::array<uint32_t, 32> registers{};
  std::deque<uint32_t> device_reads;  // what the next loads from the tile's registers give

 private:
  uint32_t load(uint32_t address, uint32_t bytes);
  void store(uint32_t address, uint32_t bytes, uint32_t value);

  uint32_t pc_ = kInstructionBase;
};

// The address map does an access that is aligned and leads somewhere; another one reads 0 and writes nothing.
bool accessible(uint32_t address, uint32_t bytes);

}  // namespace tessera::rtl
