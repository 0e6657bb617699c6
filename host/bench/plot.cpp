#include "host/bench/plot.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/bench/draw_chart.h"
#include "host/bench/load.h"
#include "host/bench/variants.h"

namespace tessera::bench {
namespace {

constexpr int kLargest = 64 * 64;  // what all engines are measured on ends here

Chart make_chart(const std::vector<Row>& rows, double percent, bool speed) {
  Chart chart;
  chart.title = percent == 100 ? "All tiles awake" : fmt::format("{:g} % of the tiles awake", percent);
  chart.x_name = "tiles";
  chart.y_name = speed ? "cycles a second" : "ns per awake tile-cycle";
  for (const Variant& variant : variants()) {
    Series series{variant.label, {}};
    for (const Row& row : rows) {
      if (row.engine != variant.name || row.load != load_name(LoadKind::kMixed) || row.tiles() > kLargest ||
          row.asked_tiles != awake_tiles(row.columns, row.rows, percent))
        continue;
      series.points.emplace_back(row.tiles(),
                                 speed ? row.cycles_per_second.value : row.ns_per_awake_tile_cycle.value);
    }
    std::sort(series.points.begin(), series.points.end());
    if (!series.points.empty()) chart.series.push_back(series);
  }
  return chart;
}

}  // namespace

std::string draw_svg(const std::vector<Row>& rows) {
  std::vector<Chart> charts;
  for (const bool speed : {true, false}) {
    for (const double percent : {100.0, 5.0}) charts.push_back(make_chart(rows, percent, speed));
  }
  return draw_charts("Engines side by side, mixed load", charts, 2);
}

}  // namespace tessera::bench
