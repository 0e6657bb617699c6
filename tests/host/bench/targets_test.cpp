// Targets are judged by the medians of the rows, and said to be not measured where rows are missing.
#include "host/bench/targets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/bench/load.h"

namespace tessera::bench {
namespace {

Row load_row(const char* engine, int side, double percent, double cycles_per_second) {
  Row row;
  row.engine = engine;
  row.load = "mixed";
  row.columns = row.rows = side;
  row.asked_tiles = awake_tiles(side, side, percent);
  row.cycles_per_second = cycles_per_second;
  row.ns_per_awake_tile_cycle = 1e9 / (cycles_per_second * row.asked_tiles);
  row.reference_ns = row.ns_per_awake_tile_cycle;
  return row;
}

TargetResult find(const std::vector<TargetResult>& results, const std::string& what) {
  const auto found = std::find_if(results.begin(), results.end(), [&](const TargetResult& result) {
    return result.what.find(what) != std::string::npos;
  });
  EXPECT_NE(found, results.end()) << what;
  return found == results.end() ? TargetResult{} : *found;
}

TEST(Targets, NothingMeasured) {
  for (const TargetResult& result : judge({})) {
    EXPECT_FALSE(result.measured) << result.what;
    EXPECT_FALSE(result.met());
  }
  EXPECT_NE(describe(judge({})).find("not measured"), std::string::npos);
}

TEST(Targets, SpeedupOverFlat) {
  const std::vector<Row> rows = {load_row("flat", 8, 100, 1000), load_row("tiled", 8, 100, 2900),
                                 load_row("flat", 8, 5, 1000), load_row("tiled", 8, 5, 17000)};
  const auto results = judge(rows);
  EXPECT_DOUBLE_EQ(*find(results, "over flat, 8 x 8, all awake").measured, 2.9);
  EXPECT_FALSE(find(results, "over flat, 8 x 8, all awake").met());
  EXPECT_TRUE(find(results, "over flat, 8 x 8, 5 % awake").met());
  EXPECT_FALSE(find(results, "over flat, 16 x 16, all awake").measured);
  EXPECT_NE(describe(results).find("NOT MET"), std::string::npos);
}

TEST(Targets, TheWorstOfThreadsCounts) {
  const std::vector<Row> rows = {load_row("tiled", 32, 100, 1000),     load_row("threaded", 32, 100, 1900),
                                 load_row("automatic", 32, 100, 1890), load_row("tiled", 64, 100, 1000),
                                 load_row("threaded", 64, 100, 1500),  load_row("automatic", 64, 100, 1200),
                                 load_row("tiled", 4, 100, 1000),      load_row("threaded", 4, 100, 500)};
  EXPECT_DOUBLE_EQ(*find(judge(rows), "2 threads over one").measured, 1.5);
  EXPECT_EQ(find(judge(rows), "2 threads over one").where, "64 x 64, mixed, 4096 awake");
  EXPECT_DOUBLE_EQ(*find(judge(rows), "automatic").measured, 0.8);
}

TEST(Targets, ModelsByTheirTokens) {
  Row row;
  row.engine = "tiled";
  row.load = "shipped_model";
  row.columns = row.rows = 16;
  row.tokens_per_second = 80.0;
  Row checked = row;
  checked.checked = true;
  checked.tokens_per_second = 64.0;
  Row large = row;
  large.columns = large.rows = 1000;
  large.tokens_per_second = 50.0;
  const auto results = judge({row, checked, large});
  EXPECT_TRUE(find(results, "tokens a second").met());
  EXPECT_DOUBLE_EQ(*find(results, "checked over unchecked").measured, 1.25);
  EXPECT_DOUBLE_EQ(*find(results, "1000 x 1000: the shipped model's").measured, 1.6);
}

}  // namespace
}  // namespace tessera::bench
