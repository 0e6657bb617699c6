// Colors for routed streams: two streams that meet on a directed link, at a tile's injection or at its
// delivery differ.
#pragma once

#include <string>
#include <vector>

#include "host/compiler/route.h"

namespace tessera {

// A place that carries at most one stream of a color: a directed link between tiles or to or from the host,
// what a tile sends, what a tile receives.
struct ColorResource {
  enum class Kind { kLink, kFromHost, kSend, kReceive } kind = Kind::kLink;
  int tile = 0;
  Direction direction = Direction::kNorth;  // of kLink: out of the tile; of kFromHost: the side
};
std::string describe(const Wafer& wafer, const ColorResource& resource);

struct Coloring {
  std::vector<int> colors;     // by stream; 0 where none was left
  std::vector<int> uncolored;  // streams
  ColorResource fullest;       // where most streams meet
  int fullest_streams = 0;
};

// Greedy by saturation, deterministic. Colors run from rtl::kFirstDataColor to rtl::kColorCount - 1.
Coloring color(const Wafer& wafer, const Routes& routes);

// A line a stream: its color and the tiles it passes.
std::string describe(const KernelGraph& graph, const Wafer& wafer, const Routes& routes,
                     const Coloring& coloring);

}  // namespace tessera
