// The generated way to run a tile through a cycle against eval(), on two tiles that get the same.
#include <gtest/gtest.h>

#include <string>

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

}  // namespace
}  // namespace tessera::sim
