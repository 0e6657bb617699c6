// The tests, or, started by one of them with "--run CASE WAY" in every rank of a job, one run: its result is
// the last line.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "sim/distributed/ranks.h"
#include "sim/distributed/serve.h"
#include "tests/sim/configurations/configuration.h"

namespace tessera::sim {
namespace {

int run_one(int number, int way) {
  Ranks ranks;
  if (!ranks.leads()) {
    serve(ranks);
    return 0;
  }
  const Case drawn = draw_cases().at(number);
  fmt::print("{}\n", to_text(run_way(drawn, drawn.ways.at(way))));
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace
}  // namespace tessera::sim

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 4 && std::string_view(argv[1]) == "--run")
    return tessera::sim::run_one(std::atoi(argv[2]), std::atoi(argv[3]));
  return RUN_ALL_TESTS();
}
