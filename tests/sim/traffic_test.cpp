// Random multicasts and merges under back-pressure: what was sent arrives, and the engines agree to the
// cycle.
#include "tests/sim/traffic.h"

#include <gtest/gtest.h>

#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"
#include "tests/sim/random_wafer.h"

namespace tessera::sim {
namespace {

struct Case {
  const char* name;
  WaferShape shape;
};

class TrafficTest : public testing::TestWithParam<Case> {};

TEST_P(TrafficTest, EnginesAgree) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    TiledEngine tiled(GetParam().shape);
    const TrafficResult of_tiled = run_traffic(tiled, seed);
    FlatEngine flat(GetParam().shape);
    const TrafficResult of_flat = run_traffic(flat, seed);
    EXPECT_GT(of_tiled.messages, 0u);
    expect_same(of_tiled, of_flat);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Wafers, TrafficTest,
    testing::Values(Case{"OneTile", {1, 1, {}, {}, {}}}, Case{"Square", {2, 2, {}, {}, {}}},
                    Case{"Oblong", {3, 2, {}, {}, {}}}, Case{"OblongDeadTile", {3, 2, marks(6, {1}), {}, {}}},
                    Case{"Large", {4, 4, {}, {}, {}}},
                    Case{"LargeDead", {4, 4, marks(16, {5, 8}), marks(16, {0, 15}), marks(16, {7})}}),
    [](const auto& info) { return std::string(info.param.name); });

// A second run on the same engine, after a reset, is the same run.
TEST(TrafficRepeat, AfterReset) {
  TiledEngine engine(WaferShape{2, 2, {}, {}, {}});
  const auto reset = [&] {
    engine.reset();
    for (int tile = 0; tile < engine.shape().tiles(); ++tile) engine.memory(tile) = {};
  };
  const TrafficResult first = run_traffic(engine, 7);
  reset();
  const TrafficResult second = run_traffic(engine, 7);
  EXPECT_EQ(first.link_hash, second.link_hash);
  EXPECT_EQ(first.awake_tile_cycles, second.awake_tile_cycles);
  reset();
  EXPECT_NE(run_traffic(engine, 8).link_hash, first.link_hash);
}

}  // namespace
}  // namespace tessera::sim
