#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

#include "host/compiler/draw.h"
#include "host/compiler/operator_style.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr double kPitch = 64;   // between the centers of tiles
constexpr double kTile = 34;    // side of a tile
constexpr double kMargin = 92;  // around the wafer, with room for the host's links
constexpr double kTop = 104;
constexpr double kLegend = 300;
constexpr double kLane = 0.95;  // between two colors of a link
constexpr double kStreamWidth = 1.0;
constexpr double kLayerHint = 4;

std::string hex(std::uint32_t color) { return fmt::format("#{:06x}", color); }

// From pale to red with 0 to 1.
std::string heat(double share) {
  constexpr std::array<std::array<double, 3>, 4> kStops = {
      {{238, 240, 243}, {252, 226, 160}, {244, 150, 80}, {205, 45, 50}}};
  const double at = std::clamp(share, 0.0, 1.0) * (kStops.size() - 1);
  const auto stop = std::min(static_cast<size_t>(at), kStops.size() - 2);
  const double part = at - static_cast<double>(stop);
  const auto mix = [&](size_t i) {
    return static_cast<int>(std::lround(kStops[stop][i] * (1 - part) + kStops[stop + 1][i] * part));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2));
}

struct Point {
  double x, y;
};

class Drawing {
 public:
  explicit Drawing(const Image& image)
      : image_(image), wafer_(make_wafer(image.wafer)), words_(link_words(image)) {}
  std::string draw();

 private:
  auto out() { return std::back_inserter(svg_); }
  double width() const { return 2 * kMargin + kPitch * (wafer_.columns - 1) + kLegend; }
  double height() const { return std::max(kTop + kMargin + kPitch * (wafer_.rows - 1), 560.0); }
  Point center(TilePosition at) const { return {kMargin + kPitch * at.x, kTop + kPitch * at.y}; }
  // The middle of the way that words take over a link: both directions side by side.
  std::pair<Point, Point> lane(TilePosition tile, Direction direction, double offset) const;

  void draw_title();
  void draw_heat();
  void draw_streams();
  void draw_tiles();
  void draw_dead();
  void draw_host_port(const EdgePort& port, const char* label, bool inward, int row);
  void draw_legend();
  void line(Point from, Point to, const std::string& style) {
    fmt::format_to(out(), "<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" {}/>\n", from.x, from.y, to.x, to.y,
                   style);
  }

  const Image& image_;
  Wafer wafer_;
  std::vector<int> words_;
  std::string svg_;
};

std::pair<Point, Point> Drawing::lane(TilePosition tile, Direction direction, double offset) const {
  const Point from = center(tile);
  const double dx = direction == Direction::kEast ? 1 : direction == Direction::kWest ? -1 : 0;
  const double dy = direction == Direction::kSouth ? 1 : direction == Direction::kNorth ? -1 : 0;
  const Point shift{-dy * offset, dx * offset};  // to the right of the way
  const int index = wafer_.index(tile);
  const double reach = wafer_.neighbour(index, direction) == kNoTile ? 0.75 : 1;
  return {{from.x + shift.x, from.y + shift.y},
          {from.x + shift.x + dx * kPitch * reach, from.y + shift.y + dy * kPitch * reach}};
}

void Drawing::draw_title() {
  const ModelConfig& model = image_.graph.shape.config;
  size_t kernels = 0, hops = 0;
  for (const TileImage& tile : image_.tiles) kernels += tile.kernel >= 0;
  for (const ImageStream& stream : image_.streams) hops += stream.hops.size();
  fmt::format_to(
      out(),
      "<text x=\"{:.0f}\" y=\"34\" class=\"title\">{} layers of dim {}, hidden {}, {} heads ({} KV), "
      "vocabulary {}</text>\n",
      kMargin - kTile / 2, model.layers, model.dim, model.hidden_dim, model.heads, model.kv_heads,
      model.vocabulary);
  fmt::format_to(
      out(),
      "<text x=\"{:.0f}\" y=\"56\" class=\"note\">{} x {} wafer: {} tiles compute, {} dead; {} streams "
      "over {} links; {} slots of {} positions</text>\n",
      kMargin - kTile / 2, wafer_.columns, wafer_.rows, kernels, image_.wafer.dead_tiles.size(),
      image_.streams.size(), hops, image_.slots, image_.context);
}

void Drawing::draw_heat() {
  const int most = std::max(1, *std::max_element(words_.begin(), words_.end()));
  svg_ += "<g stroke-width=\"13\">\n";
  for (int tile = 0; tile < wafer_.tiles(); ++tile) {
    for (const Direction direction : kAllDirections) {
      const int words = words_[static_cast<size_t>(tile * kDirections + static_cast<int>(direction))];
      if (words == 0) continue;
      const auto [from, to] = lane(wafer_.position(tile), direction, 7.0);
      line(from, to, fmt::format("stroke=\"{}\"", heat(static_cast<double>(words) / most)));
    }
  }
  svg_ += "</g>\n";
}

void Drawing::draw_streams() {
  fmt::format_to(out(), "<g stroke-width=\"{}\" stroke-opacity=\"0.75\">\n", kStreamWidth);
  for (size_t i = 0; i < image_.streams.size(); ++i) {
    const ImageStream& stream = image_.streams[i];
    const int producer = image_.graph.streams[i].producers.front();
    const std::uint32_t color =
        producer == kHost ? 0x606870 : style_of(image_.graph.kernels[static_cast<size_t>(producer)].op).color;
    const double offset = kLane * (stream.color - static_cast<int>(rtl::kFirstDataColor) + 0.8);
    for (const ImageStream::Hop& hop : stream.hops) {
      const auto [from, to] = lane(hop.tile, hop.direction, offset);
      line(from, to, fmt::format("stroke=\"{}\"", hex(color)));
    }
  }
  svg_ += "</g>\n";
}

void Drawing::draw_tiles() {
  const double half = kTile / 2;
  for (int index = 0; index < wafer_.tiles(); ++index) {
    const Point at = center(wafer_.position(index));
    if (wafer_.live[static_cast<size_t>(index)])
      fmt::format_to(out(),
                     "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"12\" height=\"12\" rx=\"3\" class=\"bare\"/>\n",
                     at.x - 6, at.y - 6);
  }
  for (const TileImage& tile : image_.tiles) {
    if (tile.kernel < 0) continue;
    const Kernel& kernel = image_.graph.kernels[static_cast<size_t>(tile.kernel)];
    const Point at = center(tile.position);
    fmt::format_to(
        out(),
        "<g><title>{} on tile {},{}: {} of {} bytes</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" "
        "height=\"{}\" rx=\"6\" fill=\"{}\" class=\"tile\"/>",
        tile.name, tile.position.x, tile.position.y, tile.sram_used, rtl::kSramBytes, at.x - half,
        at.y - half, kTile, kTile, hex(style_of(kernel.op).color));
    if (has_layer(kernel.op)) {
      fmt::format_to(
          out(),
          "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"letter\">{}<tspan class=\"layer\" dy=\"{}\">{}</tspan>"
          "</text>",
          at.x, at.y + 5, style_of(kernel.op).letter, kLayerHint, kernel.layer);
    } else {
      fmt::format_to(out(), "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"letter\">{}</text>", at.x, at.y + 5,
                     style_of(kernel.op).letter);
    }
    svg_ += "</g>\n";
  }
}

void Drawing::draw_dead() {
  const double arm = kTile / 2 - 4;
  svg_ += "<g class=\"dead\">\n";
  for (const TilePosition& tile : image_.wafer.dead_tiles) {
    const Point at = center(tile);
    fmt::format_to(out(), "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"6\"/>\n",
                   at.x - kTile / 2, at.y - kTile / 2, kTile, kTile);
    line({at.x - arm, at.y - arm}, {at.x + arm, at.y + arm}, "");
    line({at.x - arm, at.y + arm}, {at.x + arm, at.y - arm}, "");
  }
  for (const LinkPosition& link : image_.wafer.dead_links) {
    const auto [from, to] = lane(link.tile, link.direction, 0);
    const Point middle{(from.x + to.x) / 2, (from.y + to.y) / 2};
    line({middle.x - 5, middle.y - 5}, {middle.x + 5, middle.y + 5}, "");
    line({middle.x - 5, middle.y + 5}, {middle.x + 5, middle.y - 5}, "");
  }
  svg_ += "</g>\n";
}

// An arrow between the wafer and the host; `row` keeps the labels of one edge link apart.
void Drawing::draw_host_port(const EdgePort& port, const char* label, bool inward, int row) {
  const Point at = center(port.tile);
  const double side = port.side == Direction::kWest ? -1 : 1;
  const double near = at.x + side * (kTile / 2 + 3);
  const double far = at.x + side * (kTile / 2 + 25);
  const double y = at.y + 12.0 * row;
  line({inward ? far : near, y}, {inward ? near : far, y}, "class=\"arrow\" marker-end=\"url(#arrow)\"");
  fmt::format_to(out(), "<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"port\" text-anchor=\"{}\">{}</text>\n",
                 far + side * 3, y + 3, side < 0 ? "end" : "start", label);
}

void Drawing::draw_legend() {
  const double x = width() - kLegend + 24;
  double y = kTop - 10;
  std::map<Operator, int> counts;
  for (const Kernel& kernel : image_.graph.kernels) ++counts[kernel.op];
  fmt::format_to(out(), "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"head\">Operators</text>\n", x, y);
  for (const auto& [op, count] : counts) {
    y += 24;
    fmt::format_to(
        out(),
        "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"18\" height=\"18\" rx=\"4\" fill=\"{}\" class=\"tile\"/>"
        "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"key\">{}</text>"
        "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"note\">{}</text>"
        "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"count\">{}</text>\n",
        x, y - 14, hex(style_of(op).color), x + 9, y - 1, style_of(op).letter, x + 28, y, style_of(op).label,
        x + 232, y, count);
  }
  y += 34;
  const int most = *std::max_element(words_.begin(), words_.end());
  fmt::format_to(out(), "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"head\">Words over a link per token</text>\n",
                 x, y);
  constexpr int kSteps = 29;
  for (int i = 0; i < kSteps; ++i)
    fmt::format_to(out(), "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"8.2\" height=\"12\" fill=\"{}\"/>\n",
                   x + 8 * i, y + 12, heat(static_cast<double>(i) / (kSteps - 1)));
  fmt::format_to(out(),
                 "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"note\">0</text>"
                 "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"count\">{}</text>\n",
                 x, y + 40, x + 232, y + 40, most);
  y += 72;
  fmt::format_to(
      out(),
      "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"note\">Lines are streams, colored by sender.</text>\n"
      "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"note\">The number on a tile is its layer.</text>\n"
      "<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"note\">Crosses are dead tiles and links.</text>\n",
      x, y, x, y + 20, x, y + 40);
}

std::string Drawing::draw() {
  fmt::format_to(
      out(),
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 "
      "{0:.0f} {1:.0f}\">\n",
      width(), height());
  svg_ +=
      "<style>text{font-family:'DejaVu Sans','Helvetica Neue',Arial,sans-serif;fill:#30363d}"
      ".title{font-size:17px;font-weight:bold}.head{font-size:14px;font-weight:bold}.note{font-size:13px}"
      ".count{font-size:13px;text-anchor:end}.key,.letter{text-anchor:middle;font-weight:bold}"
      ".key{font-size:12px}.letter{font-size:15px}.layer{font-size:10px;font-weight:normal}"
      ".port{font-size:11px}.tile{stroke:#ffffff;stroke-width:1.5}.bare{fill:#c9ced4}"
      ".dead rect{fill:#f4f5f7;stroke:#b9bfc6;stroke-width:1}.dead path{stroke:#a03030;stroke-width:2}"
      ".arrow{stroke:#30363d;stroke-width:1.6}</style>\n"
      "<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" "
      "markerHeight=\"6\" "
      "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#30363d\"/></marker></defs>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  draw_title();
  draw_heat();
  draw_streams();
  draw_tiles();
  draw_dead();
  draw_host_port(image_.inlet, "token", true, -1);
  draw_host_port(image_.answer, "answer", false, 0);
  draw_host_port(image_.logits, "logits", false, 1);
  draw_legend();
  svg_ += "</svg>\n";
  return std::move(svg_);
}

}  // namespace

std::string draw_svg(const Image& image) { return Drawing(image).draw(); }

std::vector<int> link_words(const Image& image) {
  std::vector<int> words(static_cast<size_t>(image.wafer.columns * image.wafer.rows * kDirections), 0);
  const auto index = [&](TilePosition tile) { return tile.y * image.wafer.columns + tile.x; };
  for (size_t i = 0; i < image.streams.size(); ++i) {
    if (static_cast<int>(i) == image.graph.logits_stream) continue;
    const Stream& stream = image.graph.streams[i];
    if (stream.kind == StreamKind::kMulticast) {
      for (const ImageStream::Hop& hop : image.streams[i].hops)
        words[static_cast<size_t>(index(hop.tile) * kDirections + static_cast<int>(hop.direction))] +=
            stream_words(image.graph, static_cast<int>(i));
      continue;
    }
    // Every tile of a merge has one way out: follow it from each producer.
    std::map<TilePosition, Direction> next;
    for (const ImageStream::Hop& hop : image.streams[i].hops) next[hop.tile] = hop.direction;
    for (const int producer : stream.producers) {
      int load = 0;
      for (const Send& send : image.graph.kernels[static_cast<size_t>(producer)].sends)
        if (send.stream == static_cast<int>(i)) load += 1 + message_words(send.tensor);
      TilePosition at = image.kernel_tiles[static_cast<size_t>(producer)];
      for (auto hop = next.find(at); hop != next.end(); hop = next.find(at)) {
        words[static_cast<size_t>(index(at) * kDirections + static_cast<int>(hop->second))] += load;
        at.x += (hop->second == Direction::kEast) - (hop->second == Direction::kWest);
        at.y += (hop->second == Direction::kSouth) - (hop->second == Direction::kNorth);
      }
    }
  }
  return words;
}

}  // namespace tessera
