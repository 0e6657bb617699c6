// What the tile's cycle is made of: parts, which are functions, and for a set of clocks the stages in which
// they run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "sim/tile_schedule.h"

namespace tessera::sim {

// Statements that are run together, as a function.
struct Part {
  std::string name;
  uint32_t clocks = 0;
  bool edge = false;
  std::vector<Placed> statements;
  Names reads, writes;
  size_t cost = 0;
};

// Logic that is run together: always, or, what is of one level, if something that it reads changed.
struct Stage {
  std::vector<const Part*> parts;
  Names reads, writes;
  bool always = false;
};

// The stages of `logic`, which is in its order. In turn, all that may run of either kind, so that there are
// few changes between them.
std::vector<Stage> stages_of(std::vector<const Part*> logic, const std::set<const Part*>& always);

}  // namespace tessera::sim
