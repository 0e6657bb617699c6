#include "host/compiler/region.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "host/compiler/shape.h"

namespace tessera {
namespace {

bool has_edge_link(const Wafer& wafer, int tile) {
  return (wafer.is_edge(tile, Direction::kWest) && wafer.has_link(tile, Direction::kWest)) ||
         (wafer.is_edge(tile, Direction::kEast) && wafer.has_link(tile, Direction::kEast));
}

Wafer keep_only(const Wafer& wafer, const std::vector<std::uint8_t>& keep) {
  Wafer kept = wafer;
  for (int tile = 0; tile < wafer.tiles(); ++tile) {
    if (kept.live[tile] && !keep[tile]) kill_tile(kept, tile);
  }
  return kept;
}

struct Component {
  std::vector<int> tiles;
  bool has_host = false;
};

Component component_of(const Wafer& wafer, int start, std::vector<std::uint8_t>& seen) {
  Component component;
  component.tiles.push_back(start);
  seen[start] = 1;
  for (size_t next = 0; next < component.tiles.size(); ++next) {
    const int tile = component.tiles[next];
    component.has_host |= has_edge_link(wafer, tile);
    for (const Direction direction : kAllDirections) {
      const int other = wafer.neighbour(tile, direction);
      if (other == kNoTile || !wafer.has_link(tile, direction) || seen[other]) continue;
      seen[other] = 1;
      component.tiles.push_back(other);
    }
  }
  return component;
}

}  // namespace

Wafer largest_region(const Wafer& wafer) {
  std::vector<std::uint8_t> seen(wafer.tiles(), 0);
  Component largest;
  for (int tile = 0; tile < wafer.tiles(); ++tile) {
    if (!wafer.live[tile] || seen[tile]) continue;
    Component component = component_of(wafer, tile, seen);
    if (component.has_host && component.tiles.size() > largest.tiles.size()) largest = std::move(component);
  }
  std::vector<std::uint8_t> keep(wafer.tiles(), 0);
  for (const int tile : largest.tiles) keep[tile] = 1;
  return keep_only(wafer, keep);
}

Wafer compact_region(const Wafer& region, int tiles) {
  // A square at the western edge, half way down, that grows until enough of it hangs together.
  for (int side = static_cast<int>(std::ceil(std::sqrt(tiles))); side < std::max(region.columns, region.rows);
       side += 1 + side / 16) {
    const int columns = std::min(side, region.columns);
    const int rows = std::min(std::max(side, divide_up(tiles, columns)), region.rows);
    const int first = (region.rows - rows) / 2 * region.columns;
    Wafer part = largest_region(crop(region, first, columns, rows));
    if (part.live_tiles() >= tiles) return part;
  }
  return region;
}

Distances::Distances(const Wafer& region) : columns_(region.columns), slot_(region.tiles(), 0) {
  std::vector<int> tiles;
  for (int tile = 0; tile < region.tiles(); ++tile) {
    if (!region.live[tile]) continue;
    slot_[tile] = tiles.size();
    tiles.push_back(tile);
  }
  if (tiles.size() > kTableTiles) return;
  live_ = tiles.size();
  constexpr std::uint16_t kUnknown = 65535;
  table_.assign(live_ * live_, kUnknown);
  std::vector<int> queue;
  for (const int from : tiles) {
    std::uint16_t* hops = &table_[slot_[from] * live_];
    hops[slot_[from]] = 0;
    queue.assign(1, from);
    for (size_t next = 0; next < queue.size(); ++next) {
      const int tile = queue[next];
      for (const Direction direction : kAllDirections) {
        const int other = region.neighbour(tile, direction);
        if (other == kNoTile || !region.has_link(tile, direction) || hops[slot_[other]] != kUnknown) continue;
        hops[slot_[other]] = static_cast<std::uint16_t>(hops[slot_[tile]] + 1);
        queue.push_back(other);
      }
    }
  }
}

int Distances::manhattan(int from, int to) const {
  return std::abs(from % columns_ - to % columns_) + std::abs(from / columns_ - to / columns_);
}

std::vector<int> hops_from(const Wafer& wafer, const std::vector<int>& sources) {
  std::vector<int> hops(wafer.tiles(), kFar);
  std::vector<int> queue = sources;
  for (const int tile : sources) hops[tile] = 0;
  for (size_t next = 0; next < queue.size(); ++next) {
    const int tile = queue[next];
    for (const Direction direction : kAllDirections) {
      const int other = wafer.neighbour(tile, direction);
      if (other == kNoTile || !wafer.has_link(tile, direction) || hops[other] != kFar) continue;
      hops[other] = hops[tile] + 1;
      queue.push_back(other);
    }
  }
  return hops;
}

}  // namespace tessera
