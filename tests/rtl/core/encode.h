// Instructions of the core as words, for tests that are written in them.
#pragma once

#include <cstdint>

#include "tessera_constants.h"

namespace tessera::rtl {

constexpr uint32_t encode_r(uint32_t opcode, uint32_t funct3, uint32_t funct7, uint32_t rd, uint32_t rs1,
                            uint32_t rs2) {
  return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}
constexpr uint32_t encode_i(uint32_t opcode, uint32_t funct3, uint32_t rd, uint32_t rs1, int32_t immediate) {
  return static_cast<uint32_t>(immediate) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode;
}

constexpr uint32_t kEbreak = 0x0010'0073;
constexpr uint32_t kEcall = 0x0000'0073;
constexpr uint32_t kFence = 0x0ff0'000f;

// Operations of OP (funct7 0, 0x20 or 1) and OP-IMM, by funct3.
constexpr uint32_t operation(uint32_t funct3, uint32_t funct7, uint32_t rd, uint32_t rs1, uint32_t rs2) {
  return encode_r(0x33, funct3, funct7, rd, rs1, rs2);
}
constexpr uint32_t operation_immediate(uint32_t funct3, uint32_t rd, uint32_t rs1, int32_t immediate) {
  return encode_i(0x13, funct3, rd, rs1, immediate);
}
constexpr uint32_t addi(uint32_t rd, uint32_t rs1, int32_t immediate) {
  return operation_immediate(0, rd, rs1, immediate);
}
constexpr uint32_t add(uint32_t rd, uint32_t rs1, uint32_t rs2) { return operation(0, 0, rd, rs1, rs2); }
constexpr uint32_t mul(uint32_t rd, uint32_t rs1, uint32_t rs2) { return operation(0, 1, rd, rs1, rs2); }
constexpr uint32_t div(uint32_t rd, uint32_t rs1, uint32_t rs2) { return operation(4, 1, rd, rs1, rs2); }

constexpr uint32_t lui(uint32_t rd, uint32_t upper) { return (upper & ~0xfffu) | rd << 7 | 0x37; }
constexpr uint32_t auipc(uint32_t rd, uint32_t upper) { return (upper & ~0xfffu) | rd << 7 | 0x17; }

// funct3: 0, 1, 2 bytes, halves, words; of loads 4, 5 unsigned bytes and halves.
constexpr uint32_t load(uint32_t funct3, uint32_t rd, uint32_t rs1, int32_t offset) {
  return encode_i(0x03, funct3, rd, rs1, offset);
}
constexpr uint32_t store(uint32_t funct3, uint32_t rs2, uint32_t rs1, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  return encode_r(0x23, funct3, bits >> 5 & 0x7f, bits & 31, rs1, rs2);
}
constexpr uint32_t lw(uint32_t rd, uint32_t rs1, int32_t offset) { return load(2, rd, rs1, offset); }
constexpr uint32_t sw(uint32_t rs2, uint32_t rs1, int32_t offset) { return store(2, rs2, rs1, offset); }

// funct3: 0 eq, 1 ne, 4 lt, 5 ge, 6 ltu, 7 geu.
constexpr uint32_t branch(uint32_t funct3, uint32_t rs1, uint32_t rs2, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  return encode_r(0x63, funct3, (bits >> 12 & 1) << 6 | (bits >> 5 & 0x3f), (bits & 0x1e) | (bits >> 11 & 1),
                  rs1, rs2);
}
constexpr uint32_t jal(uint32_t rd, int32_t offset) {
  const auto bits = static_cast<uint32_t>(offset);
  return (bits >> 20 & 1) << 31 | (bits >> 1 & 0x3ff) << 21 | (bits >> 11 & 1) << 20 |
         (bits >> 12 & 0xff) << 12 | rd << 7 | 0x6f;
}
constexpr uint32_t jalr(uint32_t rd, uint32_t rs1, int32_t offset) {
  return encode_i(0x67, 0, rd, rs1, offset);
}

constexpr uint32_t bit_length(uint32_t rd, uint32_t rs1) {
  return encode_r(kCustomOpcode, kCustomBitLength, 0, rd, rs1, 0);
}
constexpr uint32_t square_root(uint32_t rd, uint32_t rs1) {
  return encode_r(kCustomOpcode, kCustomSquareRoot, 0, rd, rs1, 0);
}

}  // namespace tessera::rtl
