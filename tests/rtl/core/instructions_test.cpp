// Every instruction of the core, with operands from the corners. The bench compares each with the reference
// core; the values written here are those where the reference itself might be doubted.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/rtl/core/core_bench.h"
#include "tests/rtl/core/encode.h"

namespace tessera::rtl {
namespace {

const std::vector<uint32_t> kCorners = {
    0,          1,          2,          3,          31,         32,         0x7f,       0x80,
    0xff,       0x100,      0x7fff,     0x8000,     0xffff,     0x10000,    0x12345678, 0x7ffffffe,
    0x7fffffff, 0x80000000, 0x80000001, 0xaaaaaaaa, 0xfffe0001, 0xffff8000, 0xfffffffe, 0xffffffff};

// Sets a register to any value, in two instructions.
void set(std::vector<uint32_t>& program, uint32_t rd, uint32_t value) {
  program.push_back(lui(rd, value + 0x800));
  program.push_back(addi(rd, rd, static_cast<int32_t>(value << 20) >> 20));
}

class CoreInstructions : public testing::Test {
 protected:
  // The result of one instruction that writes x3, from x1 and x2.
  uint32_t result(uint32_t instruction, uint32_t a, uint32_t b = 0) {
    std::vector<uint32_t> program;
    set(program, 1, a);
    set(program, 2, b);
    program.push_back(instruction);
    program.push_back(kEbreak);
    bench_.run(program);
    return bench_.reg(3);
  }

  CoreBench bench_;
};

TEST_F(CoreInstructions, RegisterOperations) {
  struct Operation {
    uint32_t funct3, funct7;
  };
  std::vector<Operation> operations = {{0, 0x20}, {5, 0x20}};  // sub, sra
  for (uint32_t funct3 = 0; funct3 < 8; ++funct3) {
    operations.push_back({funct3, 0});
    operations.push_back({funct3, 1});
  }
  for (const Operation& operation_code : operations) {
    std::vector<uint32_t> program;
    for (uint32_t a : kCorners) {
      set(program, 1, a);
      for (uint32_t b : kCorners) {
        set(program, 2, b);
        program.push_back(operation(operation_code.funct3, operation_code.funct7, 3, 1, 2));
      }
    }
    program.push_back(kEbreak);
    bench_.run(program);
  }
}

TEST_F(CoreInstructions, ImmediateOperations) {
  std::vector<uint32_t> program;
  for (uint32_t a : kCorners) {
    set(program, 1, a);
    for (int32_t immediate : {0, 1, 31, 2047, -1, -2, -2048}) {
      for (uint32_t funct3 : {0u, 2u, 3u, 4u, 6u, 7u}) {
        program.push_back(operation_immediate(funct3, 3, 1, immediate));
      }
    }
    for (int32_t amount : {0, 1, 15, 16, 31}) {
      program.push_back(operation_immediate(1, 3, 1, amount));
      program.push_back(operation_immediate(5, 3, 1, amount));
      program.push_back(operation_immediate(5, 3, 1, amount | 0x400));  // srai
    }
  }
  program.push_back(kEbreak);
  bench_.run(program);
}

TEST_F(CoreInstructions, KnownProductsAndQuotients) {
  const auto product = [&](uint32_t funct3, uint32_t a, uint32_t b) {
    return result(operation(funct3, 1, 3, 1, 2), a, b);
  };
  EXPECT_EQ(product(0, 0xffffffff, 0xffffffff), 1u);           // mul
  EXPECT_EQ(product(1, 0x80000000, 0x80000000), 0x40000000u);  // mulh
  EXPECT_EQ(product(1, 0xffffffff, 1), 0xffffffffu);
  EXPECT_EQ(product(2, 0xffffffff, 0xffffffff), 0xffffffffu);  // mulhsu: -1 * (2^32 - 1)
  EXPECT_EQ(product(2, 1, 0xffffffff), 0u);
  EXPECT_EQ(product(3, 0xffffffff, 0xffffffff), 0xfffffffeu);  // mulhu
  EXPECT_EQ(product(4, 7, 0), 0xffffffffu);                    // div by zero
  EXPECT_EQ(product(4, 0xfffffff9, 0), 0xffffffffu);
  EXPECT_EQ(product(4, 0x80000000, 0xffffffff), 0x80000000u);  // overflow
  EXPECT_EQ(product(4, 0xfffffff9, 2), 0xfffffffdu);           // -7 / 2 = -3
  EXPECT_EQ(product(5, 0xffffffff, 0), 0xffffffffu);           // divu by zero
  EXPECT_EQ(product(6, 0xfffffff9, 0), 0xfffffff9u);           // rem by zero
  EXPECT_EQ(product(6, 0x80000000, 0xffffffff), 0u);           // overflow
  EXPECT_EQ(product(6, 0xfffffff9, 2), 0xffffffffu);           // -7 % 2 = -1
  EXPECT_EQ(product(7, 0xfffffff9, 0), 0xfffffff9u);           // remu by zero
}

TEST_F(CoreInstructions, BitLengthAndSquareRoot) {
  EXPECT_EQ(result(bit_length(3, 1), 0), 0u);
  EXPECT_EQ(result(bit_length(3, 1), 1), 1u);
  EXPECT_EQ(result(bit_length(3, 1), 0xffffffff), 32u);
  EXPECT_EQ(result(square_root(3, 1), 0), 0u);
  EXPECT_EQ(result(square_root(3, 1), 0xffffffff), 65535u);
  EXPECT_EQ(result(square_root(3, 1), 0xfffe0001), 65535u);
  EXPECT_EQ(result(square_root(3, 1), 0xfffe0000), 65534u);

  std::vector<uint32_t> program;
  for (uint32_t bit = 0; bit < 32; ++bit) {
    for (uint32_t value : {1u << bit, (1u << bit) - 1, 1u << bit | 1}) {
      set(program, 1, value);
      program.push_back(bit_length(3, 1));
      program.push_back(square_root(4, 1));
    }
  }
  // Around perfect squares.
  for (uint32_t root : {2u, 3u, 15u, 16u, 255u, 256u, 46340u, 46341u, 65535u}) {
    for (uint32_t value : {root * root - 1, root * root, root * root + 1}) {
      set(program, 1, value);
      program.push_back(square_root(4, 1));
    }
  }
  program.push_back(kEbreak);
  bench_.run(program);
}

TEST_F(CoreInstructions, UpperImmediates) {
  std::vector<uint32_t> program;
  for (uint32_t upper : {0u, 0x1000u, 0x7ffff000u, 0x80000000u, 0xfffff000u}) {
    program.push_back(lui(3, upper));
    program.push_back(auipc(4, upper));
  }
  program.push_back(kEbreak);
  bench_.run(program);
  EXPECT_EQ(bench_.reg(3), 0xfffff000u);
  // auipc of the program's second last instruction: code has the addresses of the instruction memory.
  EXPECT_EQ(bench_.reg(4), kInstructionBase + 4 * 9 - 0x1000);
}

TEST_F(CoreInstructions, RegisterZero) {
  const std::vector<uint32_t> writes = {addi(0, 0, 5), lui(0, 0x1000),   auipc(0, 0),
                                        jal(0, 4),     lw(0, 0, 0),      mul(0, 1, 1),
                                        div(0, 1, 1),  bit_length(0, 1), square_root(0, 1)};
  std::vector<uint32_t> program = {addi(1, 0, 7)};
  for (uint32_t write : writes) {
    program.push_back(write);
    program.push_back(add(3, 0, 0));
    program.push_back(add(4, 1, 0));
  }
  program.push_back(kEbreak);
  bench_.load({0xffffffff}, 0);
  bench_.run(program);
}

TEST_F(CoreInstructions, Branches) {
  for (uint32_t funct3 : {0u, 1u, 4u, 5u, 6u, 7u}) {
    // Forward over one instruction, and backward to the block's start if x4 is still zero.
    std::vector<uint32_t> program;
    for (uint32_t a : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      for (uint32_t b : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
        set(program, 1, a);
        set(program, 2, b);
        program.push_back(addi(4, 0, 0));
        program.push_back(branch(funct3, 1, 2, 8));
        program.push_back(addi(3, 3, 1));
        program.push_back(branch(1, 4, 0, 12));  // the second time: on to the next block
        program.push_back(addi(4, 0, 1));
        program.push_back(branch(funct3, 1, 2, -16));
      }
    }
    program.push_back(kEbreak);
    bench_.run(program);
  }
}

TEST_F(CoreInstructions, BranchOffsets) {
  // Back and forth over the whole range of a branch.
  bench_.load({branch(0, 0, 0, -4096)}, kInstructionBase + 0x1800);
  bench_.load({branch(0, 0, 0, 4092)}, kInstructionBase + 0x800);
  bench_.load({kEbreak}, kInstructionBase + 0x17fc);
  bench_.run({jal(0, 0x1800)});
  EXPECT_EQ(bench_.retirements().size(), 3u);
}

TEST_F(CoreInstructions, JumpsAndTheirLinks) {
  std::vector<uint32_t> program = {jal(1, 12),     kEbreak, kEbreak,  // 0: to 12
                                   auipc(5, 0),                       // 12
                                   jalr(2, 5, 13), kEbreak,           // 16: to 12 + 12, bit 0 is ignored
                                   jalr(5, 5, 20), kEbreak,   // 24: to 32; link and address in one register
                                   addi(6, 5, 0),  kEbreak};  // 32
  bench_.run(program);
  EXPECT_EQ(bench_.reg(1), kInstructionBase + 4);
  EXPECT_EQ(bench_.reg(2), kInstructionBase + 20);
  EXPECT_EQ(bench_.reg(6), kInstructionBase + 28);
  EXPECT_EQ(bench_.retirements().size(), 5u);
}

TEST_F(CoreInstructions, OffsetsWrapAroundTheInstructionMemory) {
  bench_.load({kEbreak}, kInstructionBase + kInstructionBytes - 8);
  bench_.run({jal(0, -8)});
  bench_.load({addi(7, 7, 1)}, kInstructionBase + kInstructionBytes - 4);  // and on to pc 0
  bench_.run({branch(1, 7, 0, 8), jal(0, -8), kEbreak});
  EXPECT_EQ(bench_.reg(7), 1u);
}

TEST_F(CoreInstructions, LoadsOfEverySizeAtEveryOffset) {
  bench_.load({0x8380ff7f, 0x017f80ff}, 0x100);
  std::vector<uint32_t> program = {addi(1, 0, 0x104)};
  for (int32_t offset = -4; offset < 4; ++offset) {
    for (uint32_t funct3 : {0u, 4u, 1u, 5u, 2u}) {
      const int32_t bytes = 1 << funct3 % 4;
      if (offset % bytes == 0) program.push_back(load(funct3, 3, 1, offset));
    }
  }
  program.push_back(kEbreak);
  bench_.run(program);
}

TEST_F(CoreInstructions, StoresOfEverySizeAtEveryOffset) {
  for (uint32_t base : {0x200u, kInstructionBase + kInstructionBytes - 0x100}) {
    std::vector<uint32_t> program;
    set(program, 1, base);
    uint32_t value = 0x81828384;
    for (int32_t offset = -4; offset < 4; ++offset) {
      for (uint32_t funct3 : {0u, 1u, 2u}) {
        if (offset % (1 << funct3) != 0) continue;
        set(program, 2, value += 0x11111111);
        program.push_back(store(funct3, 2, 1, offset));
        program.push_back(lw(3, 1, offset & ~3));
      }
    }
    program.push_back(kEbreak);
    bench_.run(program);
  }
}

TEST_F(CoreInstructions, MemoryOffsetsReachBothWays) {
  std::vector<uint32_t> program;
  set(program, 1, 0x1000);
  for (int32_t offset : {-2048, -4, 0, 2044}) {
    program.push_back(sw(1, 1, offset));
    program.push_back(lw(3, 1, offset));
  }
  program.push_back(kEbreak);
  bench_.run(program);
  EXPECT_EQ(bench_.word(0x1000 - 2048), 0x1000u);
  EXPECT_EQ(bench_.word(0x1000 + 2044), 0x1000u);
}

// The core hands such accesses on as what they are; it is the address map that refuses them.
TEST_F(CoreInstructions, UnalignedAndDistantAccessesAreLeftToTheAddressMap) {
  std::vector<uint32_t> program;
  for (uint32_t base : {0x300u, 0x30000u, 0x40000u, 0x80000000u, 0xfffffff0u}) {
    set(program, 1, base);
    for (int32_t offset = 0; offset < 4; ++offset) {
      for (uint32_t funct3 : {0u, 1u, 2u}) {
        program.push_back(store(funct3, 1, 1, offset));
        program.push_back(load(funct3, 3, 1, offset));
      }
    }
  }
  program.push_back(kEbreak);
  bench_.run(program);
}

TEST_F(CoreInstructions, AStoreReachesTheNextInstruction) {
  std::vector<uint32_t> program;
  set(program, 1, kInstructionBase);
  set(program, 2, addi(3, 0, 42));
  program.push_back(sw(2, 1, 20));
  program.push_back(addi(3, 0, 1));
  program.push_back(kEbreak);
  bench_.run(program);
  EXPECT_EQ(bench_.reg(3), 42u);
}

TEST_F(CoreInstructions, FenceDoesNothing) {
  bench_.run({addi(1, 0, 3), kFence, addi(1, 1, 1), kEbreak});
  EXPECT_EQ(bench_.reg(1), 4u);
}

TEST_F(CoreInstructions, TrapsStopTheCoreUntilItIsStartedAgain) {
  for (uint32_t trap : {kEbreak, kEcall, 0u, 0xffffffffu, jal(1, 6), branch(0, 0, 0, 2), jalr(1, 0, 0)}) {
    const uint64_t errors = bench_.errors();
    bench_.load({addi(2, 0, 1), trap, addi(2, 0, 2)});
    bench_.run_until_error(100);
    for (int i = 0; i < 10; ++i) {
      bench_.cycle();
      EXPECT_FALSE(bench_.busy());
    }
    EXPECT_EQ(bench_.errors(), errors + 1) << "one pulse";
    EXPECT_EQ(bench_.reg(2), 1u);
    bench_.stop();
  }
}

TEST_F(CoreInstructions, ABranchThatIsNotTakenMayLeadAnywhere) {
  bench_.run({branch(1, 0, 0, 2), addi(2, 0, 1), kEbreak});
  EXPECT_EQ(bench_.reg(2), 1u);
}

// Every opcode with every funct3 and funct7: what is legal does what the reference does, the rest stops the
// core.
TEST(CoreLegality, EveryEncoding) {
  CoreBench bench;
  bench.keep_retirements = false;
  for (uint32_t opcode = 0; opcode < 128; ++opcode) {
    for (uint32_t selector = 0; selector < 8 * 128; ++selector) {
      for (uint32_t rs2 : {0u, 1u}) {
        const uint32_t instruction = encode_r(opcode, selector % 8, selector / 8, 3, 2, rs2);
        bench.load({lui(2, kInstructionBase), addi(1, 0, -77), instruction, kEbreak});
        bench.set_run(true);
        for (int i = 0; i < 25 && (i == 0 || !bench.error()); ++i)
          bench.cycle();  // some of them loop for ever
        bench.stop();
        if (HasFailure()) FAIL() << std::hex << instruction;
      }
    }
  }
}

}  // namespace
}  // namespace tessera::rtl
