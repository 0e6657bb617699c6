#include "host/bench/draw_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace tessera::bench {
namespace {

constexpr double kWidth = 520;  // of a chart, its axes' names included
constexpr double kHeight = 380;
constexpr double kLeft = 78;  // around the plot within a chart
constexpr double kRight = 22;
constexpr double kTop = 40;
constexpr double kBottom = 54;
constexpr double kTitle = 48;
constexpr double kLegendLine = 24;
constexpr double kLegendEntry = 230;
constexpr double kDot = 3.6;

// Told apart by people who see colors differently, too (Okabe and Ito's palette, without its yellow).
constexpr const char* kColors[] = {"#000000", "#e69f00", "#56b4e9", "#009e73", "#0072b2",
                                   "#d55e00", "#cc79a7", "#7a5195", "#8c8c8c"};
constexpr const char* kDashes[] = {"none", "6 3", "2 3"};

constexpr const char* kStyle =
    "<style>text{font-family:system-ui,sans-serif;font-size:13px;fill:#222}.title{font-size:18px;font-weight:"
    "600}"
    ".name{font-size:14px;font-weight:600}.tick{font-size:12px;fill:#555}</style>\n";

// A logarithmic axis that begins and ends with a power of `base`.
struct Axis {
  double base = 10;
  int first = 0;  // powers
  int last = 1;

  double place(double value) const { return (std::log(value) / std::log(base) - first) / (last - first); }
};

Axis axis_over(double base, double least, double greatest) {
  Axis axis{base, static_cast<int>(std::floor(std::log(least) / std::log(base) + 1e-9)),
            static_cast<int>(std::ceil(std::log(greatest) / std::log(base) - 1e-9))};
  if (axis.last == axis.first) ++axis.last;
  return axis;
}

std::string tick_text(double value) {
  if (value >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:g}k", value / 1e3);
  return fmt::format("{:g}", value);
}

class Drawing {
 public:
  Drawing(const std::string& title, const std::vector<Chart>& charts, int columns)
      : title_(title), charts_(charts), columns_(std::max(1, columns)) {
    for (const Chart& chart : charts) {
      for (const Series& series : chart.series) {
        if (std::find(names_.begin(), names_.end(), series.name) == names_.end())
          names_.push_back(series.name);
      }
    }
  }

  std::string draw() {
    const int rows = (static_cast<int>(charts_.size()) + columns_ - 1) / columns_;
    const double width = columns_ * kWidth;
    const double legend = kTitle + rows * kHeight;
    const int entries = std::max(1, static_cast<int>(width / kLegendEntry));
    const double height = legend + std::ceil(static_cast<double>(names_.size()) / entries) * kLegendLine + 16;
    fmt::format_to(out(),
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" "
                   "height=\"{:.0f}\">\n",
                   width, height, width, height);
    svg_ += kStyle;
    fmt::format_to(out(), "<rect width=\"{:.0f}\" height=\"{:.0f}\" fill=\"#fff\"/>\n", width, height);
    text(20, 30, "title", "start", title_);
    for (size_t i = 0; i < charts_.size(); ++i)
      draw_chart(charts_[i], static_cast<double>(i % columns_) * kWidth,
                 kTitle + static_cast<double>(i / columns_) * kHeight);
    for (size_t i = 0; i < names_.size(); ++i)
      draw_legend(i, 20 + static_cast<double>(i % entries) * kLegendEntry,
                  legend + 16 + static_cast<double>(i / entries) * kLegendLine);
    svg_ += "</svg>\n";
    return std::move(svg_);
  }

 private:
  std::back_insert_iterator<std::string> out() { return std::back_inserter(svg_); }

  void text(double x, double y, const char* style, const char* anchor, const std::string& words) {
    std::string safe;
    for (const char letter : words)
      safe += letter == '&' ? "&amp;" : letter == '<' ? "&lt;" : std::string(1, letter);
    fmt::format_to(out(), "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\" text-anchor=\"{}\">{}</text>\n", x, y,
                   style, anchor, safe);
  }
  void line(double x1, double y1, double x2, double y2, const char* color) {
    fmt::format_to(out(), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"{}\"/>\n", x1, y1, x2, y2,
                   color);
  }
  size_t index_of(const std::string& name) const {
    return static_cast<size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  static std::string stroke(size_t index) {
    return fmt::format("fill=\"none\" stroke=\"{}\" stroke-width=\"2\" stroke-dasharray=\"{}\"",
                       kColors[index % std::size(kColors)], kDashes[index % std::size(kDashes)]);
  }

  void draw_chart(const Chart& chart, double left, double top) {
    double x_least = INFINITY, x_greatest = 0, y_least = INFINITY, y_greatest = 0;
    for (const Series& series : chart.series) {
      for (const auto& [x, y] : series.points) {
        x_least = std::min(x_least, x);
        x_greatest = std::max(x_greatest, x);
        y_least = std::min(y_least, y);
        y_greatest = std::max(y_greatest, y);
      }
    }
    text(left + kLeft, top + 24, "name", "start", chart.title);
    if (x_greatest == 0) return;
    const Axis x_axis = axis_over(4, x_least, x_greatest);
    const Axis y_axis = axis_over(10, y_least, y_greatest);
    const double plot_width = kWidth - kLeft - kRight;
    const double plot_height = kHeight - kTop - kBottom;
    const auto x_at = [&](double x) { return left + kLeft + x_axis.place(x) * plot_width; };
    const auto y_at = [&](double y) { return top + kTop + (1 - y_axis.place(y)) * plot_height; };

    for (int power = x_axis.first; power <= x_axis.last; ++power) {
      const double value = std::pow(x_axis.base, power);
      line(x_at(value), top + kTop, x_at(value), top + kTop + plot_height, "#e4e4e4");
      text(x_at(value), top + kTop + plot_height + 18, "tick", "middle", tick_text(value));
    }
    for (int power = y_axis.first; power <= y_axis.last; ++power) {
      for (const int step : {1, 2, 5}) {
        const double value = step * std::pow(y_axis.base, power);
        if (y_axis.place(value) > 1 + 1e-9) break;
        line(left + kLeft, y_at(value), left + kLeft + plot_width, y_at(value),
             step == 1 ? "#cfcfcf" : "#eeeeee");
        if (step == 1 || y_axis.last - y_axis.first <= 3)
          text(left + kLeft - 8, y_at(value) + 4, "tick", "end", tick_text(value));
      }
    }
    text(left + kLeft + plot_width / 2, top + kHeight - 14, "", "middle", chart.x_name);
    fmt::format_to(out(), "<g transform=\"translate({:.1f} {:.1f}) rotate(-90)\">", left + 18,
                   top + kTop + plot_height / 2);
    text(0, 0, "", "middle", chart.y_name);
    svg_ += "</g>\n";

    for (const Series& series : chart.series) {
      const size_t index = index_of(series.name);
      std::string path;
      for (const auto& [x, y] : series.points)
        fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_at(x),
                       y_at(y));
      fmt::format_to(out(), "<path d=\"{}\" {}/>\n", path, stroke(index));
      for (const auto& [x, y] : series.points)
        fmt::format_to(out(), "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n", x_at(x),
                       y_at(y), kDot, kColors[index % std::size(kColors)]);
    }
  }

  void draw_legend(size_t index, double left, double middle) {
    fmt::format_to(out(), "<path d=\"M{:.1f} {:.1f}h36\" {}/>\n", left, middle, stroke(index));
    fmt::format_to(out(), "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"{}\"/>\n", left + 18, middle,
                   kDot, kColors[index % std::size(kColors)]);
    text(left + 44, middle + 5, "", "start", names_[index]);
  }

  const std::string& title_;
  const std::vector<Chart>& charts_;
  int columns_;
  std::vector<std::string> names_;  // of all series
  std::string svg_;
};

}  // namespace

std::string draw_charts(const std::string& title, const std::vector<Chart>& charts, int columns) {
  return Drawing(title, charts, columns).draw();
}

}  // namespace tessera::bench
