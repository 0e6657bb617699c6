#include "host/compiler/wafer.h"

#include <numeric>

#include "tessera_constants.h"

namespace tessera {

static_assert(static_cast<int>(Direction::kNorth) == rtl::kPortNorth);
static_assert(static_cast<int>(Direction::kEast) == rtl::kPortEast);
static_assert(static_cast<int>(Direction::kSouth) == rtl::kPortSouth);
static_assert(static_cast<int>(Direction::kWest) == rtl::kPortWest);

namespace {

void kill_link(Wafer& wafer, int tile, Direction direction) {
  wafer.links[tile] &= static_cast<std::uint8_t>(~(1 << static_cast<int>(direction)));
  const int other = wafer.neighbour(tile, direction);
  if (other != kNoTile)
    wafer.links[other] &= static_cast<std::uint8_t>(~(1 << static_cast<int>(opposite(direction))));
}

}  // namespace

int Wafer::neighbour(int tile, Direction direction) const {
  switch (direction) {
    case Direction::kNorth:
      return tile >= columns ? tile - columns : kNoTile;
    case Direction::kEast:
      return tile % columns != columns - 1 ? tile + 1 : kNoTile;
    case Direction::kSouth:
      return tile < columns * (rows - 1) ? tile + columns : kNoTile;
    case Direction::kWest:
      return tile % columns != 0 ? tile - 1 : kNoTile;
  }
  return kNoTile;
}

int Wafer::live_tiles() const { return std::accumulate(live.begin(), live.end(), 0); }

Wafer make_wafer(const WaferConfig& config) {
  Wafer wafer;
  wafer.columns = config.columns;
  wafer.rows = config.rows;
  wafer.live.assign(wafer.tiles(), 1);
  wafer.links.assign(wafer.tiles(), 0);
  for (int tile = 0; tile < wafer.tiles(); ++tile) {
    for (const Direction direction : kAllDirections) {
      if (wafer.neighbour(tile, direction) != kNoTile || wafer.is_edge(tile, direction))
        wafer.links[tile] |= static_cast<std::uint8_t>(1 << static_cast<int>(direction));
    }
  }
  for (const LinkPosition& link : config.dead_links) kill_link(wafer, wafer.index(link.tile), link.direction);
  for (const TilePosition& tile : config.dead_tiles) kill_tile(wafer, wafer.index(tile));
  return wafer;
}

void kill_tile(Wafer& wafer, int tile) {
  wafer.live[tile] = 0;
  for (const Direction direction : kAllDirections) kill_link(wafer, tile, direction);
}

Wafer crop(const Wafer& wafer, int first, int columns, int rows) {
  Wafer part;
  part.columns = columns;
  part.rows = rows;
  part.origin = wafer.position(first);
  for (int y = 0; y < rows; ++y) {
    const auto begin = first + y * wafer.columns;
    part.live.insert(part.live.end(), wafer.live.begin() + begin, wafer.live.begin() + begin + columns);
    part.links.insert(part.links.end(), wafer.links.begin() + begin, wafer.links.begin() + begin + columns);
  }
  for (int tile = 0; tile < part.tiles(); ++tile) {
    const int whole = wafer.index(part.position(tile));
    for (const Direction direction : kAllDirections) {
      const bool cut = part.neighbour(tile, direction) == kNoTile && !wafer.is_edge(whole, direction);
      if (cut) kill_link(part, tile, direction);
    }
  }
  return part;
}

}  // namespace tessera
