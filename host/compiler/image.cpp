#include "host/compiler/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>

#include "host/error/error.h"
#include "host/numerics/numerics.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

auto message_key(const ImageMessage& message) {
  return std::tuple(message.tile.y, message.tile.x, message.color, message.part);
}

template <typename T>
std::uint64_t hash_value(const T& value, std::uint64_t hash) {
  return fnv1a(std::as_bytes(std::span(&value, 1)), hash);
}

std::uint64_t hash_bytes(const std::vector<std::uint8_t>& bytes, std::uint64_t hash) {
  return fnv1a(std::as_bytes(std::span(bytes)), hash_value(static_cast<std::uint64_t>(bytes.size()), hash));
}

std::uint64_t hash_port(const EdgePort& port, std::uint64_t hash) {
  for (const int value : {port.tile.x, port.tile.y, static_cast<int>(port.side), port.color})
    hash = hash_value(value, hash);
  return hash;
}

nlohmann::json port_json(const EdgePort& port) {
  return {{"x", port.tile.x}, {"y", port.tile.y}, {"side", direction_name(port.side)}, {"color", port.color}};
}

nlohmann::json tensor_json(const MessageTensor& tensor) {
  nlohmann::json json = {{"format", message_format_name(tensor.format)},
                         {"op", op_name(tensor.op)},
                         {"layer", tensor.layer},
                         {"first", tensor.first},
                         {"count", tensor.count},
                         {"length", tensor.length}};
  if (tensor.format == MessageFormat::kPartialRows) {
    json["first_block"] = tensor.first_block;
    json["blocks"] = tensor.blocks;
  }
  return json;
}

}  // namespace

Firmware read_firmware(const std::string& folder) {
  Firmware firmware;
  for (const char* name : {"embedding", "rope", "stripe", "linear", "attention", "logits", "argmax"}) {
    const auto path = std::filesystem::path(folder) / fmt::format("{}.bin", name);
    std::ifstream file(path, std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file || bytes.empty())
      fail(ErrorKind::kInput, "{}: cannot be read, should be the binary of kernel {}", path.string(), name);
    firmware.kernels[name] = std::move(bytes);
  }
  return firmware;
}

const ImageMessage* find_message(const Image& image, TilePosition tile, int color, int part) {
  const auto key = std::tuple(tile.y, tile.x, color, part);
  const auto found =
      std::lower_bound(image.messages.begin(), image.messages.end(), key,
                       [](const ImageMessage& m, const auto& k) { return message_key(m) < k; });
  return found != image.messages.end() && message_key(*found) == key ? &*found : nullptr;
}

std::uint64_t image_hash(const Image& image) {
  std::uint64_t hash = kFnvOffset;
  for (const auto& [name, bytes] : image.firmware.kernels) hash = hash_bytes(bytes, hash);
  for (const TileImage& tile : image.tiles) {
    for (const int value : {tile.position.x, tile.position.y, tile.kernel}) hash = hash_value(value, hash);
    for (const Segment& segment : tile.sram)
      hash = hash_bytes(segment.bytes, hash_value(segment.address, hash));
    for (const RegisterWrite& write : tile.registers)
      hash = hash_value(write.value, hash_value(write.address, hash));
  }
  for (const EdgePort* port : {&image.inlet, &image.answer, &image.logits}) hash = hash_port(*port, hash);
  hash = fnv1a(std::as_bytes(std::span(image.forest.parent)), hash);
  return fnv1a(std::as_bytes(std::span(image.forest.children)), hash);
}

std::string describe(const Image& image) {
  std::uint64_t loaded = 0;
  std::uint32_t most = 0;
  std::string fullest;
  size_t forwarding = 0, hops = 0;
  int colors = 0;
  for (const TileImage& tile : image.tiles) {
    if (tile.kernel < 0) ++forwarding;
    for (const Segment& segment : tile.sram) loaded += segment.bytes.size();
    if (tile.sram_used > most) {
      most = tile.sram_used;
      fullest = tile.name;
    }
  }
  for (const ImageStream& stream : image.streams) {
    hops += stream.hops.size();
    colors = std::max(colors, stream.color - static_cast<int>(rtl::kFirstDataColor) + 1);
  }
  std::string text;
  const auto row = [&](const char* name, const std::string& value) {
    fmt::format_to(std::back_inserter(text), "  {:<12}{}\n", name, value);
  };
  row("wafer", fmt::format("{} x {}, {} tiles with kernels, {} that only forward", image.wafer.columns,
                           image.wafer.rows, image.tiles.size() - forwarding, forwarding));
  row("memory", fmt::format("{} bytes of SRAM loaded; most used: {} of {} ({})", loaded, most,
                            rtl::kSramBytes, fullest));
  row("streams", fmt::format("{} over {} links in {} colors; {} messages a token", image.streams.size(), hops,
                             colors, image.messages.size()));
  row("sequences", fmt::format("{} slots of {} positions, {} tokens in flight", image.slots, image.context,
                               image.in_flight));
  row("image hash", fmt::format("{:016x}", image_hash(image)));
  return text;
}

std::string to_json(const Image& image) {
  nlohmann::json json;
  json["columns"] = image.wafer.columns;
  json["rows"] = image.wafer.rows;
  json["slots"] = image.slots;
  json["context"] = image.context;
  json["in_flight"] = image.in_flight;
  json["hash"] = fmt::format("{:016x}", image_hash(image));
  json["inlet"] = port_json(image.inlet);
  json["answer"] = port_json(image.answer);
  json["logits"] = port_json(image.logits);
  for (const TileImage& tile : image.tiles) {
    nlohmann::json entry = {{"x", tile.position.x},
                            {"y", tile.position.y},
                            {"name", tile.name},
                            {"binary", tile.binary},
                            {"sram_used", tile.sram_used}};
    for (const Segment& segment : tile.sram)
      entry["segments"].push_back({{"address", segment.address}, {"bytes", segment.bytes.size()}});
    for (const RegisterWrite& write : tile.registers)
      entry["registers"].push_back({{"address", write.address}, {"value", write.value}});
    json["tiles"].push_back(std::move(entry));
  }
  for (size_t i = 0; i < image.streams.size(); ++i) {
    const Stream& stream = image.graph.streams[i];
    nlohmann::json hops = nlohmann::json::array();
    for (const ImageStream::Hop& hop : image.streams[i].hops)
      hops.push_back({hop.tile.x, hop.tile.y, direction_name(hop.direction)});
    json["streams"].push_back({{"name", stream.name},
                               {"kind", stream.kind == StreamKind::kMulticast ? "multicast" : "merge"},
                               {"color", image.streams[i].color},
                               {"producers", stream.producers},
                               {"consumers", stream.consumers},
                               {"hops", std::move(hops)}});
  }
  for (const ImageMessage& message : image.messages)
    json["messages"].push_back({{"x", message.tile.x},
                                {"y", message.tile.y},
                                {"color", message.color},
                                {"part", message.part},
                                {"words", message.words},
                                {"stream", message.stream},
                                {"tensor", tensor_json(message.tensor)}});
  return json.dump(2);
}

}  // namespace tessera
