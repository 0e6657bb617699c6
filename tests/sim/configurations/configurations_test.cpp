// The invariant: whatever simulates a wafer, each wavelet and credit is the same in each cycle. Wafers,
// defects, traffic and the ways to run it are drawn from seeds.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>

#include "tests/sim/configurations/configuration.h"
#include "tests/sim/random_wafer.h"

namespace tessera::sim {
namespace {

// What this program prints last when it is run in a job of several ranks.
std::string run_in_ranks(int ranks, size_t number, size_t way) {
  const std::string command =
      fmt::format("{} --oversubscribe --bind-to none -n {} '{}' --run {} {} < /dev/null", TESSERA_MPIRUN,
                  ranks, std::filesystem::read_symlink("/proc/self/exe").string(), number, way);
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "the launcher did not start";
  std::string out;
  for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe))
    out += static_cast<char>(letter);
  const int status = pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << command << "\n" << out;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out.substr(out.rfind('\n') + 1);  // npos + 1 is 0
}

// What the draw is worth: all of this is in it.
void expect_everything_drawn(const std::vector<Case>& cases) {
  std::set<std::string> drawn;
  for (const Case& wafer : cases) {
    for (const Way& way : wafer.ways) {
      if (way.engine == EngineKind::kFlat) drawn.insert("flat");
      if (way.engine == EngineKind::kTiled) drawn.insert(fmt::format("threads {}", way.options.threads));
      if (way.engine == EngineKind::kDistributed) {
        drawn.insert(fmt::format("ranks {}", way.ranks));
        if (way.options.threads > 1) drawn.insert("threads in ranks");
      }
      if (way.options.evaluation == Evaluation::kEval) drawn.insert("eval");
      if (!way.options.skip) drawn.insert("no skip");
      if (way.options.audit) drawn.insert("audit");
    }
  }
  EXPECT_EQ(drawn, (std::set<std::string>{"flat", "threads 0", "threads 1", "threads 2", "threads 3",
                                          "threads 4", "ranks 1", "ranks 2", "ranks 3", "ranks 4",
                                          "threads in ranks", "eval", "no skip", "audit"}));
}

TEST(Configurations, AllAreTheSameRun) {
  const std::vector<Case> cases = draw_cases();
  size_t runs = 0;
  for (size_t number = 0; number < cases.size(); ++number) {
    const Case& drawn = cases[number];
    const std::string wafer =
        fmt::format("seed {}: {}, traffic seed {}", drawn.seed, describe(drawn.shape), drawn.traffic_seed);
    SCOPED_TRACE(wafer);
    const TrafficResult reference = run_way(drawn, {});
    EXPECT_GT(reference.messages, 0u);
    const std::string expected = to_text(reference);
    fmt::print("{}\n  {}: {}\n", wafer, describe(Way{}), expected);
    for (size_t i = 0; i < drawn.ways.size(); ++i) {
      const Way& way = drawn.ways[i];
      SCOPED_TRACE(describe(way));
      const auto begin = std::chrono::steady_clock::now();
      const std::string result = way.engine == EngineKind::kDistributed ? run_in_ranks(way.ranks, number, i)
                                                                        : to_text(run_way(drawn, way));
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
      EXPECT_EQ(result, expected);
      fmt::print("  {}: {}, {:.1f} s\n", describe(way), result == expected ? "the same" : result,
                 seconds.count());
      ++runs;
    }
  }
  EXPECT_EQ(runs, 24u);
  expect_everything_drawn(cases);
}

}  // namespace
}  // namespace tessera::sim
