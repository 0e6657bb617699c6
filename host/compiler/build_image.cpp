#include "host/compiler/build_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "host/compiler/tile_memory.h"
#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

void add_routes(const Program& program, std::map<int, TileImage>& tiles) {
  for (size_t stream = 0; stream < program.routes.streams.size(); ++stream) {
    const auto color = static_cast<std::uint32_t>(program.coloring.colors[stream]);
    for (const RouteEntry& entry : program.routes.streams[stream])
      tiles[entry.tile].registers.push_back(
          {rtl::kRegRoute + (static_cast<std::uint32_t>(entry.input) * rtl::kColorCount + color) * 4,
           entry.outputs});
  }
}

rtl::ReceiveRule receive_rule(const Receive& receive, const BufferPlace& place) {
  rtl::ReceiveRule rule{};
  rule.enable = 1;
  rule.join_id = static_cast<std::uint32_t>(receive.join);
  rule.words = static_cast<std::uint32_t>(receive.words);
  rule.part_base = static_cast<std::uint32_t>(receive.part_base);
  rule.base = (place.address + static_cast<std::uint32_t>(receive.offset)) / 16;
  rule.part_stride = static_cast<std::uint32_t>(receive.part_stride) / 16;
  rule.tag_stride = place.tag_stride / 16;
  return rule;
}

void add_receives(const Program& program, const Kernel& kernel, TileImage& tile) {
  std::map<int, std::uint32_t> expected;
  for (const Receive& receive : kernel.receives) {
    const auto color = static_cast<std::uint32_t>(program.coloring.colors[receive.stream]);
    const BufferPlace place = buffer_place(kernel.work, receive.buffer, program.config.in_flight);
    const auto words = std::bit_cast<std::array<std::uint32_t, 2>>(receive_rule(receive, place));
    tile.registers.push_back({rtl::kRegRule + color * 8, words[0]});
    tile.registers.push_back({rtl::kRegRule + color * 8 + 4, words[1]});
    expected[receive.join] += static_cast<std::uint32_t>(receive.messages);
  }
  for (const auto& [join, messages] : expected)
    tile.registers.push_back({rtl::kRegJoinExpected + static_cast<std::uint32_t>(join) * 4, messages});
}

const std::vector<std::uint8_t>& binary_of(const Program& program, const std::string& name) {
  const auto found = program.firmware.kernels.find(name);
  if (found == program.firmware.kernels.end())
    fail(ErrorKind::kInput, "firmware: the kernel '{}' is missing, should be among the binaries of firmware/",
         name);
  return found->second;
}

void check_capacity(const Program& program, const TileImage& tile) {
  if (tile.sram_used > rtl::kSramBytes)
    fail(ErrorKind::kCapacity, "SRAM of tile {},{}: {} needs {} bytes, {} more than the {} there are",
         tile.position.x, tile.position.y, tile.name, tile.sram_used, tile.sram_used - rtl::kSramBytes,
         rtl::kSramBytes);
  const size_t bytes = binary_of(program, tile.binary).size();
  if (bytes > rtl::kInstructionBytes)
    fail(ErrorKind::kCapacity, "instruction memory: kernel {} needs {} bytes, {} more than the {} there are",
         tile.binary, bytes, bytes - rtl::kInstructionBytes, rtl::kInstructionBytes);
}

void add_kernels(const Program& program, std::map<int, TileImage>& tiles, Image& image) {
  const KernelGraph& graph = program.graph;
  for (size_t index = 0; index < graph.kernels.size(); ++index) {
    const Kernel& kernel = graph.kernels[index];
    const int at = program.placement.tiles[index];
    TileImage& tile = tiles[at];
    tile.position = program.region.position(at);
    tile.kernel = static_cast<int>(index);
    tile.name = kernel_name(kernel);
    tile.binary = kernel_binary(kernel.work);
    TileMemory memory =
        fill_memory(program.model, graph, tile.kernel, program.coloring.colors, program.config.in_flight);
    tile.sram_used = memory.used;
    tile.sram = std::move(memory.segments);
    check_capacity(program, tile);
    add_receives(program, kernel, tile);
    image.kernel_tiles.push_back(tile.position);
    for (const Send& send : kernel.sends)
      image.messages.push_back({tile.position, program.coloring.colors[send.stream], send.part,
                                message_words(send.tensor), tile.kernel, send.stream, send.tensor});
  }
}

void add_streams(const Program& program, Image& image) {
  for (size_t stream = 0; stream < program.routes.streams.size(); ++stream) {
    ImageStream drawn;
    drawn.color = program.coloring.colors[stream];
    for (const int link : links_of(program.routes, static_cast<int>(stream)))
      drawn.hops.push_back(
          {program.region.position(link / kDirections), static_cast<Direction>(link % kDirections)});
    image.streams.push_back(std::move(drawn));
  }
}

EdgePort edge_port(const Program& program, const HostPort& port, int stream) {
  return {program.region.position(port.tile), port.side, program.coloring.colors[stream]};
}

}  // namespace

Image build_image(const Program& program) {
  Image image;
  image.wafer = program.config;
  image.graph = program.graph;
  image.firmware = program.firmware;
  image.forest = program.forest;
  image.slots = program.graph.partition.slots;
  image.context = program.graph.shape.context;
  image.in_flight = program.config.in_flight;
  std::map<int, TileImage> tiles;
  add_kernels(program, tiles, image);
  add_routes(program, tiles);
  for (auto& [index, tile] : tiles) {
    tile.position = program.region.position(index);
    std::sort(tile.registers.begin(), tile.registers.end(),
              [](const RegisterWrite& a, const RegisterWrite& b) { return a.address < b.address; });
    image.tiles.push_back(std::move(tile));
  }
  std::sort(image.messages.begin(), image.messages.end(), [](const ImageMessage& a, const ImageMessage& b) {
    return std::tuple(a.tile.y, a.tile.x, a.color, a.part) < std::tuple(b.tile.y, b.tile.x, b.color, b.part);
  });
  add_streams(program, image);
  image.inlet = edge_port(program, program.placement.inlet, program.graph.token_stream);
  image.answer = edge_port(program, program.placement.answer, program.graph.answer_stream);
  image.logits = edge_port(program, program.placement.logits, program.graph.logits_stream);
  return image;
}

}  // namespace tessera
