#include "host/compiler/color.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr std::uint32_t kDataColors = (1u << rtl::kColorCount) - (1u << rtl::kFirstDataColor);

// Resources are numbered by tile; of each tile its links, links from the host, what it sends, what it
// receives.
constexpr int kResourcesPerTile = 2 * kDirections + 2;

ColorResource resource_of(int number) {
  ColorResource resource;
  resource.tile = number / kResourcesPerTile;
  const int which = number % kResourcesPerTile;
  if (which < kDirections) {
    resource.kind = ColorResource::Kind::kLink;
    resource.direction = static_cast<Direction>(which);
  } else if (which < 2 * kDirections) {
    resource.kind = ColorResource::Kind::kFromHost;
    resource.direction = static_cast<Direction>(which - kDirections);
  } else {
    resource.kind = which == 2 * kDirections ? ColorResource::Kind::kSend : ColorResource::Kind::kReceive;
  }
  return resource;
}

std::vector<int> resources_of(const Wafer& wafer, const std::vector<RouteEntry>& entries) {
  std::vector<int> resources;
  for (const RouteEntry& entry : entries) {
    const int first = entry.tile * kResourcesPerTile;
    for (int port = 0; port < kDirections; ++port)
      if (entry.outputs >> port & 1) resources.push_back(first + port);
    if (entry.outputs >> kRampPort & 1) resources.push_back(first + 2 * kDirections + 1);
    if (entry.input == kRampPort) {
      resources.push_back(first + 2 * kDirections);
    } else if (wafer.neighbour(entry.tile, static_cast<Direction>(entry.input)) == kNoTile) {
      resources.push_back(first + kDirections + entry.input);
    }
  }
  std::sort(resources.begin(), resources.end());
  resources.erase(std::unique(resources.begin(), resources.end()), resources.end());
  return resources;
}

}  // namespace

std::string describe(const Wafer& wafer, const ColorResource& resource) {
  const TilePosition at = wafer.position(resource.tile);
  switch (resource.kind) {
    case ColorResource::Kind::kLink:
      return fmt::format("the link {} of tile {},{}", direction_name(resource.direction), at.x, at.y);
    case ColorResource::Kind::kFromHost:
      return fmt::format("the host's link into tile {},{} from the {}", at.x, at.y,
                         direction_name(resource.direction));
    case ColorResource::Kind::kSend:
      return fmt::format("what tile {},{} sends", at.x, at.y);
    case ColorResource::Kind::kReceive:
      return fmt::format("what tile {},{} receives", at.x, at.y);
  }
  return "?";
}

Coloring color(const Wafer& wafer, const Routes& routes) {
  const auto count = static_cast<int>(routes.streams.size());
  std::vector<std::vector<int>> resources(count);
  std::vector<std::vector<int>> users(wafer.tiles() * kResourcesPerTile);
  for (int stream = 0; stream < count; ++stream) {
    resources[stream] = resources_of(wafer, routes.streams[stream]);
    for (const int resource : resources[stream]) users[resource].push_back(stream);
  }
  Coloring coloring;
  for (int resource = 0; resource < static_cast<int>(users.size()); ++resource) {
    if (static_cast<int>(users[resource].size()) <= coloring.fullest_streams) continue;
    coloring.fullest_streams = static_cast<int>(users[resource].size());
    coloring.fullest = resource_of(resource);
  }
  std::vector<std::vector<int>> neighbours(count);
  for (int stream = 0; stream < count; ++stream) {
    for (const int resource : resources[stream])
      for (const int other : users[resource])
        if (other != stream) neighbours[stream].push_back(other);
    std::sort(neighbours[stream].begin(), neighbours[stream].end());
    neighbours[stream].erase(std::unique(neighbours[stream].begin(), neighbours[stream].end()),
                             neighbours[stream].end());
  }

  // Always next: the stream with the fewest colors left, of those the one with the most neighbours.
  coloring.colors.assign(count, 0);
  std::vector<std::uint32_t> left(count, kDataColors);
  std::vector<bool> done(count, false);
  for (int round = 0; round < count; ++round) {
    int best = -1;
    for (int stream = 0; stream < count; ++stream) {
      if (done[stream]) continue;
      if (best < 0) {
        best = stream;
        continue;
      }
      const int mine = std::popcount(left[stream]);
      const int its = std::popcount(left[best]);
      if (mine < its || (mine == its && neighbours[stream].size() > neighbours[best].size())) best = stream;
    }
    done[best] = true;
    if (left[best] == 0) {
      coloring.uncolored.push_back(best);
      continue;
    }
    const int chosen = std::countr_zero(left[best]);
    coloring.colors[best] = chosen;
    for (const int other : neighbours[best]) left[other] &= ~(1u << chosen);
  }
  std::sort(coloring.uncolored.begin(), coloring.uncolored.end());
  return coloring;
}

std::string describe(const KernelGraph& graph, const Wafer& wafer, const Routes& routes,
                     const Coloring& coloring) {
  std::string text =
      fmt::format("routes: {} streams over {} links, at most {} on {}\n", routes.streams.size(),
                  total_hops(routes), coloring.fullest_streams, describe(wafer, coloring.fullest));
  for (size_t stream = 0; stream < routes.streams.size(); ++stream) {
    text += fmt::format("  {}: color {},", graph.streams[stream].name, coloring.colors[stream]);
    for (const int link : links_of(routes, static_cast<int>(stream))) {
      const TilePosition at = wafer.position(link / kDirections);
      text +=
          fmt::format(" {},{} {}", at.x, at.y, direction_name(static_cast<Direction>(link % kDirections)));
    }
    text += '\n';
  }
  return text;
}

}  // namespace tessera
