// The automatic choice of threads, against costs that are made up.
#include "sim/pace.h"

#include <gtest/gtest.h>

#include <functional>

namespace tessera::sim {
namespace {

struct Spent {
  double seconds = 0;
  uint64_t together = 0;  // steps
};

// Runs steps with so many tiles awake, at costs in seconds a step.
Spent run(Pace& pace, uint64_t steps, uint64_t awake, const std::function<double(bool together)>& cost) {
  Spent result;
  while (steps > 0) {
    const Pace::Choice choice = pace.choose();
    const uint64_t now = std::min(steps, choice.steps);
    const double seconds = static_cast<double>(now) * cost(choice.together);
    pace.add(choice.together, now, now * awake, seconds);
    result.seconds += seconds;
    result.together += choice.together ? now : 0;
    steps -= now;
  }
  return result;
}

TEST(PaceTest, TakesTheFasterWayAndTriesTheOtherSeldom) {
  for (const double together : {0.55, 0.9, 1.2, 5.0}) {
    Pace pace;
    const Spent result = run(pace, 1'000'000, 500, [&](bool both) { return both ? together : 1.0; });
    EXPECT_LT(result.seconds, 1.05 * 1'000'000 * std::min(1.0, together)) << together;
  }
}

TEST(PaceTest, LeavesFewTilesToOneThread) {
  Pace pace;
  EXPECT_EQ(run(pace, 100'000, 5, [](bool) { return 1.0; }).together, 0u);
}

// A load that goes up and down faster than it could be followed is one load.
TEST(PaceTest, DoesNotFollowEveryWave) {
  Pace pace;
  Spent sum;
  for (int wave = 0; wave < 2000; ++wave) {
    const Spent part = run(pace, 500, wave % 2 == 0 ? 20 : 200, [](bool both) { return both ? 1.3 : 1.0; });
    sum.seconds += part.seconds;
    sum.together += part.together;
  }
  EXPECT_LT(sum.together, 100'000u);
}

TEST(PaceTest, ChangesWithTheLoad) {
  Pace pace;
  const auto busy = [](bool both) { return both ? 0.6 : 1.0; };
  const auto quiet = [](bool both) { return both ? 2.0 : 1.0; };
  run(pace, 200'000, 30, quiet);
  EXPECT_GT(run(pace, 400'000, 600, busy).together, 350'000u);
  EXPECT_LT(run(pace, 400'000, 30, quiet).together, 80'000u);
}

// Threads that slept need time to come.
TEST(PaceTest, GivesThreadsTimeToWake) {
  Pace pace;
  uint64_t together = 0;
  const Spent result = run(pace, 50'000, 16, [&](bool both) {
    if (!both) return 1.0;
    together += 64;
    return together <= 64 ? 20.0 : 0.7;
  });
  EXPECT_GT(result.together, 45'000u);
}

// The same load on a machine that has become another one.
TEST(PaceTest, ChangesWithTheMachine) {
  Pace pace;
  run(pace, 300'000, 300, [](bool both) { return both ? 0.6 : 1.0; });
  EXPECT_LT(run(pace, 2'000'000, 300, [](bool both) { return both ? 3.0 : 1.0; }).together, 600'000u);
}

// Calls that end after a few steps, as those of a host that waits for words.
TEST(PaceTest, TakesShortRuns) {
  Pace pace;
  uint64_t together = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Pace::Choice choice = pace.choose();
    const uint64_t now = std::min<uint64_t>(7, choice.steps);
    pace.add(choice.together, now, now * 400, choice.together ? 0.6 * 7 : 7);
    together += choice.together ? now : 0;
  }
  EXPECT_GT(together, 250'000u);
}

}  // namespace
}  // namespace tessera::sim
