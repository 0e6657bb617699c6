// Random lists of legal descriptors on both units against the oracle, with everything around them stalling at
// random.
#include <gtest/gtest.h>

#include "tests/rtl/vector/planner.h"
#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

constexpr int kListLength = 30;

void run_lists(uint64_t seed, StallRates stalls, int lists) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Scenario scenario(seed, stalls);
  scenario.fill();
  Planner planner(scenario);
  for (int i = 0; i < lists && !testing::Test::HasFatalFailure(); ++i) {
    std::vector<Descriptor> list;
    for (int k = 0; k < kListLength; ++k) list.push_back(planner.next());
    scenario.run(list, static_cast<uint32_t>(scenario.random()));
  }
}

// One at a time, so that a failure names its descriptor.
TEST(RandomDescriptors, OneByOne) {
  constexpr int kDescriptors = 300;  // of each operation
  for (uint32_t operation = kMapMulq; operation <= kMapAdd; ++operation) {
    Scenario scenario(operation + 1);
    scenario.fill();
    Planner planner(scenario);
    for (int i = 0; i < kDescriptors && !HasFailure(); ++i) {
      if (const auto mac = planner.next_mac()) {
        SCOPED_TRACE(describe(*mac));
        scenario.run(*mac);
      }
      const MapDescriptor map = planner.next_map(static_cast<MapOperation>(operation));
      SCOPED_TRACE(describe(map));
      scenario.run(map, static_cast<uint32_t>(scenario.random()));
    }
  }
}

TEST(RandomLists, WithoutStalls) {
  for (uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) run_lists(seed, {}, 5);
}

TEST(RandomLists, WithSomeStalls) {
  for (uint64_t seed = 101; seed <= 200 && !HasFailure(); ++seed) run_lists(seed, kSomeStalls, 5);
}

TEST(RandomLists, WithManyStalls) {
  for (uint64_t seed = 201; seed <= 260 && !HasFailure(); ++seed) run_lists(seed, kManyStalls, 5);
}

}  // namespace
}  // namespace tessera::rtl
