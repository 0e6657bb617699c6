// Whether several threads would be faster than one, found out by trying.
//
// The answer depends on how many tiles are awake, on the machine, and on what else it is doing, so nothing
// but the time that steps take tells. The slower way is tried again from time to time, ever more rarely while
// it stays slower. The choice has no effect on what happens on the wafer.
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
  // Alone, or together.
  struct Way {
    double cost = 0;  // seconds an awake tile-cycle; 0: unknown
    // Not yet in it, because it is too little to tell:
    uint64_t steps = 0;
    uint64_t awake_tile_cycles = 0;
    double seconds = 0;
  };

  bool faster() const { return ways_[1].cost < ways_[0].cost; }

  std::array<Way, 2> ways_;
  double awake_ = 0;           // tiles, lately
  double awake_in_trial_ = 0;  // ... when both ways were last compared
  uint64_t since_trial_ = 0;   // steps
  uint64_t until_trial_ = 0;   // from one to the next
};

}  // namespace tessera::sim
