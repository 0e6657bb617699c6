// Rows: what programs that read the file rely on, and medians.
#include "host/bench/row.h"

#include <gtest/gtest.h>

#include <tuple>

#include "host/error/error.h"

namespace tessera::bench {
namespace {

Row some_row() {
  Row row;
  row.engine = "tiled";
  row.load = "mixed";
  row.columns = 8;
  row.rows = 4;
  row.threads = 2;
  row.ranks = 3;
  row.asked_tiles = 5;
  row.awake_percent = 15.5;
  row.awake_tiles = 4.96;
  row.cycles = 1000;
  row.check_cycle = 77;
  row.link_hash = "00000000deadbeef";
  row.cycles_per_second = 2e5;
  row.ns_per_awake_tile_cycle = 50.5;
  row.reference_ns = 48;
  row.start_seconds = 0.25;
  row.peak_rss_bytes = 4e6;
  row.calibration = {2, 60};
  row.compile_seconds = 12;
  row.build_seconds = 8;
  row.binary_bytes = 123456;
  return row;
}

TEST(Row, JsonHasTheFields) {
  const auto json = to_json(some_row());
  for (const char* field : {"engine", "load", "cols", "rows", "awake_percent", "threads", "ranks",
                            "cycles_per_second", "ns_per_awake_tile_cycle", "compile_seconds", "binary_bytes",
                            "peak_rss_bytes", "link_hash", "repeats"})
    EXPECT_TRUE(json.contains(field)) << field;
  EXPECT_EQ(json["cols"], 8);
  EXPECT_EQ(json["rows"], 4);
  EXPECT_EQ(json["cycles_per_second"], 2e5);
  EXPECT_EQ(json["ns_per_awake_tile_cycle_least"], 50.5);
}

TEST(Row, JsonReadsBack) {
  const auto json = to_json(some_row());
  EXPECT_EQ(to_json(row_from_json(json)), json);
}

TEST(Row, RefusesOtherJson) {
  EXPECT_THROW(row_from_json(nlohmann::ordered_json::parse("[1, 2]")), Error);
  auto json = to_json(some_row());
  json.erase("threads");
  EXPECT_THROW(row_from_json(json), Error);
  json = to_json(some_row());
  json["cols"] = "many";
  EXPECT_THROW(row_from_json(json), Error);
}

TEST(Row, MedianAndSpread) {
  std::vector<Row> rows(3, some_row());
  rows[0].cycles_per_second = 100.0;
  rows[1].cycles_per_second = 300.0;
  rows[2].cycles_per_second = 120.0;
  const Row odd = median_row(rows);
  EXPECT_EQ(odd.cycles_per_second.value, 120);
  EXPECT_EQ(odd.cycles_per_second.least, 100);
  EXPECT_EQ(odd.cycles_per_second.greatest, 300);
  EXPECT_DOUBLE_EQ(odd.cycles_per_second.spread(), 200.0 / 120);
  EXPECT_EQ(odd.repeats, 3);
  rows.pop_back();
  EXPECT_EQ(median_row(rows).cycles_per_second.value, 200);
}

// The machine became three times slower between the rounds, and once in the middle of one.
TEST(Row, RatiosAreOfTheSameRound) {
  std::vector<Row> a(3, some_row()), b(3, some_row());
  for (const auto& [round, fast, slow] : {std::tuple{0, 400.0, 100.0}, {1, 130.0, 33.0}, {2, 50.0, 100.0}}) {
    a[round].cycles_per_second = fast;
    b[round].cycles_per_second = slow;
  }
  const Figure faster = median_row(a).cycles_per_second, slower = median_row(b).cycles_per_second;
  EXPECT_EQ(faster.rounds, (std::vector<double>{400, 130, 50}));
  EXPECT_DOUBLE_EQ(faster.value / slower.value, 1.3);
  EXPECT_DOUBLE_EQ(ratio_of(faster, slower), 130.0 / 33);
  b.pop_back();
  EXPECT_DOUBLE_EQ(ratio_of(faster, median_row(b).cycles_per_second), 130 / 66.5);
  EXPECT_EQ(ratio_of(faster, Figure(0)), 0);
  EXPECT_EQ(row_from_json(to_json(median_row(a))).cycles_per_second.rounds, faster.rounds);
}

TEST(Row, RunsThatDifferAreNotAveraged) {
  std::vector<Row> rows(2, some_row());
  rows[1].link_hash = "0000000000000001";
  EXPECT_THROW(median_row(rows), Error);
}

}  // namespace
}  // namespace tessera::bench
