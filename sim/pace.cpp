#include "sim/pace.h"

#include <algorithm>

namespace tessera::sim {
namespace {

constexpr double kFewestAwake = 16;  // with fewer, threads would only wait for each other
constexpr uint64_t kTrialSteps = 64;
constexpr uint64_t kUsualSteps = 1024;
constexpr uint64_t kFirstPeriod = 8192;  // steps between trials
constexpr uint64_t kLongestPeriod = uint64_t{1} << 20;
constexpr double kOtherLoad = 2;  // times as many tiles awake, or as few: what was found out is void

}  // namespace

Pace::Choice Pace::choose() const {
  if (awake_ < kFewestAwake) return {false, kTrialSteps};
  for (const bool together : {false, true}) {
    if (ways_[together].cost == 0) return {together, kTrialSteps};
  }
  if (since_trial_ >= until_trial_) return {!faster(), kTrialSteps};
  return {faster(), kUsualSteps};
}

void Pace::add(bool together, uint64_t steps, uint64_t awake_tile_cycles, double seconds) {
  Way& way = ways_[together];
  way.steps += steps;
  way.awake_tile_cycles += awake_tile_cycles;
  way.seconds += seconds;
  since_trial_ += steps;
  if (way.steps < kTrialSteps) return;

  const double awake = static_cast<double>(way.awake_tile_cycles) / static_cast<double>(way.steps);
  const double cost = way.seconds / static_cast<double>(std::max<uint64_t>(1, way.awake_tile_cycles));
  const bool known = ways_[0].cost != 0 && ways_[1].cost != 0;
  const bool was_faster = faster();
  way = {.cost = way.cost == 0 ? cost : (3 * way.cost + cost) / 4};
  awake_ = awake_ == 0 ? awake : (15 * awake_ + awake) / 16;

  if (!known) {
    // The first comparison.
    awake_in_trial_ = awake_;
    since_trial_ = 0;
    until_trial_ = kFirstPeriod;
  } else if (awake_ > kOtherLoad * awake_in_trial_ || awake_ * kOtherLoad < awake_in_trial_) {
    ways_[!together].cost = 0;
  } else if (together != was_faster) {
    // A trial of the slower way has ended.
    since_trial_ = 0;
    until_trial_ = faster() == was_faster ? std::min(4 * until_trial_, kLongestPeriod) : kFirstPeriod;
  }
}

}  // namespace tessera::sim
