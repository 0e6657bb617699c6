#include "host/compiler/forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr std::uint32_t kLongestRun = 255;  // 8 bits of request_path_t

struct Turn {
  std::uint32_t direction;
  std::uint32_t run;
};

int parent_tile(const Forest& forest, int tile) {
  switch (static_cast<Direction>(forest.parent[tile])) {
    case Direction::kNorth:
      return tile - forest.columns;
    case Direction::kEast:
      return tile + 1;
    case Direction::kSouth:
      return tile + forest.columns;
    case Direction::kWest:
      return tile - 1;
  }
  return kNoTile;
}

// From the root to the tile.
std::vector<Turn> turns_to(const Forest& forest, int tile) {
  std::vector<Turn> turns;
  for (const int root = forest.roots[forest.root[tile]].tile; tile != root;
       tile = parent_tile(forest, tile)) {
    const auto direction = static_cast<std::uint32_t>(opposite(static_cast<Direction>(forest.parent[tile])));
    if (!turns.empty() && turns.back().direction == direction && turns.back().run < kLongestRun)
      ++turns.back().run;
    else
      turns.push_back({direction, 1});
  }
  std::reverse(turns.begin(), turns.end());
  return turns;
}

}  // namespace

Forest grow_forest(const Wafer& wafer) {
  Forest forest;
  forest.columns = wafer.columns;
  forest.rows = wafer.rows;
  forest.parent.assign(wafer.tiles(), Forest::kUnreached);
  forest.children.assign(wafer.tiles(), 0);
  forest.root.assign(wafer.tiles(), -1);
  std::vector<int> queue;
  for (int y = 0; y < wafer.rows; ++y) {
    for (const Direction side : {Direction::kWest, Direction::kEast}) {
      const int tile = wafer.index({side == Direction::kWest ? 0 : wafer.columns - 1, y});
      if (!wafer.has_link(tile, side) || forest.reaches(tile)) continue;
      forest.parent[tile] = static_cast<std::uint8_t>(side);
      forest.root[tile] = static_cast<std::int32_t>(forest.roots.size());
      forest.roots.push_back({tile, side});
      queue.push_back(tile);
    }
  }
  for (size_t next = 0; next < queue.size(); ++next) {
    const int tile = queue[next];
    // Straight on first: paths with few turns are short requests.
    const auto straight = opposite(static_cast<Direction>(forest.parent[tile]));
    for (int turn = 0; turn < kDirections; ++turn) {
      const auto direction = static_cast<Direction>((static_cast<int>(straight) + turn) % kDirections);
      const int other = wafer.neighbour(tile, direction);
      if (other == kNoTile || !wafer.has_link(tile, direction) || forest.reaches(other)) continue;
      forest.parent[other] = static_cast<std::uint8_t>(opposite(direction));
      forest.children[tile] |= static_cast<std::uint8_t>(1 << static_cast<int>(direction));
      forest.root[other] = forest.root[tile];
      queue.push_back(other);
    }
  }
  return forest;
}

std::vector<std::uint32_t> request_path(const Forest& forest, int tile) {
  const std::vector<Turn> turns = turns_to(forest, tile);
  std::vector<std::uint32_t> words;
  for (size_t i = 0; i < turns.size(); i += 3) {
    rtl::RequestPath path{};
    path.kind = rtl::kRequestKindPath;
    path.direction0 = turns[i].direction;
    path.run0 = turns[i].run;
    if (i + 1 < turns.size()) {
      path.direction1 = turns[i + 1].direction;
      path.run1 = turns[i + 1].run;
    }
    if (i + 2 < turns.size()) {
      path.direction2 = turns[i + 2].direction;
      path.run2 = turns[i + 2].run;
    }
    words.push_back(std::bit_cast<std::uint32_t>(path));
  }
  return words;
}

int drop_unreached(Wafer& wafer, const Forest& forest) {
  int dropped = 0;
  for (int tile = 0; tile < wafer.tiles(); ++tile) {
    if (!wafer.live[tile] || forest.reaches(tile)) continue;
    kill_tile(wafer, tile);
    ++dropped;
  }
  return dropped;
}

std::string describe(const Forest& forest) {
  const auto reached = std::count_if(forest.parent.begin(), forest.parent.end(),
                                     [](std::uint8_t parent) { return parent != Forest::kUnreached; });
  return fmt::format("forest: {} of {} tiles from {} edge links\n", reached, forest.parent.size(),
                     forest.roots.size());
}

}  // namespace tessera
