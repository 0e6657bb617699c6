// A load keeps exactly the tiles awake that it was asked to, and is the same on every engine.
#include "host/bench/load.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "host/compiler/forest.h"
#include "host/error/error.h"
#include "host/runtime/control_plane.h"
#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"

namespace tessera::bench {
namespace {

struct Outcome {
  double awake_tiles;
  std::uint64_t cycle;
  std::uint64_t link_hash;
  bool errors;
};

class Errors final : public sim::EngineObserver {
 public:
  void on_error(int, std::uint64_t, const rtl::TileError&) override { any = true; }
  bool any = false;
};

template <typename Engine>
Outcome run(const Load& load, std::uint64_t cycles) {
  sim::WaferShape shape;
  shape.columns = load.columns;
  shape.rows = load.rows;
  EnginePort port(std::make_unique<Engine>(shape));
  Errors errors;
  port.set_observer(&errors);
  start_load(port, load);
  const std::uint64_t before = port.statistics().awake_tile_cycles;
  port.engine().run_until(port.cycle() + cycles);
  const Outcome outcome{
      static_cast<double>(port.statistics().awake_tile_cycles - before) / static_cast<double>(cycles),
      port.cycle(), port.link_hash(), errors.any};
  port.set_observer(nullptr);
  return outcome;
}

using Parameters = std::tuple<LoadKind, std::tuple<int, int, int>>;  // columns, rows, awake

class LoadTest : public testing::TestWithParam<Parameters> {};

TEST_P(LoadTest, WakesWhatItWasAskedToOnEveryEngine) {
  const auto [kind, wafer] = GetParam();
  const auto [columns, rows, awake] = wafer;
  const Load load = plan_load(kind, columns, rows, awake);
  const Outcome tiled = run<sim::TiledEngine>(load, 3000);
  EXPECT_NEAR(tiled.awake_tiles, awake, 0.01 * awake);
  EXPECT_FALSE(tiled.errors);
  const Outcome flat = run<sim::FlatEngine>(load, 3000);
  EXPECT_EQ(tiled.cycle, flat.cycle);
  EXPECT_EQ(tiled.link_hash, flat.link_hash);
  EXPECT_EQ(tiled.awake_tiles, flat.awake_tiles);
}

std::string case_name(const testing::TestParamInfo<LoadTest::ParamType>& info) {
  const auto& [kind, wafer] = info.param;
  const auto& [columns, rows, awake] = wafer;
  return fmt::format("{}_{}x{}_{}", load_name(kind), columns, rows, awake);
}

INSTANTIATE_TEST_SUITE_P(Wafers, LoadTest,
                         testing::Combine(testing::ValuesIn(kLoadKinds),
                                          testing::Values(std::tuple(1, 1, 1), std::tuple(2, 2, 3),
                                                          std::tuple(3, 2, 3), std::tuple(3, 2, 6),
                                                          std::tuple(4, 4, 1), std::tuple(4, 4, 7),
                                                          std::tuple(4, 4, 16))),
                         case_name);

// What tiles do in an awake cycle in the mean, from their own counters.
TEST(Load, MixedIsNoLighterThanTheModel) {
  WaferConfig config;
  config.columns = config.rows = 4;
  const Load load = plan_load(LoadKind::kMixed, 4, 4, 16);
  EnginePort port(std::make_unique<sim::TiledEngine>(engine_shape(config)));
  start_load(port, load);
  const Forest forest = grow_forest(make_wafer(config));
  std::vector<ControlMessage> clear, requests;
  const std::uint32_t zero = 0;
  for (const LoadTile& tile : load.tiles)  // what was before the load is not of it
    clear.push_back(write_request(forest, tile.tile, rtl::kRegCounter, {&zero, 1}));
  run_control(port, forest, clear);
  port.engine().run_until(port.cycle() + 20000);

  for (const LoadTile& tile : load.tiles)
    requests.push_back(read_request(forest, tile.tile, rtl::kRegCounter, rtl::kCounterCount));
  std::vector<double> sums(rtl::kCounterCount);
  for (const auto& counters : run_control(port, forest, requests)) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += counters[i];
  }
  const auto share = [&](int counter) { return sums[counter] / sums[rtl::kCounterAwake]; };
  const double words = share(rtl::kCounterNorth) + share(rtl::kCounterEast) + share(rtl::kCounterSouth) +
                       share(rtl::kCounterWest);
  fmt::print("core {:.3f}, MAC {:.3f}, map {:.3f}, words {:.3f}\n", share(rtl::kCounterCore),
             share(rtl::kCounterMac), share(rtl::kCounterMap), words);
  // The shipped model (tessera run --profile), than which the load is not lighter.
  const auto expect_busy_as = [](double model, double load) {
    EXPECT_GE(load, model);
    EXPECT_LE(load, 2 * model);
  };
  expect_busy_as(0.138, share(rtl::kCounterCore));
  expect_busy_as(0.363, share(rtl::kCounterMac));
  expect_busy_as(0.117, share(rtl::kCounterMap));
  expect_busy_as(0.190, words);
}

std::set<int> tiles_of(const Load& load) {
  std::set<int> tiles;
  for (const LoadTile& tile : load.tiles) tiles.insert(tile.tile);
  return tiles;
}

TEST(Load, TilesDifferAndLieOnTheWafer) {
  for (const int awake : {1, 5, 50, 130, 200}) {
    const std::set<int> tiles = tiles_of(plan_load(LoadKind::kMixed, 20, 10, awake));
    EXPECT_EQ(tiles.size(), static_cast<size_t>(awake));
    EXPECT_GE(*tiles.begin(), 0);
    EXPECT_LT(*tiles.rbegin(), 200);
  }
}

TEST(Load, TheSeedDecides) {
  EXPECT_EQ(tiles_of(plan_load(LoadKind::kMixed, 32, 32, 50, 3)),
            tiles_of(plan_load(LoadKind::kMixed, 32, 32, 50, 3)));
  EXPECT_NE(tiles_of(plan_load(LoadKind::kMixed, 32, 32, 50, 3)),
            tiles_of(plan_load(LoadKind::kMixed, 32, 32, 50, 4)));
}

TEST(Load, IsSpreadOverTheWafer) {
  int upper = 0;
  for (const int tile : tiles_of(plan_load(LoadKind::kMixed, 64, 64, 1024))) upper += tile < 64 * 32;
  EXPECT_NEAR(upper, 512, 100);
}

TEST(Load, Shares) {
  EXPECT_EQ(awake_tiles(64, 64, 1), 41);
  EXPECT_EQ(awake_tiles(8, 8, 5), 3);
  EXPECT_EQ(awake_tiles(4, 4, 100), 16);
  EXPECT_EQ(awake_tiles(2, 2, 1), 1);
}

TEST(Load, RefusesWhatCannotBe) {
  EXPECT_THROW(plan_load(LoadKind::kCore, 4, 4, 0), Error);
  EXPECT_THROW(plan_load(LoadKind::kCore, 4, 4, 17), Error);
  EXPECT_THROW(parse_load("heavy"), Error);
  for (const LoadKind kind : kLoadKinds) EXPECT_EQ(parse_load(load_name(kind)), kind);
}

}  // namespace
}  // namespace tessera::bench
