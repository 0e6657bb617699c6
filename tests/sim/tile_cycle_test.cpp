// The generated way to run a tile through a cycle against eval(), on two tiles that get the same.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/sim/lone_tile.h"

namespace tessera::sim {
namespace {

TEST(TileCycle, IsDirectWithTheVerilatorItWasWrittenFor) {
  if (std::string(Verilated::productVersion()).find("5.006") != std::string::npos) {
    EXPECT_TRUE(kTileCycleIsDirect);
  }
}

TEST(TileCycle, DirectAndByEvalAreTheSame) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    LinkTraffic traffic(seed);
    LoneTile direct;
    LoneTile by_eval;
    for (int cycle = 0; cycle < 3000; ++cycle) {
      const TileInputs inputs = traffic.next(direct.outputs());
      set_inputs(direct.root(), inputs);
      tile_cycle(direct.model);
      set_inputs(by_eval.root(), inputs);
      tile_cycle_by_eval(by_eval.model);
      ASSERT_EQ(direct.outputs(), by_eval.outputs()) << "cycle " << cycle;
    }
    EXPECT_GT(traffic.taken(), 0u);
    EXPECT_EQ(direct.sram(), by_eval.sram());
  }
}

// Each tile with traffic of its own, so that other clocks tick in each.
TEST(TileCycle, TogetherAndOneByOneAreTheSame) {
  constexpr size_t kTiles = 7;
  std::vector<LinkTraffic> traffic;
  for (unsigned seed = 1; seed <= kTiles; ++seed) traffic.emplace_back(seed);
  std::array<LoneTile, kTiles> together, alone;
  std::array<Vtile*, kTiles> models;
  for (size_t i = 0; i < kTiles; ++i) models[i] = &together[i].model;
  for (int cycle = 0; cycle < 3000; ++cycle) {
    std::array<uint32_t, kTiles> clocks, expected;
    for (size_t i = 0; i < kTiles; ++i) {
      const TileInputs inputs = traffic[i].next(alone[i].outputs());
      set_inputs(together[i].root(), inputs);
      set_inputs(alone[i].root(), inputs);
    }
    tile_cycles(models.data(), kTiles, clocks.data());
    for (size_t i = 0; i < kTiles; ++i) expected[i] = tile_cycle(alone[i].model);
    ASSERT_EQ(clocks, expected) << "cycle " << cycle;
    for (size_t i = 0; i < kTiles; ++i)
      ASSERT_EQ(together[i].outputs(), alone[i].outputs()) << "tile " << i << ", cycle " << cycle;
  }
  for (size_t i = 0; i < kTiles; ++i) {
    EXPECT_GT(traffic[i].taken(), 0u);
    EXPECT_EQ(together[i].sram(), alone[i].sram());
  }
}

}  // namespace
}  // namespace tessera::sim
