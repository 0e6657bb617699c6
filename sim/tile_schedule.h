// In which order the statements of a Verilated tile run in a cycle, and when they may be left out: for
// generate_tile_cycle.
//
// A cycle is the edge of the clocks, then combinational logic. What an edge may change is known from the
// clocks that tick and from the guards of the always_ff bodies; what follows from a change, from who reads
// it. So logic is cut into clusters, the smallest sets of statements that no order can take apart, and these
// run
//   - at the edge: registers, each cluster under its clock; and right before it the combinational logic that
//   only they
//     read, under the same clocks;
//   - after the edge: the rest, in nodes of a few clusters, each only if something that it reads has changed;
//   - last: what little ORs much, for which comparing would cost more.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/verilated_code.h"

namespace tessera::sim {

struct Placed {
  Statement statement;
  size_t function = 0;  // that it was in, whose locals it uses
  uint32_t clocks = 0;  // that it runs under, bit by block
};

struct Cluster {
  std::vector<Placed> statements;  // in their order
  Names reads, writes;
  uint32_t clocks = 0;
  size_t cost = 0;  // a rough measure, of names and operators
};

struct Node {
  std::vector<Cluster> clusters;
  Names triggers;  // members that it reads and others write, registers by their alias
  Names writes;
  uint32_t clocks = 0;  // of the registers among its triggers
};

// Registers that change together have one name, that of the first of them.
struct Alias {
  std::string name;
  uint32_t clocks = 0;
};
using Aliases = std::map<std::string, Alias>;

struct Schedule {
  std::vector<Cluster> edge;  // registers, and before each what only it needs
  std::vector<Node> nodes;    // at most 64
  std::vector<Cluster> last;  // in every cycle
  Aliases aliases;            // of what the edge writes
};

// `statements` in the order of Verilator, with their clocks. `combinational`: members that logic drives.
// `observed`: those of them that have to be right after every cycle. Throws UnknownForm where it finds no
// order.
Schedule schedule(const std::vector<Placed>& statements, const Names& combinational, const Names& observed);

}  // namespace tessera::sim
