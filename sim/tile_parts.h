// What the tile's cycle is made of: parts, which become functions, each for the clocks under which it is
// needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/tile_schedule.h"

namespace tessera::sim {

// Statements that are run together.
struct Part {
  std::string name;
  uint32_t clocks = 0;  // bit by block
  std::vector<Placed> statements;
  Names reads, writes;
  size_t cost = 0;  // a rough measure: operators
};

// The parts of a schedule, in their order. Neighbours that run under the same clocks are one part: what only
// they know then need not be kept in the model.
std::vector<Part> parts_of(const Schedule& schedule);

// What only one part knows, and need not know the next time, with its type: logic, and the variables of an
// always block. `observed`: members that somebody else knows.
std::map<std::string, std::string> private_members(const std::vector<Part>& parts, const VerilatedCode& code,
                                                   const Names& observed);

// Takes out shadows of registers that are not needed. A shadow costs a load and a store, even where its
// register stays as it is. `own`: private members.
void drop_shadows(Part& part, const std::map<std::string, std::string>& own);

}  // namespace tessera::sim
