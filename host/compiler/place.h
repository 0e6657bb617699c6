// Where each kernel of a graph goes, and at which edge links the host meets it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compiler/kernel_graph.h"
#include "host/compiler/region.h"

namespace tessera {

struct HostPort {
  int tile = 0;
  Direction side = Direction::kWest;
};

// Live edge links, from north to south.
std::vector<HostPort> host_ports(const Wafer& region);

struct Placement {
  std::vector<int> tiles;  // by kernel
  HostPort inlet, answer, logits;
  double cost = 0;  // what the annealing minimised, in hops
};

// Puts every kernel on a live tile of its own: first layer after layer along a snake, then by simulated
// annealing on the critical distances of a token's path and on wire length. The same seed gives the same
// placement. The region must have as many live tiles as the graph has kernels.
Placement place(const KernelGraph& graph, const Wafer& region, std::uint64_t seed);

// Sums over all streams: hops between the ends that are furthest apart, and the longest such distance.
struct PlacementFigures {
  int critical_hops = 0;  // sum over a token's transitions of the longest distance in each
  int wire_hops = 0;      // sum over streams of half the perimeter around their ends
};
PlacementFigures measure(const KernelGraph& graph, const Wafer& region, const Placement& placement);

std::string describe(const KernelGraph& graph, const Wafer& region, const Placement& placement);

}  // namespace tessera
