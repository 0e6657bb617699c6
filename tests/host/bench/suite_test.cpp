// Which measurements a comparison is made of, and that it compares like with like.
#include "host/bench/suite.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "host/error/error.h"

namespace tessera::bench {
namespace {

int count(const std::vector<Case>& cases, std::string_view engine, int columns, int rows,
          std::string_view load) {
  return static_cast<int>(std::count_if(cases.begin(), cases.end(), [&](const Case& of) {
    return engine == of.variant->name && of.columns == columns && of.rows == rows && of.load == load;
  }));
}

TEST(Suite, MeasuresAllEnginesOnAllSizes) {
  const std::vector<Case> cases = suite_cases(SuiteOptions());
  for (const Variant& variant : variants()) {
    const bool whole = variant.kind == VariantKind::kWhole;
    EXPECT_EQ(count(cases, variant.name, 4, 4, "mixed"), 3) << variant.name;  // 1 % and 5 % are one tile
    EXPECT_EQ(count(cases, variant.name, 8, 8, "mixed"), 4) << variant.name;
    EXPECT_EQ(count(cases, variant.name, 16, 16, "mixed"), whole ? 0 : 4) << variant.name;
    EXPECT_EQ(count(cases, variant.name, 64, 64, "mixed"), whole ? 0 : 4) << variant.name;
    EXPECT_EQ(count(cases, variant.name, 8, 8, "small_model"), variant.name == std::string("tiled") ? 2 : 1);
  }
  EXPECT_EQ(count(cases, "tiled", 1000, 1000, "shipped_model"), 2);
}

TEST(Suite, TheLargeFlatModelIsAnOption) {
  SuiteOptions options;
  options.flat_tiles = 256;
  EXPECT_EQ(count(suite_cases(options), "flat", 16, 16, "mixed"), 4);
}

TEST(Suite, ChosenEnginesOnly) {
  SuiteOptions options;
  options.engines = {"tiled", "threaded"};
  std::set<std::string> names;
  for (const Case& of : suite_cases(options)) names.insert(of.variant->name);
  EXPECT_EQ(names, (std::set<std::string>{"tiled", "threaded"}));
  options.engines = {"steam"};
  EXPECT_THROW(suite_cases(options), Error);
}

TEST(Suite, ThatEnginesDisagreeIsAnError) {
  Row row;
  row.engine = "tiled";
  row.load = "mixed";
  row.columns = row.rows = 4;
  row.asked_tiles = 16;
  row.check_cycle = 1000;
  row.link_hash = "1";
  std::vector<Row> rows(2, row);
  rows[1].engine = "flat";
  EXPECT_NO_THROW(check_alike(rows));
  rows[1].link_hash = "2";
  EXPECT_THROW(check_alike(rows), Error);
  rows[1].link_hash = "1";
  rows[1].check_cycle = 1001;
  EXPECT_THROW(check_alike(rows), Error);
  rows[1].asked_tiles = 15;  // another load
  EXPECT_NO_THROW(check_alike(rows));
}

}  // namespace
}  // namespace tessera::bench
