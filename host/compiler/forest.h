// The control plane's spanning forest: how a request reaches each tile before any route exists.
//
// Rooted at the edge links of the west and the east. A tile is entered from its parent only, so requests
// cannot deadlock; what no root reaches counts as dead.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compiler/wafer.h"

namespace tessera {

struct ForestRoot {
  int tile = 0;
  Direction side = Direction::kWest;  // the edge link where its requests enter
};

struct Forest {
  static constexpr std::uint8_t kUnreached = 255;

  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> parent;    // per tile: the port (Direction) to its parent, or kUnreached
  std::vector<std::uint8_t> children;  // per tile: mask of ports to its children, for the register
  std::vector<std::int32_t> root;      // per tile: index into roots, or -1
  std::vector<ForestRoot> roots;

  bool reaches(int tile) const { return parent[tile] != kUnreached; }
};

// Breadth first from all live edge links, so that every tile is as near to its root as it can be.
Forest grow_forest(const Wafer& wafer);

// The request_path_t words that go before an operation for `tile`, to be sent into the edge link of its root.
// None for a root itself. The tile must be reached.
std::vector<std::uint32_t> request_path(const Forest& forest, int tile);

// Takes the tiles that the forest does not reach out of use. Returns how many were live.
int drop_unreached(Wafer& wafer, const Forest& forest);

std::string describe(const Forest& forest);

}  // namespace tessera
