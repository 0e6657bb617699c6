#include "tests/rtl/core/reference_core.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace tessera::rtl {
namespace {

int32_t sign_extend(uint32_t value, int bits) {
  return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits);
}

uint32_t bit_length(uint32_t value) {
  uint32_t length = 0;
  for (; value != 0; value >>= 1) ++length;
  return length;
}

uint32_t square_root(uint32_t value) { return static_cast<uint32_t>(std::sqrt(static_cast<double>(value))); }

// funct3 of OP and OP-IMM; `alternate` is subtraction and arithmetic shift.
uint32_t arithmetic(uint32_t funct3, bool alternate, uint32_t a, uint32_t b) {
  const auto signed_a = static_cast<int32_t>(a);
  const auto signed_b = static_cast<int32_t>(b);
  switch (funct3) {
    case 0:
      return alternate ? a - b : a + b;
    case 1:
      return a << (b & 31);
    case 2:
      return signed_a < signed_b;
    case 3:
      return a < b;
    case 4:
      return a ^ b;
    case 5:
      return alternate ? static_cast<uint32_t>(signed_a >> (b & 31)) : a >> (b & 31);
    case 6:
      return a | b;
    default:
      return a & b;
  }
}

uint32_t multiply_divide(uint32_t funct3, uint32_t a, uint32_t b) {
  const int64_t signed_a = static_cast<int32_t>(a);
  const int64_t signed_b = static_cast<int32_t>(b);
  const bool overflow = signed_a == std::numeric_limits<int32_t>::min() && signed_b == -1;
  switch (funct3) {
    case 0:
      return a * b;
    case 1:
      return static_cast<uint32_t>(signed_a * signed_b >> 32);
    case 2:
      return static_cast<uint32_t>(signed_a * static_cast<int64_t>(b) >> 32);
    case 3:
      return static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32);
    case 4:
      return b == 0 ? ~0u : overflow ? a : static_cast<uint32_t>(signed_a / signed_b);
    case 5:
      return b == 0 ? ~0u : a / b;
    case 6:
      return b == 0 ? a : overflow ? 0 : static_cast<uint32_t>(signed_a % signed_b);
    default:
      return b == 0 ? a : a % b;
  }
}

bool branch_taken(uint32_t funct3, uint32_t a, uint32_t b) {
  switch (funct3) {
    case 0:
      return a == b;
    case 1:
      return a != b;
    case 4:
      return static_cast<int32_t>(a) < static_cast<int32_t>(b);
    case 5:
      return static_cast<int32_t>(a) >= static_cast<int32_t>(b);
    case 6:
      return a < b;
    default:
      return a >= b;
  }
}

}  // namespace

bool accessible(uint32_t address, uint32_t bytes) {
  return address % bytes == 0 && address < ReferenceCore::kAddressSpace;
}

uint32_t ReferenceCore::load(uint32_t address, uint32_t bytes) {
  uint32_t value = 0;
  if (!accessible(address, bytes)) return value;
  if (address >= kRegisterBase) {
    value = device_reads.front() >> 8 * (address % 4);
    device_reads.pop_front();
  } else {
    std::memcpy(&value, &memory[address], bytes);
  }
  return bytes == 4 ? value : value & ((1u << 8 * bytes) - 1);
}

void ReferenceCore::store(uint32_t address, uint32_t bytes, uint32_t value) {
  if (accessible(address, bytes)) std::memcpy(&memory[address], &value, bytes);
}

std::optional<Retirement> ReferenceCore::step() {
  Retirement retired;
  retired.pc = pc_;
  std::memcpy(&retired.instruction, &memory[pc_], 4);
  const uint32_t word = retired.instruction;
  const uint32_t rd = word >> 7 & 31;
  const uint32_t funct3 = word >> 12 & 7;
  const uint32_t funct7 = word >> 25;
  const uint32_t a = registers[word >> 15 & 31];
  const uint32_t b = registers[word >> 20 & 31];
  const auto immediate = static_cast<uint32_t>(sign_extend(word >> 20, 12));

  std::optional<uint32_t> result;
  uint32_t next = pc_ + 4;
  switch (word & 0x7f) {
    case 0x37:  // lui
      result = word & ~0xfffu;
      break;
    case 0x17:  // auipc
      result = pc_ + (word & ~0xfffu);
      break;
    case 0x6f: {  // jal
      const uint32_t offset =
          (word >> 31) << 20 | (word >> 12 & 0xff) << 12 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1;
      result = next;
      next = pc_ + static_cast<uint32_t>(sign_extend(offset, 21));
      break;
    }
    case 0x67:  // jalr
      if (funct3 != 0) return std::nullopt;
      result = next;
      next = (a + immediate) & ~1u;
      if (next / kInstructionBytes != kInstructionBase / kInstructionBytes) return std::nullopt;
      break;
    case 0x63: {  // branches
      if (funct3 == 2 || funct3 == 3) return std::nullopt;
      const uint32_t offset =
          (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 0xf) << 1;
      if (branch_taken(funct3, a, b)) next = pc_ + static_cast<uint32_t>(sign_extend(offset, 13));
      break;
    }
    case 0x03: {  // loads: bytes, halves, words; unsigned bytes and halves
      if (funct3 == 3 || funct3 > 5) return std::nullopt;
      const uint32_t bytes = 1 << funct3 % 4;
      retired.address = a + immediate;
      const uint32_t value = load(retired.address, bytes);
      result = funct3 < 2 ? static_cast<uint32_t>(sign_extend(value, static_cast<int>(8 * bytes))) : value;
      break;
    }
    case 0x23: {  // stores
      if (funct3 > 2) return std::nullopt;
      const uint32_t bytes = 1 << funct3;
      retired.address = a + static_cast<uint32_t>(sign_extend(funct7 << 5 | rd, 12));
      store(retired.address, bytes, b);
      // The byte enables of an access that is not aligned are those of the aligned one below.
      const uint32_t lane = retired.address % 4 / bytes * bytes;
      retired.store_be = ((1u << bytes) - 1) << lane;
      retired.store_data = b << 8 * lane;
      break;
    }
    case 0x13:  // operations with an immediate; those of shifts are 5 bits
      if (funct3 == 1 && funct7 != 0) return std::nullopt;
      if (funct3 == 5 && funct7 != 0 && funct7 != 0x20) return std::nullopt;
      result = arithmetic(funct3, funct3 == 5 && funct7 == 0x20, a, immediate);
      break;
    case 0x33:  // operations on registers
      if (funct7 == 1) {
        result = multiply_divide(funct3, a, b);
      } else {
        const bool alternate = funct7 == 0x20 && (funct3 == 0 || funct3 == 5);
        if (funct7 != 0 && !alternate) return std::nullopt;
        result = arithmetic(funct3, alternate, a, b);
      }
      break;
    case 0x0f:  // fence
      if (funct3 != 0) return std::nullopt;
      break;
    case kCustomOpcode:
      if (word >> 20 != 0) return std::nullopt;
      if (funct3 == kCustomBitLength)
        result = bit_length(a);
      else if (funct3 == kCustomSquareRoot)
        result = square_root(a);
      else
        return std::nullopt;
      break;
    default:
      return std::nullopt;
  }
  if (next % 4 != 0) return std::nullopt;
  pc_ = kInstructionBase + next % kInstructionBytes;
  if (result && rd != 0) {
    registers[rd] = *result;
    retired.rd = rd;
    retired.rd_data = *result;
  }
  return retired;
}

}  // namespace tessera::rtl
