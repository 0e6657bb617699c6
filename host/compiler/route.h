// Trees for the streams of a placed graph, around what is dead.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compiler/kernel_graph.h"
#include "host/compiler/place.h"

namespace tessera {

inline constexpr int kRampPort = 4;  // rtl::kPortRamp; ports 0 to 3 are Direction

// What one stream writes into a tile's route table: words that come in at `input` leave at the ports of the
// mask.
struct RouteEntry {
  int tile = 0;
  int input = 0;
  std::uint8_t outputs = 0;
};

struct Routes {
  std::vector<std::vector<RouteEntry>> streams;  // by stream of the graph
};

// Extra cost of a link (tile * 4 + direction, as it leaves the tile), from earlier attempts.
using LinkHistory = std::vector<float>;

// Every stream as a tree: of a multicast from its producer, of a merge towards its consumer. Links that
// already carry many streams are avoided. Throws Error(kRouting) when an end cannot be reached.
Routes route(const KernelGraph& graph, const Wafer& region, const Placement& placement,
             const LinkHistory& history);

// The directed links of a stream (edge links to the host too), in ascending order, as in LinkHistory.
std::vector<int> links_of(const Routes& routes, int stream);

// Links in use, all streams together.
int total_hops(const Routes& routes);

}  // namespace tessera
