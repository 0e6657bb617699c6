#include "host/config/wafer_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <random>
#include <set>

#include "host/error/error.h"

namespace tessera {
namespace {

constexpr const char* kDirectionNames[kDirections] = {"north", "east", "south", "west"};

// The number that is all of `text`.
std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

void check_range(std::string_view source, const char* key, int value, int low, int high) {
  if (value < low || value > high)
    fail(ErrorKind::kConfig, "{}: {} is {}, should be {} to {}", source, key, value, low, high);
}

template <typename T>
const T* named_twice(std::vector<T>& sorted) {
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  return twice == sorted.end() ? nullptr : &*twice;
}

std::string number_or_auto(int value) { return value == 0 ? "auto" : fmt::format("{}", value); }

}  // namespace

const char* direction_name(Direction direction) { return kDirectionNames[static_cast<int>(direction)]; }

void parse_size(std::string_view text, std::string_view source, WaferConfig& config) {
  const auto parts = split(text, 'x');
  const auto columns = whole_number(parts[0]);
  const auto rows = parts.size() == 2 ? whole_number(parts[1]) : std::nullopt;
  if (!columns || !rows)
    fail(ErrorKind::kConfig, "{}: {} should be COLUMNSxROWS, such as 16x16", source, text);
  check_range(source, "columns", *columns, 1, kMaximumColumns);
  check_range(source, "rows", *rows, 1, kMaximumRows);
  config.columns = *columns;
  config.rows = *rows;
}

TilePosition parse_tile(std::string_view text, std::string_view source) {
  const auto parts = split(text, ',');
  const auto x = whole_number(parts[0]);
  const auto y = parts.size() == 2 ? whole_number(parts[1]) : std::nullopt;
  if (!x || !y) fail(ErrorKind::kConfig, "{}: {} should be X,Y, such as 3,4", source, text);
  return {*x, *y};
}

LinkPosition parse_link(std::string_view text, std::string_view source) {
  const auto parts = split(text, ',');
  if (parts.size() == 3) {
    const auto x = whole_number(parts[0]);
    const auto y = whole_number(parts[1]);
    const auto name = std::find(std::begin(kDirectionNames), std::end(kDirectionNames), parts[2]);
    if (x && y && name != std::end(kDirectionNames))
      return {{*x, *y}, static_cast<Direction>(name - std::begin(kDirectionNames))};
  }
  fail(ErrorKind::kConfig, "{}: {} should be X,Y,DIRECTION, such as 3,4,east (north, east, south or west)",
       source, text);
}

void check_tile(const WaferConfig& config, TilePosition tile, std::string_view source) {
  if (tile.x < 0 || tile.x >= config.columns)
    fail(ErrorKind::kConfig, "{}: tile {},{} lies off the wafer (columns 0 to {})", source, tile.x, tile.y,
         config.columns - 1);
  if (tile.y < 0 || tile.y >= config.rows)
    fail(ErrorKind::kConfig, "{}: tile {},{} lies off the wafer (rows 0 to {})", source, tile.x, tile.y,
         config.rows - 1);
}

void check_link(const WaferConfig& config, LinkPosition link, std::string_view source) {
  check_tile(config, link.tile, source);
  if ((link.direction == Direction::kNorth && link.tile.y == 0) ||
      (link.direction == Direction::kSouth && link.tile.y == config.rows - 1))
    fail(ErrorKind::kConfig,
         "{}: there is no link {} of tile {},{} (only the west and east edges have links)", source,
         direction_name(link.direction), link.tile.x, link.tile.y);
}

LinkPosition canonical(LinkPosition link) {
  if (link.direction == Direction::kNorth) return {{link.tile.x, link.tile.y - 1}, Direction::kSouth};
  if (link.direction == Direction::kWest && link.tile.x > 0)
    return {{link.tile.x - 1, link.tile.y}, Direction::kEast};
  return link;
}

void validate_wafer_config(const WaferConfig& config, std::string_view source) {
  check_range(source, "columns", config.columns, 1, kMaximumColumns);
  check_range(source, "rows", config.rows, 1, kMaximumRows);
  check_range(source, "in_flight", config.in_flight, 1, 4);
  check_range(source, "slots", config.slots, 0, 32);
  check_range(source, "context", config.context, 0, 8192);
  check_range(source, "clock_mhz", config.clock_mhz, 1, 100000);
  const PartitionConfig& partition = config.partition;
  for (const auto& [key, value] :
       {std::pair("embedding", partition.embedding), std::pair("rope", partition.rope),
        std::pair("stripes", partition.stripes), std::pair("qkv", partition.qkv),
        std::pair("attention", partition.attention), std::pair("output", partition.output),
        std::pair("hidden", partition.hidden), std::pair("down", partition.down),
        std::pair("logits", partition.logits)})
    check_range(source, fmt::format("partition.{}", key).c_str(), value, 0, config.columns * config.rows);
  std::vector<TilePosition> tiles = config.dead_tiles;
  for (const TilePosition& tile : tiles) check_tile(config, tile, source);
  if (const TilePosition* tile = named_twice(tiles))
    fail(ErrorKind::kConfig, "{}: dead tile {},{} is named twice", source, tile->x, tile->y);
  std::vector<LinkPosition> links;
  for (const LinkPosition& link : config.dead_links) {
    check_link(config, link, source);
    links.push_back(canonical(link));
  }
  if (const LinkPosition* link = named_twice(links))
    fail(ErrorKind::kConfig, "{}: dead link {},{} {} is named twice", source, link->tile.x, link->tile.y,
         direction_name(link->direction));
}

void add_random_defects(WaferConfig& config, double tile_probability, double link_probability,
                        std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto happens = [&](double probability) {
    return static_cast<double>(random() >> 11) * 0x1p-53 < probability;
  };
  const std::set<TilePosition> dead_tiles(config.dead_tiles.begin(), config.dead_tiles.end());
  std::set<LinkPosition> dead_links;
  for (const LinkPosition& link : config.dead_links) dead_links.insert(canonical(link));
  for (int y = 0; y < config.rows; ++y) {
    for (int x = 0; x < config.columns; ++x) {
      const TilePosition tile{x, y};
      if (happens(tile_probability) && !dead_tiles.contains(tile)) config.dead_tiles.push_back(tile);
      for (const Direction direction : {Direction::kEast, Direction::kSouth, Direction::kWest}) {
        if (direction == Direction::kSouth && y == config.rows - 1) continue;
        if (direction == Direction::kWest && x > 0) continue;
        const LinkPosition link{tile, direction};
        if (happens(link_probability) && !dead_links.contains(link)) config.dead_links.push_back(link);
      }
    }
  }
}

std::string describe(const WaferConfig& config) {
  std::string text = fmt::format("size: {}x{}\n", config.columns, config.rows);
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "dead_tiles: [");
  for (const TilePosition& tile : config.dead_tiles)
    fmt::format_to(out, "{}[{}, {}]", text.back() == '[' ? "" : ", ", tile.x, tile.y);
  fmt::format_to(out, "]\ndead_links: [");
  for (const LinkPosition& link : config.dead_links)
    fmt::format_to(out, "{}[{}, {}, {}]", text.back() == '[' ? "" : ", ", link.tile.x, link.tile.y,
                   direction_name(link.direction));
  fmt::format_to(out, "]\nin_flight: {}\nslots: {}\ncontext: {}\nclock_mhz: {}\nseed: {}\npartition:\n",
                 config.in_flight, number_or_auto(config.slots), number_or_auto(config.context),
                 config.clock_mhz, config.seed);
  const PartitionConfig& partition = config.partition;
  fmt::format_to(out, "  embedding: {}\n  rope: {}\n  stripes: {}\n  qkv: {}\n  attention: {}\n",
                 number_or_auto(partition.embedding), number_or_auto(partition.rope),
                 number_or_auto(partition.stripes), number_or_auto(partition.qkv),
                 number_or_auto(partition.attention));
  fmt::format_to(out, "  output: {}\n  hidden: {}\n  down: {}\n  logits: {}\n",
                 number_or_auto(partition.output), number_or_auto(partition.hidden),
                 number_or_auto(partition.down), number_or_auto(partition.logits));
  return text;
}

}  // namespace tessera
