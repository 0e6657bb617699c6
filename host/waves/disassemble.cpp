#include "host/waves/disassemble.h"

#include <fmt/format.h>

#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr const char* kRegisters[32] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                        "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                        "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
constexpr const char* kBranches[8] = {"beq", "bne", nullptr, nullptr, "blt", "bge", "bltu", "bgeu"};
constexpr const char* kLoads[8] = {"lb", "lh", "lw", nullptr, "lbu", "lhu", nullptr, nullptr};
constexpr const char* kStores[8] = {"sb", "sh", "sw", nullptr, nullptr, nullptr, nullptr, nullptr};
constexpr const char* kImmediates[8] = {"addi", "slli", "slti", "sltiu", "xori", "srli", "ori", "andi"};
constexpr const char* kRegisterOperations[8] = {"add", "sll", "slt", "sltu", "xor", "srl", "or", "and"};
constexpr const char* kMultiplyDivide[8] = {"mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu"};

struct Fields {
  explicit Fields(std::uint32_t word) : word(word) {}
  std::uint32_t bits(int high, int low) const { return word >> low & ((1u << (high - low + 1)) - 1); }
  std::int32_t sign() const { return static_cast<std::int32_t>(word) >> 31; }

  const char* rd() const { return kRegisters[bits(11, 7)]; }
  const char* rs1() const { return kRegisters[bits(19, 15)]; }
  const char* rs2() const { return kRegisters[bits(24, 20)]; }
  std::uint32_t funct3() const { return bits(14, 12); }
  std::uint32_t funct7() const { return bits(31, 25); }
  std::int32_t immediate() const { return static_cast<std::int32_t>(word) >> 20; }
  std::int32_t store_offset() const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(sign()) << 11 | bits(30, 25) << 5 |
                                     bits(11, 7));
  }
  std::int32_t branch_offset() const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(sign()) << 12 | bits(7, 7) << 11 |
                                     bits(30, 25) << 5 | bits(11, 8) << 1);
  }
  std::int32_t jump_offset() const {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(sign()) << 20 | bits(19, 12) << 12 |
                                     bits(20, 20) << 11 | bits(30, 21) << 1);
  }

  std::uint32_t word;
};

std::string immediate_operation(const Fields& f) {
  const bool shift = f.funct3() == 1 || f.funct3() == 5;
  if (!shift) return fmt::format("{} {}, {}, {}", kImmediates[f.funct3()], f.rd(), f.rs1(), f.immediate());
  const bool arithmetic = f.funct3() == 5 && f.funct7() == 0x20;
  if (f.funct7() != 0 && !arithmetic) return {};
  return fmt::format("{} {}, {}, {}", arithmetic ? "srai" : kImmediates[f.funct3()], f.rd(), f.rs1(),
                     f.bits(24, 20));
}

std::string register_operation(const Fields& f) {
  const char* name = nullptr;
  if (f.funct7() == 0) name = kRegisterOperations[f.funct3()];
  if (f.funct7() == 1) name = kMultiplyDivide[f.funct3()];
  if (f.funct7() == 0x20 && f.funct3() == 0) name = "sub";
  if (f.funct7() == 0x20 && f.funct3() == 5) name = "sra";
  return name == nullptr ? std::string() : fmt::format("{} {}, {}, {}", name, f.rd(), f.rs1(), f.rs2());
}

std::string custom_operation(const Fields& f) {
  if (f.bits(31, 20) != 0) return {};
  if (f.funct3() == rtl::kCustomBitLength) return fmt::format("bitlength {}, {}", f.rd(), f.rs1());
  if (f.funct3() == rtl::kCustomSquareRoot) return fmt::format("squareroot {}, {}", f.rd(), f.rs1());
  return {};
}

std::string known(const Fields& f) {
  const std::uint32_t funct3 = f.funct3();
  switch (f.bits(6, 0)) {
    case 0x37:
      return fmt::format("lui {}, {:#x}", f.rd(), f.bits(31, 12));
    case 0x17:
      return fmt::format("auipc {}, {:#x}", f.rd(), f.bits(31, 12));
    case 0x6f:
      return fmt::format("jal {}, {:+}", f.rd(), f.jump_offset());
    case 0x67:
      if (funct3 != 0) return {};
      return fmt::format("jalr {}, {}({})", f.rd(), f.immediate(), f.rs1());
    case 0x63:
      if (kBranches[funct3] == nullptr) return {};
      return fmt::format("{} {}, {}, {:+}", kBranches[funct3], f.rs1(), f.rs2(), f.branch_offset());
    case 0x03:
      if (kLoads[funct3] == nullptr) return {};
      return fmt::format("{} {}, {}({})", kLoads[funct3], f.rd(), f.immediate(), f.rs1());
    case 0x23:
      if (kStores[funct3] == nullptr) return {};
      return fmt::format("{} {}, {}({})", kStores[funct3], f.rs2(), f.store_offset(), f.rs1());
    case 0x13:
      return immediate_operation(f);
    case 0x33:
      return register_operation(f);
    case 0x0f:
      return "fence";
    case rtl::kCustomOpcode:
      return custom_operation(f);
    default:
      return {};
  }
}

}  // namespace

std::string disassemble(std::uint32_t instruction) {
  const std::string text = known(Fields(instruction));
  return text.empty() ? fmt::format(".word {:#010x}", instruction) : text;
}

}  // namespace tessera
