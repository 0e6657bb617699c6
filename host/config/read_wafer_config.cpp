#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "host/config/wafer_config.h"
#include "host/error/error.h"

namespace tessera {
namespace {

constexpr size_t kLargestFile = 16 << 20;  // bytes; a wafer with a million defects still fits

// A file's name, to begin errors with.
struct Source {
  std::string name;
  std::string at(const YAML::Node& node) const {
    return node.Mark().is_null() ? name : fmt::format("{}:{}", name, node.Mark().line + 1);
  }
};

using Handler = std::function<void(const YAML::Node&)>;

// Gives each key's value to its handler; refuses keys that have none and keys that come twice.
void read_map(const Source& source, const YAML::Node& node, const std::string& what,
              const std::map<std::string, Handler>& handlers) {
  if (node.IsNull()) return;
  if (!node.IsMap()) fail(ErrorKind::kConfig, "{}: {} should be a map of keys", source.at(node), what);
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    const auto handler = handlers.find(key);
    if (handler == handlers.end()) {
      std::string keys;
      for (const auto& [name, unused] : handlers) keys += (keys.empty() ? "" : ", ") + name;
      fail(ErrorKind::kConfig, "{}: unknown key '{}' of {}, should be one of: {}", source.at(entry.first),
           key, what, keys);
    }
    if (!seen.insert(key).second)
      fail(ErrorKind::kConfig, "{}: key '{}' of {} is there twice", source.at(entry.first), key, what);
    handler->second(entry.second);
  }
}

template <typename Number>
Number read_number(const Source& source, const YAML::Node& node, const std::string& key, Number low,
                   Number high) {
  Number value{};
  const std::string text = node.IsScalar() ? node.Scalar() : "a list or map";
  if (!node.IsScalar() || text.starts_with("-0") || !YAML::convert<Number>::decode(node, value) ||
      value < low || value > high)
    fail(ErrorKind::kConfig, "{}: {} is {}, should be a number from {} to {}", source.at(node), key, text,
         low, high);
  return value;
}

int read_number_or_auto(const Source& source, const YAML::Node& node, const std::string& key, int high) {
  if (node.IsScalar() && node.Scalar() == "auto") return 0;
  int value = 0;
  const std::string text = node.IsScalar() ? node.Scalar() : "a list or map";
  if (!node.IsScalar() || !YAML::convert<int>::decode(node, value) || value < 1 || value > high)
    fail(ErrorKind::kConfig, "{}: {} is {}, should be auto or a number from 1 to {}", source.at(node), key,
         text, high);
  return value;
}

// [3, 4] or [3, 4, east] -> "3,4" or "3,4,east"
std::string joined(const Source& source, const YAML::Node& node, const char* what, size_t parts,
                   const char* form) {
  std::string text;
  const bool good = node.IsSequence() && node.size() == parts;
  if (good) {
    for (const YAML::Node& part : node) {
      if (!part.IsScalar()) fail(ErrorKind::kConfig, "{}: {} should be {}", source.at(node), what, form);
      text += (text.empty() ? "" : ",") + part.Scalar();
    }
  }
  if (!good) fail(ErrorKind::kConfig, "{}: {} should be {}", source.at(node), what, form);
  return text;
}

void for_each(const Source& source, const YAML::Node& node, const char* key, const char* form,
              const Handler& handle) {
  if (node.IsNull()) return;
  if (!node.IsSequence())
    fail(ErrorKind::kConfig, "{}: {} should be a list of {}", source.at(node), key, form);
  for (const YAML::Node& item : node) handle(item);
}

void read_partition(const Source& source, const YAML::Node& node, PartitionConfig& partition, int tiles) {
  std::map<std::string, Handler> handlers;
  for (const auto& [key, field] : std::map<std::string, int*>{{"embedding", &partition.embedding},
                                                              {"rope", &partition.rope},
                                                              {"stripes", &partition.stripes},
                                                              {"qkv", &partition.qkv},
                                                              {"attention", &partition.attention},
                                                              {"output", &partition.output},
                                                              {"hidden", &partition.hidden},
                                                              {"down", &partition.down},
                                                              {"logits", &partition.logits}})
    handlers[key] = [&source, key = key, field = field, tiles](const YAML::Node& value) {
      *field = read_number_or_auto(source, value, "partition." + key, tiles);
    };
  read_map(source, node, "partition", handlers);
}

// Sizes come first, whatever their place in the file: the other keys are checked against them.
void read_size(const Source& source, const YAML::Node& root, WaferConfig& config) {
  if (!root.IsMap()) return;
  const YAML::Node size = root["size"];
  if (!size.IsDefined()) return;
  if (!size.IsScalar())
    fail(ErrorKind::kConfig, "{}: size should be COLUMNSxROWS, such as 16x16", source.at(size));
  parse_size(size.Scalar(), source.at(size), config);
}

void read_dead_tiles(const Source& source, const YAML::Node& node, WaferConfig& config) {
  std::set<TilePosition> seen;
  for_each(source, node, "dead_tiles", "[x, y]", [&](const YAML::Node& item) {
    const std::string at = source.at(item);
    const TilePosition tile = parse_tile(joined(source, item, "dead tile", 2, "[x, y], such as [3, 4]"), at);
    check_tile(config, tile, at);
    if (!seen.insert(tile).second)
      fail(ErrorKind::kConfig, "{}: dead tile {},{} is named twice", at, tile.x, tile.y);
    config.dead_tiles.push_back(tile);
  });
}

void read_dead_links(const Source& source, const YAML::Node& node, WaferConfig& config) {
  std::set<LinkPosition> seen;
  for_each(source, node, "dead_links", "[x, y, direction]", [&](const YAML::Node& item) {
    const std::string at = source.at(item);
    const LinkPosition link =
        parse_link(joined(source, item, "dead link", 3, "[x, y, direction], such as [3, 4, east]"), at);
    check_link(config, link, at);
    if (!seen.insert(canonical(link)).second)
      fail(ErrorKind::kConfig, "{}: dead link {},{} {} is named twice", at, link.tile.x, link.tile.y,
           direction_name(link.direction));
    config.dead_links.push_back(link);
  });
}

void read_root(const Source& source, const YAML::Node& root, WaferConfig& config) {
  read_size(source, root, config);
  const auto number = [&](const char* key, int& field, int low, int high) {
    return [&source, key, &field, low, high](const YAML::Node& node) {
      field = read_number<int>(source, node, key, low, high);
    };
  };
  const auto number_or_auto = [&](const char* key, int& field, int high) {
    return [&source, key, &field, high](const YAML::Node& node) {
      field = read_number_or_auto(source, node, key, high);
    };
  };
  read_map(source, root, "the wafer",
           {{"size", [](const YAML::Node&) {}},
            {"dead_tiles", [&](const YAML::Node& node) { read_dead_tiles(source, node, config); }},
            {"dead_links", [&](const YAML::Node& node) { read_dead_links(source, node, config); }},
            {"in_flight", number("in_flight", config.in_flight, 1, 4)},
            {"slots", number_or_auto("slots", config.slots, 32)},
            {"context", number_or_auto("context", config.context, 8192)},
            {"clock_mhz", number("clock_mhz", config.clock_mhz, 1, 100000)},
            {"seed",
             [&](const YAML::Node& node) {
               config.seed = read_number<std::uint64_t>(source, node, "seed", 0, UINT64_MAX);
             }},
            {"partition", [&](const YAML::Node& node) {
               read_partition(source, node, config.partition, config.columns * config.rows);
             }}});
}

}  // namespace

WaferConfig parse_wafer_config(const std::string& text, const std::string& name) {
  const Source source{name};
  WaferConfig config;
  try {
    read_root(source, YAML::Load(text), config);
  } catch (const YAML::Exception& error) {
    fail(ErrorKind::kConfig, "{}:{}: not YAML: {}", name, error.mark.line + 1, error.msg);
  }
  validate_wafer_config(config, name);
  return config;
}

WaferConfig read_wafer_config(const std::string& path) {
  if (std::filesystem::is_directory(path))
    fail(ErrorKind::kInput, "{}: is a directory, should be a wafer's YAML file", path);
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(ErrorKind::kInput, "{}: cannot be read, should be a wafer's YAML file", path);
  std::string text(kLargestFile + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) fail(ErrorKind::kInput, "{}: cannot be read, should be a wafer's YAML file", path);
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kLargestFile)
    fail(ErrorKind::kInput, "{}: is longer than {} bytes, should be a wafer's YAML file", path, kLargestFile);
  return parse_wafer_config(text, path);
}

WaferConfig default_wafer_config() { return parse_wafer_config(default_wafer_yaml(), "default.yaml"); }

}  // namespace tessera
