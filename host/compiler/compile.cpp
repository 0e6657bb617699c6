#include "host/compiler/compile.h"

#include <fmt/format.h>

#include <optional>

#include "host/compiler/build_graph.h"
#include "host/compiler/build_image.h"
#include "host/compiler/safety.h"
#include "host/error/error.h"

namespace tessera {
namespace {

constexpr double kFill = 0.85;    // of the live tiles: the rest leaves room for placement and routes
constexpr double kCoarser = 0.9;  // of the last partition's tiles, when it could not be routed
constexpr int kRouteAttempts = 12;
constexpr float kHistoryStep = 0.7f;  // added to the cost of the links of a stream that found no color

struct Routed {
  Routes routes;
  Coloring coloring;
};

// Routes and colors; when colors run out, again with other routes for the streams that found none.
std::optional<Routed> route_and_color(const KernelGraph& graph, const Wafer& region,
                                      const Placement& placement, Coloring& last) {
  LinkHistory history(static_cast<size_t>(region.tiles()) * kDirections, 0.0f);
  for (int attempt = 0; attempt < kRouteAttempts; ++attempt) {
    Routed routed;
    routed.routes = route(graph, region, placement, history);
    routed.coloring = color(region, routed.routes);
    if (routed.coloring.uncolored.empty()) return routed;
    for (const int stream : routed.coloring.uncolored)
      for (const int link : links_of(routed.routes, stream)) history[link] += kHistoryStep;
    last = routed.coloring;
  }
  return std::nullopt;
}

}  // namespace

Image compile(const QuantizedModel& model, const WaferConfig& config, const Firmware& firmware,
              const CompileLog& log) {
  const auto say = [&](const std::string& line) {
    if (log) log(line);
  };
  validate_wafer_config(config, "wafer");
  Wafer wafer = make_wafer(config);
  const Forest forest = grow_forest(wafer);
  drop_unreached(wafer, forest);
  const Wafer whole = largest_region(wafer);
  const ModelShape shape = make_shape(model, config);
  const int live = whole.live_tiles();
  int wanted = static_cast<int>(kFill * live);
  say(describe(shape));
  while (true) {
    const Partition partition = choose_partition(shape, config, live, wanted);
    say(describe(partition));
    const KernelGraph graph = build_graph(shape, partition);
    const auto tiles = static_cast<int>(graph.kernels.size());
    const Wafer region = compact_region(whole, tiles + tiles / 4);
    const Placement placement = place(graph, region, config.seed);
    Coloring last;
    std::optional<Routed> routed = route_and_color(graph, region, placement, last);
    if (routed) {
      say(fmt::format("placed {} kernels, routed {} streams\n", tiles, graph.streams.size()));
      Image image = build_image(
          {model, config, firmware, wafer, forest, graph, placement, routed->routes, routed->coloring});
      check_safety(image);
      return image;
    }
    // A coarser partition has fewer streams.
    wanted = static_cast<int>(kCoarser * tiles);
    if (partition_tiles(shape, choose_partition(shape, config, live, wanted)) >= tiles)
      fail(ErrorKind::kRouting,
           "no colors are left for stream '{}': {} streams meet on {}, {} colors are there",
           graph.streams[last.uncolored[0]].name, last.fullest_streams, describe(region, last.fullest), 14);
  }
}

}  // namespace tessera
