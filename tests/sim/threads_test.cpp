// The tiled engine's ways to run a wafer: any number of threads, evaluated directly or by eval(), sleeping
// tiles skipped or not. All give the same run, and show an observer the same.
#include <gtest/gtest.h>

#include <thread>

#include "host/error/error.h"
#include "sim/crew.h"
#include "sim/make_engine.h"
#include "sim/pace.h"
#include "sim/tiled_engine.h"
#include "tests/sim/random_wafer.h"
#include "tests/sim/traffic.h"

namespace tessera::sim {
namespace {

TEST(TiledEngine, EveryWayOfRunningIsTheSameRun) {
  std::mt19937 random(11);
  for (int wafer = 0; wafer < 4; ++wafer) {
    const WaferShape shape = random_wafer(random, 2);
    const unsigned seed = static_cast<unsigned>(random());
    SCOPED_TRACE(testing::Message() << "wafer " << describe(shape) << ", traffic seed " << seed);
    TiledEngine reference(shape);
    const TrafficResult expected = run_traffic(reference, seed);
    EXPECT_GT(expected.messages, 0u);
    for (const EngineOptions& options :
         {EngineOptions{.threads = 2}, EngineOptions{.threads = 3}, EngineOptions{.threads = 0},
          EngineOptions{.evaluation = Evaluation::kEval}, EngineOptions{.skip = false},
          EngineOptions{.threads = 2, .skip = false}, EngineOptions{.audit = true}}) {
      SCOPED_TRACE(testing::Message() << options.threads << " threads, skip " << options.skip);
      TiledEngine engine(shape, options);
      expect_same(run_traffic(engine, seed), expected);
    }
  }
}

TEST(TiledEngine, RefusesANegativeNumberOfThreads) {
  EXPECT_THROW(make_engine("tiled", {2, 2, {}, {}, {}}, {.threads = -1}), Error);
}

TEST(Crew, EveryMemberDoesEveryJobOnce) {
  Crew crew(4);
  ASSERT_EQ(crew.size(), 4);
  std::vector<int> done(4);
  for (int round = 0; round < 200; ++round) {
    crew.work([&](int member) { ++done[member]; });
    ASSERT_EQ(done, std::vector<int>(4, round + 1));
  }
}

TEST(Crew, MembersMeetAtABarrier) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 500;
  Crew crew(kThreads);
  Barrier barrier(kThreads);
  std::vector<std::atomic<int>> at(kThreads);
  std::atomic<int> apart = 0;
  crew.work([&](int member) {
    for (int round = 1; round <= kRounds; ++round) {
      at[member] = round;
      barrier.wait();
      for (const auto& other : at) apart += other != round;
      barrier.wait();
    }
  });
  EXPECT_EQ(apart, 0);
}

// The pace on machines that are made up: a step costs what the model says.
struct Machine {
  double alone_per_tile, together_per_tile, together_per_step;
  double seconds(bool together, uint64_t steps, double awake) const {
    const auto count = static_cast<double>(steps);
    return together ? count * (together_per_step + awake * together_per_tile)
                    : count * awake * alone_per_tile;
  }
};

// The share of the better choice's speed that the pace reaches over many steps.
double reached(const Machine& machine, double awake, Pace& pace) {
  double taken = 0;
  uint64_t steps = 0;
  while (steps < 2'000'000) {
    const Pace::Choice choice = pace.choose();
    const double seconds = machine.seconds(choice.together, choice.steps, awake);
    pace.add(choice.together, choice.steps, static_cast<uint64_t>(awake * static_cast<double>(choice.steps)),
             seconds);
    taken += seconds;
    steps += choice.steps;
  }
  return std::min(machine.seconds(true, steps, awake), machine.seconds(false, steps, awake)) / taken;
}

TEST(Pace, ComesCloseToTheBetterChoice) {
  constexpr Machine kTwoCores{50e-9, 27e-9, 1e-6};
  constexpr Machine kOneCore{50e-9, 50e-9, 100e-6};
  for (const Machine& machine : {kTwoCores, kOneCore}) {
    for (const double awake : {2.0, 20.0, 43.0, 44.0, 100.0, 4000.0}) {
      Pace pace;
      EXPECT_GE(reached(machine, awake, pace), 0.97) << awake << " awake tiles";
    }
  }
}

TEST(Pace, FollowsAChangeOfLoad) {
  constexpr Machine kTwoCores{50e-9, 27e-9, 1e-6};
  Pace pace;
  reached(kTwoCores, 20, pace);
  EXPECT_EQ(pace.choose().together, false);
  EXPECT_GE(reached(kTwoCores, 2000, pace), 0.97);
  EXPECT_GE(reached(kTwoCores, 20, pace), 0.97);
}

}  // namespace
}  // namespace tessera::sim
