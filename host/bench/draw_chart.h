// Line charts on logarithmic axes, several beside one another, as SVG.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tessera::bench {

struct Series {
  std::string name;                               // the same name has the same color in all charts
  std::vector<std::pair<double, double>> points;  // positive; by ascending x
};

struct Chart {
  std::string title;
  std::string x_name;
  std::string y_name;
  std::vector<Series> series;
};

// The charts in rows of `columns`, with one legend.
std::string draw_charts(const std::string& title, const std::vector<Chart>& charts, int columns);

}  // namespace tessera::bench
