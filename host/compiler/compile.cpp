#include "host/compiler/compile.h"

#include <fmt/format.h>

#include <optional>

#include "host/compiler/build_graph.h"
#include "host/compiler/build_image.h"
#include "host/compiler/safety.h"
#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr double kFill = 0.96;    // of the live tiles: the rest leaves room for placement and routes
constexpr double kCoarser = 0.9;  // of the last partition's tiles, when it could not be routed
constexpr int kPlacements = 6;    // of the smallest partition, when it could not be routed
constexpr int kRouteAttempts = 12;
constexpr float kHistoryStep = 0.7f;  // added to the cost of the links of a stream that found no color

// A placed graph with routes and colors; some streams may have found no color.
struct Attempt {
  Placement placement;
  Routes routes;
  Coloring coloring;

  bool good() const { return coloring.uncolored.empty(); }
};

// Places, routes and colors; when colors run out, routes again, with detours for the streams that found none.
Attempt attempt(const KernelGraph& graph, const Wafer& region, std::uint64_t seed) {
  Attempt result;
  result.placement = place(graph, region, seed);
  LinkHistory history(static_cast<size_t>(region.tiles()) * kDirections, 0.0f);
  for (int i = 0; i < kRouteAttempts; ++i) {
    result.routes = route(graph, region, result.placement, history);
    result.coloring = color(region, result.routes);
    if (result.good()) break;
    for (const int stream : result.coloring.uncolored)
      for (const int link : links_of(result.routes, stream)) history[link] += kHistoryStep;
  }
  return result;
}

[[noreturn]] void fail_coloring(const KernelGraph& graph, const Wafer& region, const Attempt& attempt) {
  fail(ErrorKind::kRouting, "no color is left for stream '{}': {} streams meet on {}, {} colors are there",
       graph.streams[attempt.coloring.uncolored[0]].name, attempt.coloring.fullest_streams,
       describe(region, attempt.coloring.fullest), rtl::kColorCount - rtl::kFirstDataColor);
}

}  // namespace

Image compile(const QuantizedModel& model, const WaferConfig& config, const Firmware& firmware,
              const CompileLog& log) {
  const auto say = [&](const std::string& lines) {
    if (log) log(lines);
  };
  validate_wafer_config(config, "wafer");
  Wafer wafer = make_wafer(config);
  const Forest forest = grow_forest(wafer);
  drop_unreached(wafer, forest);
  const Wafer whole = largest_region(wafer);
  const int live = whole.live_tiles();
  const ModelShape shape = make_shape(model, config);
  say(describe(shape));
  int wanted = static_cast<int>(kFill * live);
  std::uint64_t seed = config.seed;
  Partition partition = choose_partition(shape, config, live, wanted);
  while (true) {
    say(describe(partition));
    const KernelGraph graph = build_graph(shape, partition);
    const auto tiles = static_cast<int>(graph.kernels.size());
    const Wafer region = compact_region(whole, tiles + tiles / 4);
    const Attempt program = attempt(graph, region, seed);
    if (program.good()) {
      say(fmt::format("placed {} kernels, routed {} streams\n", tiles, graph.streams.size()));
      Image image = build_image({model, config, firmware, region, forest, graph, program.placement,
                                 program.routes, program.coloring});
      check_safety(image);
      return image;
    }
    say(fmt::format("no colors for {} of {} streams: trying another way\n", program.coloring.uncolored.size(),
                    graph.streams.size()));
    if (save_colors(shape, config, partition)) continue;
    // A coarser partition has fewer streams; the smallest gets other placements.
    wanted = static_cast<int>(kCoarser * tiles);
    partition = choose_partition(shape, config, live, wanted);
    if (partition_tiles(shape, partition) < tiles) continue;
    save_colors(shape, config, partition);
    if (++seed == config.seed + kPlacements) fail_coloring(graph, region, program);
  }
}

}  // namespace tessera
