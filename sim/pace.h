// Whether several threads would be faster than one, found out by trying.
//
// The answer depends on how many tiles are awake, on the machine, and on what else it is doing, so nothing
// but the time that steps take tells. In a trial both ways take turns, so that they meet the same wafer, and
// the one that took less time by awake tile-cycle is used until the next: after ever more steps while the
// answer stays, and at once when lastingly twice or half as many tiles are awake. With few tiles awake there is
// no trial. The choice has no effect on what happens on the wafer.
#pragma once

#include <array>
#include <cstdint>

namespace tessera::sim {

class Pace {
 public:
  // How the next steps should be run, and how many at the most before the next choice.
  struct Choice {
    bool together;
    uint64_t steps;
  };
  Choice choose() const;

  // What steps took that were run as chosen.
  void add(bool together, uint64_t steps, uint64_t awake_tile_cycles, double seconds);

 private:
  // Alone, or together, in the trial under way.
  struct Way {
    uint64_t steps = 0;
    uint64_t awake_tile_cycles = 0;
    double seconds = 0;
    double cost() const;  // seconds an awake tile-cycle
  };

  bool is_close() const;
  void end_trial();

  bool together_ = false;
  bool trying_ = false;
  std::array<Way, 2> ways_;
  double awake_ = 0;           // tiles, over the last some ten thousand steps
  double awake_in_trial_ = 0;  // ... when the last trial ended; 0: there was none
  uint64_t since_trial_ = 0;   // steps
  uint64_t until_trial_ = 0;   // from one to the next
};

}  // namespace tessera::sim
