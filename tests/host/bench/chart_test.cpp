#include <gtest/gtest.h>

#include "host/bench/draw_chart.h"

namespace tessera::bench {
namespace {

size_t count(const std::string& text, const std::string& what) {
  size_t found = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

const Chart kChart = {"A < B & C",
                      "tiles",
                      "speed",
                      {{"one", {{16, 1000}, {64, 250}, {256, 60}}}, {"two", {{16, 100}, {64, 30}}}}};

TEST(Chart, DrawsEveryPointAndNamesEverySeriesOnce) {
  const std::string svg = draw_charts("Title", {kChart, kChart}, 2);
  EXPECT_EQ(count(svg, "<circle"), 2u * 5 + 2);  // and the legend's
  EXPECT_EQ(count(svg, ">one<"), 1u);
  EXPECT_EQ(count(svg, ">two<"), 1u);
  EXPECT_EQ(count(svg, ">tiles<"), 2u);
  EXPECT_EQ(count(svg, "<g "), count(svg, "</g>"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(Chart, TextIsEscaped) {
  EXPECT_NE(draw_charts("Title", {kChart}, 1).find("A &lt; B &amp; C"), std::string::npos);
}

TEST(Chart, NothingAndOnePoint) {
  EXPECT_NE(draw_charts("Nothing", {{"Empty", "x", "y", {}}}, 2).find("Empty"), std::string::npos);
  const std::string svg = draw_charts("One", {{"One", "x", "y", {{"one", {{16, 10}}}}}}, 2);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace tessera::bench
