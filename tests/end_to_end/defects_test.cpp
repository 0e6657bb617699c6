// Dead tiles and links change where everything lies and how long it takes, never what comes out.
#include <gtest/gtest.h>

#include "host/error/error.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

TEST(Defects, RandomDeadTilesAndLinksGiveTheSameTokens) {
  ModelConfig config = tiny_config();
  config.layers = 2;
  config.dim = 64;
  const FloatModel model = random_model(config, 5);
  const RunOptions options = greedy({1, 8, 20, 41}, 4);
  std::vector<int> ids;
  const std::uint64_t first_seed = test_seed();
  for (std::uint64_t seed = first_seed; seed < first_seed + 6; ++seed) {
    WaferConfig wafer = make_wafer(7, 7);
    add_random_defects(wafer, 0.08, 0.03, seed);
    SCOPED_TRACE(describe(wafer));
    const Case broken = make_case(model, wafer);
    const RunReport report = run_case(broken, options);
    expect_exact(broken, report, options);
    if (ids.empty()) ids = report.token_ids;
    EXPECT_EQ(report.token_ids, ids);
  }
}

}  // namespace
}  // namespace tessera
