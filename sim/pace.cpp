#include "sim/pace.h"

#include <algorithm>

namespace tessera::sim {
namespace {

constexpr double kFewestAwake = 6;   // with fewer, threads would only wait for each other
constexpr uint64_t kTurnSteps = 32;  // a trial's first wakes threads and warms caches: not counted
constexpr uint64_t kTrialSteps = 16 * kTurnSteps;  // of each way, if it is a close thing
constexpr double kClose = 1.25;
constexpr uint64_t kUsualSteps = 1024;
constexpr uint64_t kFirstPeriod = 8 * kTrialSteps;  // steps between trials, of which there are ever fewer
constexpr uint64_t kLongestPeriod = uint64_t{1} << 20;
constexpr double kOtherLoad = 2;   // times as many tiles awake, or as few: what was found out is void
constexpr double kMemory = 16384;  // steps that awake_ looks back
constexpr double kWorthIt = 0.97;  // of the cost of one thread, for more

}  // namespace

double Pace::Way::cost() const {
  return seconds / static_cast<double>(std::max<uint64_t>(1, awake_tile_cycles));
}

bool Pace::is_close() const {
  const double alone = ways_[0].cost(), together = ways_[1].cost();
  return together < kClose * alone && alone < kClose * together;
}

Pace::Choice Pace::choose() const {
  // Soon to a first trial, but not for a few tiles.
  const bool soon = awake_in_trial_ == 0 && (awake_ == 0 || awake_ >= kFewestAwake);
  if (!trying_) return {together_, soon ? kTurnSteps : kUsualSteps};
  // Whose turn it is.
  const bool together = ways_[1].steps < ways_[0].steps;
  return {together, kTurnSteps - ways_[together].steps % kTurnSteps};
}

void Pace::add(bool together, uint64_t steps, uint64_t awake_tile_cycles, double seconds) {
  if (steps == 0) return;
  const double share = std::min(1.0, static_cast<double>(steps) / kMemory);
  const double awake = static_cast<double>(awake_tile_cycles) / static_cast<double>(steps);
  awake_ = awake_ == 0 ? awake : awake_ + share * (awake - awake_);
  if (trying_) {
    Way& way = ways_[together];
    if (way.steps >= kTurnSteps) {
      way.awake_tile_cycles += awake_tile_cycles;
      way.seconds += seconds;
    }
    way.steps += steps;
    if (ways_[0].steps != ways_[1].steps || way.steps < 2 * kTurnSteps) return;
    if (way.steps >= kTrialSteps || !is_close()) end_trial();
    return;
  }
  since_trial_ += steps;
  if (awake_ < kFewestAwake) {
    together_ = false;
    awake_in_trial_ = 0;
    return;
  }
  const bool other_load = awake_ > kOtherLoad * awake_in_trial_ || awake_ * kOtherLoad < awake_in_trial_;
  if (!other_load && since_trial_ < until_trial_) return;
  if (other_load) until_trial_ = 0;
  trying_ = true;
  ways_ = {};
}

void Pace::end_trial() {
  const bool together = ways_[1].cost() < kWorthIt * ways_[0].cost();
  until_trial_ =
      until_trial_ == 0 || together != together_ ? kFirstPeriod : std::min(4 * until_trial_, kLongestPeriod);
  together_ = together;
  trying_ = false;
  awake_in_trial_ = awake_;
  since_trial_ = 0;
}

}  // namespace tessera::sim
