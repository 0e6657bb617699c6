#include "tests/rtl/core/core_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "tests/rtl/core/encode.h"

namespace tessera::rtl {
namespace {

bool in_instruction_memory(uint32_t address) {
  return address / kInstructionBytes == kInstructionBase / kInstructionBytes;
}

uint32_t byte_mask(uint32_t enables) {
  uint32_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    if (enables >> i & 1) mask |= 0xffu << 8 * i;
  }
  return mask;
}

}  // namespace

CoreBench::CoreBench(uint32_t seed, StallRates stalls)
    : random_(seed), stalls_(stalls), memory_(ReferenceCore::kAddressSpace) {
  // State is noise until it is reset, and the registers until they are written.
  Verilated::randReset(2);
  core_ = std::make_unique<Vcore>();
  sleeper_ = std::make_unique<Vcore>();
  each([](Vcore& core) {
    core.clk_i = core.multiply_divide_clk_i = 0;
    core.rst_ni = 1;
  });
  evaluate();
  each([](Vcore& core) { core.rst_ni = 0; });
  evaluate();
  each([](Vcore& core) { core.rst_ni = 1; });
  evaluate();
  std::vector<uint32_t> clear_registers;
  for (uint32_t rd = 1; rd < 32; ++rd) clear_registers.push_back(addi(rd, 0, 0));
  clear_registers.push_back(kEbreak);
  run(clear_registers);
  retire_cycles_.clear();
  retirements_.clear();
  cycles_ = errors_ = 0;
}

CoreBench::~CoreBench() = default;

void CoreBench::evaluate() {
  each([](Vcore& core) { core.eval(); });
}

void CoreBench::load(const std::vector<uint32_t>& words, uint32_t address) {
  std::memcpy(&memory_.at(address), words.data(), 4 * words.size());
  std::memcpy(&reference_.memory.at(address), words.data(), 4 * words.size());
}

uint32_t CoreBench::word(uint32_t address) const {
  uint32_t value;
  std::memcpy(&value, &memory_.at(address), 4);
  return value;
}

CoreBench::Access CoreBench::access() const {
  if (!core_->data_req_o) return {};
  return {true, core_->data_we_o != 0, core_->data_addr_o, core_->data_be_o, core_->data_wdata_o};
}

// The byte enables tell the size; they are those of the aligned access, the address says where it was meant.
bool CoreBench::aligned(const Access& access) const {
  const auto bytes = static_cast<uint32_t>(std::popcount(access.enables));
  return bytes != 0 && accessible(access.address, bytes) &&
         access.enables == ((1u << bytes) - 1) << access.address % 4;
}

uint32_t CoreBench::read(const Access& access) {
  if (!aligned(access)) return 0;
  if (access.address >= kRegisterBase) {
    reference_.device_reads.push_back(device());
    return reference_.device_reads.back();
  }
  // Only the bytes that were asked for.
  return word(access.address & ~3u) & byte_mask(access.enables);
}

void CoreBench::write(const Access& access) {
  if (!aligned(access)) return;
  const uint32_t mask = byte_mask(access.enables);
  const uint32_t address = access.address & ~3u;
  const uint32_t merged = (word(address) & ~mask) | (access.data & mask);
  std::memcpy(&memory_[address], &merged, 4);
}

void CoreBench::cycle() {
  each([this](Vcore& core) {
    core.run_i = run_;
    core.data_gnt_i = 0;
    core.fetch_gnt_i = 0;
  });
  evaluate();

  const Access now = access();
  const bool to_device = now.request && now.address >= kRegisterBase;
  const bool data_grant =
      now.request && data_allowed && (device_ready || !to_device) && !refuse(stalls_.data);
  each([&](Vcore& core) { core.data_gnt_i = data_grant; });
  evaluate();
  const bool port_taken = data_grant && aligned(now) && in_instruction_memory(now.address);
  const bool fetch_grant = core_->fetch_req_o && fetch_allowed && !port_taken && !refuse(stalls_.fetch);
  each([&](Vcore& core) { core.fetch_gnt_i = fetch_grant; });
  evaluate();

  check_outputs_agree();
  EXPECT_EQ(access(), now) << "a data request depends on a grant";
  check_busy(now, data_grant);
  refused_ = data_grant ? Access{} : now;
  if (!run_) {
    EXPECT_FALSE(core_->fetch_req_o || core_->data_req_o) << "a request while the core is stopped";
  }

  error_ = core_->error_o;
  if (error_ && run_) {
    ++errors_;
    EXPECT_FALSE(reference_.step()) << "an instruction that the reference can execute";
  }

  const uint32_t fetch_data =
      fetch_grant ? word(kInstructionBase + 4 * core_->fetch_addr_o) : static_cast<uint32_t>(random_());
  const uint32_t read_data = data_grant && !now.write ? read(now) : static_cast<uint32_t>(random_());
  if (data_grant && now.write) write(now);

  busy_ = core_->busy_o;
  core_->clk_i = core_->multiply_divide_clk_i = 1;
  sleeper_->clk_i = sleeper_->busy_o;
  sleeper_->multiply_divide_clk_i = sleeper_->multiply_divide_busy_o;
  evaluate();
  each([](Vcore& core) { core.clk_i = core.multiply_divide_clk_i = 0; });
  evaluate();
  each([&](Vcore& core) {
    core.fetch_data_i = port_taken ? read_data : fetch_data;
    core.data_rdata_i = read_data;
  });
  ++cycles_;
  if (core_->retire_valid_o) check_retirement();
  if (!run_) reference_.restart();
}

void CoreBench::check_outputs_agree() {
  const auto outputs = [](const Vcore& core) {
    return std::vector<uint32_t>{core.fetch_req_o,
                                 core.fetch_addr_o,
                                 core.data_req_o,
                                 core.data_we_o,
                                 core.data_addr_o,
                                 core.data_be_o,
                                 core.data_wdata_o,
                                 core.error_o,
                                 core.busy_o,
                                 core.multiply_divide_busy_o,
                                 core.retire_valid_o,
                                 core.retire_pc_o,
                                 core.retire_instruction_o,
                                 core.retire_rd_o,
                                 core.retire_rd_data_o,
                                 core.retire_store_be_o,
                                 core.retire_address_o,
                                 core.retire_store_data_o};
  };
  ASSERT_EQ(outputs(*core_), outputs(*sleeper_))
      << "the state changed in a cycle that was not busy: cycle " << cycles_;
}

void CoreBench::check_busy(const Access& now, bool data_grant) {
  // A request that was refused before and is refused again is all that the core waits for.
  if (!run_ || !refused_.request) return;
  EXPECT_EQ(now, refused_) << "a refused data request changed";
  if (!data_grant) {
    EXPECT_EQ(core_->busy_o, core_->retire_valid_o) << "busy while a data request waits";
  }
}

void CoreBench::check_retirement() {
  retire_cycles_.push_back(cycles_ - 1);
  const std::optional<Retirement> expected = reference_.step();
  ASSERT_TRUE(expected) << "retired what the reference cannot execute: " << std::hex
                        << core_->retire_instruction_o;
  const uint32_t word = expected->instruction;
  const bool memory_access = (word & 0x5f) == 0x03;  // load or store
  EXPECT_EQ(core_->retire_pc_o, expected->pc);
  EXPECT_EQ(core_->retire_instruction_o, word);
  EXPECT_EQ(core_->retire_rd_o, expected->rd) << std::hex << word << " at " << expected->pc;
  if (expected->rd != 0) {
    EXPECT_EQ(core_->retire_rd_data_o, expected->rd_data) << std::hex << word << " at " << expected->pc;
  }
  EXPECT_EQ(core_->retire_store_be_o, expected->store_be) << std::hex << word;
  if (memory_access) {
    EXPECT_EQ(core_->retire_address_o, expected->address) << std::hex << word;
  }
  if (expected->store_be != 0) {
    const uint32_t mask = byte_mask(expected->store_be);
    EXPECT_EQ(core_->retire_store_data_o & mask, expected->store_data & mask) << std::hex << word;
  }
  if (keep_retirements) retirements_.push_back(*expected);
}

void CoreBench::run_until_error(uint64_t max_cycles) {
  const uint64_t end = cycles_ + max_cycles;
  set_run(true);
  do {
    cycle();
  } while (!error_ && cycles_ < end && !testing::Test::HasFailure());
  EXPECT_TRUE(error_) << "the program did not end in " << max_cycles << " cycles";
}

void CoreBench::stop() {
  set_run(false);
  for (int i = 0; i < 3; ++i) cycle();
  EXPECT_FALSE(busy_) << "busy after it was stopped";
}

void CoreBench::run(const std::vector<uint32_t>& words, uint64_t max_cycles) {
  retirements_.clear();
  retire_cycles_.clear();
  load(words);
  run_until_error(max_cycles);
  EXPECT_TRUE(std::equal(memory_.begin(), memory_.begin() + kRegisterBase, reference_.memory.begin()))
      << "memory differs from the reference's";
  stop();
}

}  // namespace tessera::rtl
