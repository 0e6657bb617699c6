// The wafer as the compiler sees it: a grid of tiles, and which tiles and links can be used.
#pragma once

#include <cstdint>
#include <vector>

#include "host/config/wafer_config.h"

namespace tessera {

inline constexpr int kNoTile = -1;

// Tiles are numbered y * columns + x. Edge tiles of the west and the east have a link to the host.
struct Wafer {
  int columns = 0;
  int rows = 0;
  std::vector<std::uint8_t> live;  // per tile: 1 where it can be used
  std::vector<std::uint8_t>
      links;  // per tile: bit Direction where a live link leads to a live tile or the host

  int tiles() const { return columns * rows; }
  int index(TilePosition tile) const { return tile.y * columns + tile.x; }
  TilePosition position(int tile) const { return {tile % columns, tile / columns}; }

  bool has_link(int tile, Direction direction) const {
    return links[tile] >> static_cast<int>(direction) & 1;
  }
  // True for the west link of column 0 and the east link of the last column, dead or alive.
  bool is_edge(int tile, Direction direction) const {
    return direction == Direction::kWest   ? tile % columns == 0
           : direction == Direction::kEast ? tile % columns == columns - 1
                                           : false;
  }
  // The tile beyond a link, dead or alive; kNoTile beyond the edges.
  int neighbour(int tile, Direction direction) const;
  int live_tiles() const;
};

inline constexpr Direction kAllDirections[kDirections] = {Direction::kNorth, Direction::kEast,
                                                          Direction::kSouth, Direction::kWest};

constexpr Direction opposite(Direction direction) {
  return static_cast<Direction>((static_cast<int>(direction) + 2) % kDirections);
}

Wafer make_wafer(const WaferConfig& config);

// Takes a tile out of use, with all links to it.
void kill_tile(Wafer& wafer, int tile);

}  // namespace tessera
