// How many tiles a wafer has and which of them, and of their links, are dead.
#pragma once

#include <vector>

#include "sim/wavelet.h"

namespace tessera::sim {

// Tile (x, y) has index y * columns + x; x grows to the east, y to the south. Empty vectors: everything is
// alive.
struct WaferShape {
  int columns = 1;
  int rows = 1;
  std::vector<bool> dead_tile;  // by tile
  std::vector<bool>
      dead_link_east;  // by tile: the link to its neighbour in the east (last column: the edge link)
  std::vector<bool> dead_link_south;  // by tile: the link to its neighbour in the south

  int tiles() const { return columns * rows; }
  int index(int x, int y) const { return y * columns + x; }
  int x(int tile) const { return tile % columns; }
  int y(int tile) const { return tile / columns; }
  bool alive(int tile) const { return dead_tile.empty() || !dead_tile[tile]; }

  // Bit `port`: the link to that side is there and both its ends are alive. An edge link's far end is the
  // host.
  unsigned link_present(int tile) const;
};

// The same size, and the same tiles and links dead.
bool same_wafer(const WaferShape& a, const WaferShape& b);

// Throws Error(kConfig) unless the sizes are positive and every vector is empty or as long as there are
// tiles.
void validate(const WaferShape& shape);

}  // namespace tessera::sim
