// What the core promises about cycles: how many each instruction takes, when it sleeps, how it starts and
// stops.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/rtl/core/core_bench.h"
#include "tests/rtl/core/encode.h"

namespace tessera::rtl {
namespace {

// Cycles from the end of the instruction before to the end of the given one, or of each of a sequence.
std::vector<uint64_t> cycles_of(const std::vector<uint32_t>& instructions) {
  CoreBench bench;
  std::vector<uint32_t> program = {addi(1, 0, 0x100), lui(2, kInstructionBase + 0x1000), addi(3, 0, 7),
                                   addi(4, 0, 3)};
  const size_t before = program.size();
  program.insert(program.end(), instructions.begin(), instructions.end());
  program.push_back(kEbreak);
  bench.run(program);
  std::vector<uint64_t> cycles;
  for (size_t i = before; i < bench.retire_cycles().size(); ++i) {
    cycles.push_back(bench.retire_cycles()[i] - bench.retire_cycles()[i - 1]);
  }
  return cycles;
}

TEST(CoreCycles, OfEachKind) {
  const struct {
    std::string name;
    uint32_t instruction;
    uint64_t cycles;
  } kinds[] = {
      {"add", add(5, 3, 4), 1},
      {"shift", operation(1, 0, 5, 3, 4), 1},
      {"lui", lui(5, 0x1000), 1},
      {"auipc", auipc(5, 0), 1},
      {"fence", kFence, 1},
      {"bit length", bit_length(5, 3), 1},
      {"branch not taken", branch(0, 3, 4, 8), 1},
      {"branch taken", branch(1, 3, 4, 4), 1},
      {"jump", jal(5, 4), 1},
      {"store", sw(3, 1, 0), 1},
      {"store byte", store(0, 3, 1, 3), 1},
      {"load", lw(5, 1, 0), 2},
      {"load byte", load(4, 5, 1, 3), 2},
      {"multiply", mul(5, 3, 4), 2},
      {"multiply high", operation(3, 1, 5, 3, 4), 2},
      {"divide", div(5, 3, 4), 18},
      {"divide by zero", div(5, 3, 0), 18},
      {"remainder", operation(7, 1, 5, 3, 4), 18},
      {"square root", square_root(5, 3), 18},
  };
  for (const auto& kind : kinds) {
    EXPECT_EQ(cycles_of({kind.instruction}), std::vector<uint64_t>{kind.cycles}) << kind.name;
  }
}

TEST(CoreCycles, OfSequences) {
  using Cycles = std::vector<uint64_t>;
  // What the instruction before did costs nothing.
  EXPECT_EQ(cycles_of({lw(5, 1, 0), add(6, 5, 5), sw(6, 1, 0), lw(7, 1, 0), mul(8, 7, 7), addi(8, 8, 1)}),
            (Cycles{2, 1, 1, 2, 2, 1}));
  // A loop of three: a taken branch has no bubble.
  EXPECT_EQ(cycles_of({addi(4, 4, -1), branch(1, 4, 0, -4)}), (Cycles{1, 1, 1, 1, 1, 1}));
  // The instruction memory's port serves a load before the fetch, which comes one cycle later anyway, and a
  // store instead of it: the instruction after the store pays.
  EXPECT_EQ(cycles_of({lw(5, 2, 0), addi(6, 0, 1), sw(5, 2, 0), addi(6, 0, 1)}), (Cycles{2, 1, 1, 2}));
}

class CoreSleep : public testing::Test {
 protected:
  // Runs until the core sleeps on a load from a register of the tile.
  void sleep(uint32_t instruction = lw(5, 1, 0x300)) {
    bench_.load({lui(1, kRegisterBase), instruction, addi(6, 5, 1), kEbreak});
    bench_.device_ready = false;
    bench_.device = [] { return 41; };
    bench_.set_run(true);
    for (int i = 0; i < 10; ++i) bench_.cycle();
    EXPECT_FALSE(bench_.busy());
  }

  CoreBench bench_;
};

TEST_F(CoreSleep, OnALoad) {
  sleep();
  for (int i = 0; i < 1000; ++i) {
    bench_.cycle();
    ASSERT_FALSE(bench_.busy());
  }
  EXPECT_EQ(bench_.retirements().size(), 1u);
  bench_.device_ready = true;
  bench_.cycle();
  EXPECT_TRUE(bench_.busy());
  bench_.run_until_error(3);  // the data, the instruction after, ebreak
  EXPECT_EQ(bench_.reg(6), 42u);
}

TEST_F(CoreSleep, OnAStore) {
  sleep(sw(1, 1, 0x444));
  bench_.device_ready = true;
  bench_.run_until_error(3);  // the store, the instruction after, ebreak
  EXPECT_EQ(bench_.retirements().size(), 3u);
}

TEST_F(CoreSleep, OnAFetch) {
  bench_.load({addi(1, 0, 1), addi(2, 0, 2), kEbreak});
  bench_.set_run(true);
  bench_.cycle();
  bench_.fetch_allowed = false;
  bench_.cycle();  // the first instruction finishes,
  bench_.cycle();  // and has retired
  for (int i = 0; i < 100; ++i) {
    bench_.cycle();
    ASSERT_FALSE(bench_.busy());
  }
  bench_.fetch_allowed = true;
  bench_.cycle();
  EXPECT_TRUE(bench_.busy());
  bench_.run_until_error(2);
  EXPECT_EQ(bench_.reg(2), 2u);
}

TEST_F(CoreSleep, IsLeftByStopping) {
  sleep();
  bench_.stop();
  EXPECT_EQ(bench_.retirements().size(), 1u) << "the load never happened";
  bench_.device_ready = true;
  bench_.run({addi(7, 0, 9), kEbreak});
  EXPECT_EQ(bench_.reg(7), 9u);
}

// Stops the program in every cycle of its run, for as short as can be, and starts it again from the
// beginning.
TEST(CoreRun, StopsAndStartsInAnyCycle) {
  const std::vector<uint32_t> program = {addi(1, 0, 0x100), sw(1, 1, 0),  lw(2, 1, 0),
                                         div(3, 2, 1),      mul(4, 2, 2), square_root(5, 4),
                                         jal(6, 4),         add(7, 3, 4), kEbreak};
  for (StallRates stalls : {StallRates{0, 0}, StallRates{0.5, 0.5}}) {
    CoreBench bench(3, stalls);
    for (int length = 0; length < 60; ++length) {
      SCOPED_TRACE(testing::Message() << "stopped after " << length << " cycles");
      bench.load(program);
      bench.set_run(true);
      for (int i = 0; i < length; ++i) bench.cycle();
      bench.set_run(false);
      bench.cycle();
      bench.run(program);
      EXPECT_EQ(bench.retirements().size(), program.size() - 1);
      EXPECT_EQ(bench.reg(7), 0x10001u);
    }
  }
}

TEST(CoreRun, FirstFetchIsInTheCycleRunRises) {
  CoreBench bench;
  bench.run({addi(1, 0, 1), kEbreak});
  ASSERT_EQ(bench.retire_cycles().size(), 1u);
  EXPECT_EQ(bench.retire_cycles()[0], 1u);  // fetch in cycle 0, execute in cycle 1
}

TEST(CoreRun, AStoppedCoreIsNotBusy) {
  CoreBench bench;
  bench.load({addi(1, 0, 1)});
  for (int i = 0; i < 10; ++i) {
    bench.cycle();
    EXPECT_FALSE(bench.busy());
  }
  EXPECT_TRUE(bench.retire_cycles().empty());
}

}  // namespace
}  // namespace tessera::rtl
