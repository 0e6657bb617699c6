// The part of the wafer that a graph is placed on: live tiles that reach each other and the host.
#pragma once

#include <cstdint>
#include <vector>

#include "host/compiler/wafer.h"

namespace tessera {

// The largest set of live tiles that are connected by live links and have a live edge link among them; of
// several the one that comes first. Other tiles are out of use in the returned wafer.
Wafer largest_region(const Wafer& wafer);

// A compact part of a region with at least `tiles` live tiles and a live edge link, so that a small model on
// a large wafer costs no more than on a small one. The whole region when it is not much larger.
Wafer compact_region(const Wafer& region, int tiles);

// Hops between live tiles along live links.
class Distances {
 public:
  // For up to kTableTiles live tiles exactly, around what is dead; beyond that as the crow flies.
  explicit Distances(const Wafer& region);

  int between(int from, int to) const {
    return table_.empty() ? manhattan(from, to) : table_[slot_[from] * live_ + slot_[to]];
  }

  static constexpr int kTableTiles = 2048;

 private:
  int manhattan(int from, int to) const;

  int columns_;
  std::size_t live_ = 0;
  std::vector<std::size_t> slot_;     // by tile: row of the table
  std::vector<std::uint16_t> table_;  // [live][live]
};

// Hops from each tile along live links, kFar where there is no way. Sources have 0.
inline constexpr int kFar = 1 << 20;
std::vector<int> hops_from(const Wafer& wafer, const std::vector<int>& sources);

}  // namespace tessera
