#include "host/compiler/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/compiler/anneal.h"
#include "host/error/error.h"

namespace tessera {
namespace {

constexpr double kBandRows = 5;  // about as many as a layer is wide

// The live tiles in bands of a few rows, each band column by column, to and fro: neighbours in this order are
// neighbours on the wafer.
std::vector<int> snake(const Wafer& region) {
  const int bands = std::max(1, static_cast<int>(std::lround(region.rows / kBandRows)));
  std::vector<int> order;
  for (int band = 0; band < bands; ++band) {
    const Share rows = share(region.rows, bands, band);
    for (int step = 0; step < region.columns; ++step) {
      const int x = band % 2 == 0 ? step : region.columns - 1 - step;
      for (int i = 0; i < rows.count; ++i) {
        const int y = rows.first + (step % 2 == 0 ? i : rows.count - 1 - i);
        const int tile = y * region.columns + x;
        if (region.live[tile]) order.push_back(tile);
      }
    }
  }
  return order;
}

// The edge link from which all of `kernels` are nearest.
HostPort nearest_port(const Wafer& region, const Distances& distances, const std::vector<int>& kernels,
                      const std::vector<int>& tiles) {
  HostPort best;
  int least = std::numeric_limits<int>::max();
  for (const HostPort& port : host_ports(region)) {
    int most = 0;
    for (const int kernel : kernels)
      if (kernel != kHost) most = std::max(most, distances.between(port.tile, tiles[kernel]));
    if (most >= least) continue;
    least = most;
    best = port;
  }
  return best;
}

}  // namespace

// Live edge links of the region.
std::vector<HostPort> host_ports(const Wafer& region) {
  std::vector<HostPort> ports;
  for (int y = 0; y < region.rows; ++y) {
    for (const Direction side : {Direction::kWest, Direction::kEast}) {
      const int tile = y * region.columns + (side == Direction::kWest ? 0 : region.columns - 1);
      if (region.has_link(tile, side)) ports.push_back({tile, side});
    }
  }
  return ports;
}

Placement place(const KernelGraph& graph, const Wafer& region, std::uint64_t seed) {
  const std::vector<int> order = snake(region);
  if (order.size() < graph.kernels.size())
    fail(ErrorKind::kCapacity, "the model needs {} tiles, {} more than the {} that are live and connected",
         graph.kernels.size(), graph.kernels.size() - order.size(), order.size());
  const Distances distances(region);
  Annealer annealer(graph, region, distances, seed);
  annealer.start(order);
  annealer.anneal();
  Placement placement;
  placement.tiles = annealer.tiles();
  placement.cost = annealer.cost();
  const auto port_of = [&](int stream, bool to_host) {
    const Stream& ends = graph.streams[stream];
    return nearest_port(region, distances, to_host ? ends.producers : ends.consumers, placement.tiles);
  };
  placement.inlet = port_of(graph.token_stream, false);
  placement.answer = port_of(graph.answer_stream, true);
  placement.logits = port_of(graph.logits_stream, true);
  return placement;
}

PlacementFigures measure(const KernelGraph& graph, const Wafer& region, const Placement& placement) {
  const Distances distances(region);
  Annealer annealer(graph, region, distances, 0);
  annealer.start(placement.tiles);
  return {annealer.critical_hops(), annealer.wire_hops()};
}

std::string describe(const KernelGraph& graph, const Wafer& region, const Placement& placement) {
  const PlacementFigures figures = measure(graph, region, placement);
  std::string text = fmt::format("placement: {} tiles, {} hops on the critical path, {} hops of wire\n",
                                 placement.tiles.size(), figures.critical_hops, figures.wire_hops);
  for (size_t kernel = 0; kernel < graph.kernels.size(); ++kernel) {
    const TilePosition at = region.position(placement.tiles[kernel]);
    text += fmt::format("  {},{}: {}\n", at.x, at.y, kernel_name(graph.kernels[kernel]));
  }
  return text;
}

}  // namespace tessera
