// The wafer as the compiler sees it: a grid of tiles, and which tiles and links can be used.
#pragma once

#include <cstdint>
#include <vector>

#include "host/config/wafer_config.h"

namespace tessera {

inline constexpr int kNoTile = -1;

// Tiles are numbered row by row. Edge tiles of the west and the east have a link to the host. Part of a wafer
// is a wafer too: its tiles keep their positions, and its sides, unless they are the whole wafer's, have no
// links.
struct Wafer {
  int columns = 0;
  int rows = 0;
  TilePosition origin;             // position of tile 0
  std::vector<std::uint8_t> live;  // per tile: 1 where it can be used
  std::vector<std::uint8_t>
      links;  // per tile: bit Direction where a live link leads to a live tile or the host

  int tiles() const { return columns * rows; }
  int index(TilePosition at) const { return (at.y - origin.y) * columns + at.x - origin.x; }
  TilePosition position(int tile) const { return {origin.x + tile % columns, origin.y + tile / columns}; }

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

// `columns` x `rows` tiles of it from tile `first` on.
Wafer crop(const Wafer& wafer, int first, int columns, int rows);

}  // namespace tessera
