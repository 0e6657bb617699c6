// In which order the statements of a Verilated tile run in a cycle, and under which clocks: for
// generate_tile_cycle.
//
// A cycle is the edge of the clocks, then combinational logic. A statement is needed in a cycle only if
// a clock ticks that
//   - moves the registers that it writes;
//   - moves registers that read what it computes, if nothing else does: such logic runs right before the
//   edge;
//   - moves registers that what it computes follows from: such logic runs after the edge.
// So each statement gets a mask of clocks, finer than that of the function in which Verilator put it, and is
// left out in all cycles without one of these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/verilated_code.h"

namespace tessera::sim {

struct Placed {
  Statement statement;
  size_t function = 0;  // that it was in, whose locals it uses
  uint32_t clocks = 0;  // bit by block
};

// One of the smallest sets of statements that no order can take apart.
struct Cluster {
  std::vector<Placed> statements;  // in their order
  Names reads, writes;
  uint32_t clocks = 0;
  size_t cost = 0;  // a rough measure: operators
};

// In an order in which they may run, with those of the same clocks side by side where that is possible.
struct Schedule {
  std::vector<Cluster> edge;   // registers, and before them what only they need
  std::vector<Cluster> after;  // all other logic
};

// `statements` in the order of Verilator, with the clocks of their functions. `combinational`: members that
// logic drives. `observed`: those of them that have to be right after every cycle. Throws UnknownForm where
// it finds no order.
Schedule schedule(const std::vector<Placed>& statements, const Names& combinational, const Names& observed);

}  // namespace tessera::sim
