#include "host/compiler/safety.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>

#include "host/compiler/message_graph.h"
#include "host/compiler/route.h"
#include "host/error/error.h"
#include "tessera_constants.h"

namespace tessera {
namespace {

constexpr int kPorts = rtl::kPortCount;
constexpr int kColors = rtl::kColorCount;
constexpr int kNobody = -1;

// Route tables as the hardware will see them.
class RouteTables {
 public:
  explicit RouteTables(const Image& image) : wafer_(make_wafer(image.wafer)), slot_(wafer_.tiles(), kNoTile) {
    for (const TileImage& tile : image.tiles) {
      slot_[wafer_.index(tile.position)] = static_cast<int>(tables_.size());
      tables_.emplace_back();
      owners_.emplace_back();
      tables_.back().fill(0);
      owners_.back().fill(kNobody);
      for (const RegisterWrite& write : tile.registers) {
        if (write.address < rtl::kRegRoute || write.address >= rtl::kRegRoute + kPorts * kColors * 4)
          continue;
        tables_.back()[(write.address - rtl::kRegRoute) / 4] = static_cast<std::uint8_t>(write.value);
      }
    }
  }

  const Wafer& wafer() const { return wafer_; }

  std::uint8_t outputs(int tile, int port, int color) const {
    return slot_[tile] == kNoTile ? 0 : tables_[slot_[tile]][port * kColors + color];
  }
  // The stream whose words use an entry.
  int& owner(int tile, int port, int color) { return owners_[slot_[tile]][port * kColors + color]; }

  // Calls unused(tile, port, color) for every entry that no stream uses.
  template <typename F>
  void for_each_unowned(const Image& image, F&& unused) const {
    for (size_t i = 0; i < tables_.size(); ++i)
      for (int entry = 0; entry < kPorts * kColors; ++entry)
        if (tables_[i][entry] != 0 && owners_[i][entry] == kNobody)
          unused(image.tiles[i].position, entry / kColors, entry % kColors);
  }

 private:
  Wafer wafer_;
  std::vector<int> slot_;  // by tile of the wafer
  std::vector<std::array<std::uint8_t, kPorts * kColors>> tables_;
  std::vector<std::array<int, kPorts * kColors>> owners_;
};

std::string port_text(int port) {
  return port == kRampPort ? "ramp" : direction_name(static_cast<Direction>(port));
}

// Follows one stream's words from everywhere they start.
class Walk {
 public:
  Walk(const Image& image, RouteTables& tables, int stream)
      : image_(image),
        tables_(tables),
        number_(stream),
        stream_(image.graph.streams[stream]),
        color_(image.streams[stream].color) {}

  void run();

 private:
  [[noreturn]] void refuse(int tile, const std::string& what) const {
    const TilePosition at = tables_.wafer().position(tile);
    fail(ErrorKind::kRouting, "stream '{}' (color {}) at tile {},{}: {}", stream_.name, color_, at.x, at.y,
         what);
  }
  EdgePort host_port() const {
    return number_ == image_.graph.token_stream    ? image_.inlet
           : number_ == image_.graph.answer_stream ? image_.answer
                                                   : image_.logits;
  }
  void follow(int tile, int port);
  void leave(int tile, int output);
  void check_ends() const;

  const Image& image_;
  RouteTables& tables_;
  int number_;
  const Stream& stream_;
  int color_;
  std::set<int> visited_tiles_;            // of a multicast
  std::set<std::pair<int, int>> on_path_;  // tile, port: to find loops
  std::set<int> delivered_;                // tiles
  int delivered_to_host_ = 0;
};

void Walk::run() {
  if (color_ < static_cast<int>(rtl::kFirstDataColor) || color_ >= kColors)
    fail(ErrorKind::kRouting, "stream '{}' has color {}, should be {} to {}", stream_.name, color_,
         rtl::kFirstDataColor, kColors - 1);
  if ((stream_.kind == StreamKind::kMerge ? stream_.consumers : stream_.producers).size() != 1)
    fail(ErrorKind::kRouting, "stream '{}' has several producers and several consumers", stream_.name);
  for (const int producer : stream_.producers) {
    if (producer == kHost) {
      const EdgePort port = host_port();
      const int tile = tables_.wafer().index(port.tile);
      if (!tables_.wafer().is_edge(tile, port.side) || !tables_.wafer().has_link(tile, port.side))
        refuse(tile, "the host's link is dead");
      follow(tile, static_cast<int>(port.side));
    } else {
      follow(tables_.wafer().index(image_.kernel_tiles[producer]), kRampPort);
    }
  }
  check_ends();
}

void Walk::follow(int tile, int port) {
  const std::uint8_t outputs = tables_.outputs(tile, port, color_);
  if (outputs == 0) refuse(tile, fmt::format("no route from the {}", port_text(port)));
  int& owner = tables_.owner(tile, port, color_);
  if (owner != kNobody && owner != number_)
    refuse(tile, fmt::format("shares its color with stream '{}' from the {}",
                             image_.graph.streams[owner].name, port_text(port)));
  if (!on_path_.insert({tile, port}).second) refuse(tile, "the route runs in a circle");
  if (stream_.kind == StreamKind::kMerge) {
    if (!std::has_single_bit(outputs)) refuse(tile, "a merge forks");
    if (owner == number_) {  // from here on another producer's words have been followed
      on_path_.erase({tile, port});
      return;
    }
  } else if (!visited_tiles_.insert(tile).second) {
    refuse(tile, "a multicast reaches the tile twice");
  }
  owner = number_;
  for (int output = 0; output < kPorts; ++output)
    if (outputs >> output & 1) leave(tile, output);
  on_path_.erase({tile, port});
}

void Walk::leave(int tile, int output) {
  if (output == kRampPort) {
    delivered_.insert(tile);
    return;
  }
  const auto direction = static_cast<Direction>(output);
  if (!tables_.wafer().has_link(tile, direction))
    refuse(tile, fmt::format("the link {} is dead", direction_name(direction)));
  const int other = tables_.wafer().neighbour(tile, direction);
  if (other == kNoTile) {
    const EdgePort port = host_port();
    if (number_ == image_.graph.token_stream || tables_.wafer().index(port.tile) != tile ||
        port.side != direction)
      refuse(tile, fmt::format("leaves the wafer {}", direction_name(direction)));
    ++delivered_to_host_;
    return;
  }
  follow(other, static_cast<int>(opposite(direction)));
}

void Walk::check_ends() const {
  std::set<int> wanted;
  int wanted_by_host = 0;
  for (const int consumer : stream_.consumers) {
    if (consumer == kHost)
      ++wanted_by_host;
    else
      wanted.insert(tables_.wafer().index(image_.kernel_tiles[consumer]));
  }
  for (const int tile : wanted)
    if (!delivered_.contains(tile)) refuse(tile, "does not reach this consumer");
  for (const int tile : delivered_)
    if (!wanted.contains(tile)) refuse(tile, "is delivered to a tile that is no consumer");
  if ((delivered_to_host_ > 0) != (wanted_by_host > 0))
    fail(ErrorKind::kRouting, "stream '{}' {} the host", stream_.name,
         wanted_by_host > 0 ? "does not reach" : "reaches");
}

struct TileRules {
  std::map<int, rtl::ReceiveRule> rules;  // by color
  std::map<int, std::uint32_t> expected;  // by join
};

TileRules rules_of(const TileImage& tile) {
  std::map<int, std::array<std::uint32_t, 2>> words;
  TileRules result;
  for (const RegisterWrite& write : tile.registers) {
    if (write.address >= rtl::kRegRule && write.address < rtl::kRegRule + kColors * 8)
      words[static_cast<int>(write.address - rtl::kRegRule) / 8][(write.address - rtl::kRegRule) / 4 % 2] =
          write.value;
    if (write.address >= rtl::kRegJoinExpected && write.address < rtl::kRegJoinExpected + rtl::kJoinCount * 4)
      result.expected[static_cast<int>(write.address - rtl::kRegJoinExpected) / 4] = write.value;
  }
  for (const auto& [color, pair] : words) result.rules[color] = std::bit_cast<rtl::ReceiveRule>(pair);
  return result;
}

[[noreturn]] void refuse_rule(const Image& image, const TileImage& tile, int stream,
                              const std::string& what) {
  fail(ErrorKind::kRouting, "tile {},{} ({}), stream '{}': {}", tile.position.x, tile.position.y, tile.name,
       image.graph.streams[stream].name, what);
}

void check_tile_receives(const Image& image, const TileImage& tile) {
  const Kernel& kernel = image.graph.kernels[tile.kernel];
  TileRules rules = rules_of(tile);
  std::map<int, std::uint32_t> expected;
  for (const Receive& receive : kernel.receives) {
    const auto found = rules.rules.find(image.streams[receive.stream].color);
    if (found == rules.rules.end() || !found->second.enable)
      refuse_rule(image, tile, receive.stream, "there is no receive rule for its color");
    const rtl::ReceiveRule rule = found->second;
    rules.rules.erase(found);
    expected[receive.join] += static_cast<std::uint32_t>(receive.messages);
    for (const int producer : image.graph.streams[receive.stream].producers) {
      if (producer == kHost) continue;
      for (const Send& send : image.graph.kernels[producer].sends) {
        if (send.stream != receive.stream) continue;
        if (message_words(send.tensor) != static_cast<int>(rule.words))
          refuse_rule(image, tile, receive.stream,
                      fmt::format("part {} has {} words, the rule takes {}", send.part,
                                  message_words(send.tensor), rule.words));
        const auto last_tag = static_cast<std::uint32_t>(image.in_flight - 1);
        const auto part = static_cast<std::uint32_t>(send.part);
        const std::uint32_t end =
            16 * (rule.base + (part - rule.part_base) * rule.part_stride + last_tag * rule.tag_stride) +
            4 * rule.words;
        if (part < rule.part_base || end > tile.sram_used || end > rtl::kSramBytes)
          refuse_rule(image, tile, receive.stream,
                      fmt::format("part {} would be written up to byte {}, outside the tile's {}", send.part,
                                  end, tile.sram_used));
      }
    }
  }
  if (!rules.rules.empty())
    fail(ErrorKind::kRouting, "tile {},{} ({}): a receive rule for color {}, which no stream brings",
         tile.position.x, tile.position.y, tile.name, rules.rules.begin()->first);
  if (expected != rules.expected)
    fail(ErrorKind::kRouting, "tile {},{} ({}): its joins expect other numbers of messages than come",
         tile.position.x, tile.position.y, tile.name);
}

}  // namespace

void check_routes(const Image& image) {
  RouteTables tables(image);
  for (size_t kernel = 0; kernel < image.kernel_tiles.size(); ++kernel) {
    const TilePosition at = image.kernel_tiles[kernel];
    if (!tables.wafer().live[tables.wafer().index(at)])
      fail(ErrorKind::kRouting, "kernel '{}' is on the dead tile {},{}",
           kernel_name(image.graph.kernels[kernel]), at.x, at.y);
    if (!image.forest.reaches(tables.wafer().index(at)))
      fail(ErrorKind::kRouting, "kernel '{}' is on tile {},{}, which no request reaches",
           kernel_name(image.graph.kernels[kernel]), at.x, at.y);
  }
  for (size_t stream = 0; stream < image.graph.streams.size(); ++stream)
    Walk(image, tables, static_cast<int>(stream)).run();
  tables.for_each_unowned(image, [](TilePosition at, int port, int color) {
    fail(ErrorKind::kRouting, "tile {},{}: a route from the {} for color {}, which no stream uses", at.x,
         at.y, port_text(port), color);
  });
}

void check_receives(const Image& image) {
  for (const TileImage& tile : image.tiles)
    if (tile.kernel >= 0) check_tile_receives(image, tile);
}

void check_waits(const KernelGraph& graph, int in_flight) {
  const MessageGraph messages = message_graph(graph, in_flight);
  if (const auto cycle = find_wait_cycle(messages); !cycle.empty())
    fail(ErrorKind::kRouting, "the program can deadlock: {}", fmt::join(cycle, "; "));
  if (const auto early = find_early_release(messages); !early.empty())
    fail(ErrorKind::kRouting, "a token's answer does not wait for '{}', whose context it frees",
         early.front());
}

void check_safety(const Image& image) {
  check_routes(image);
  check_receives(image);
  check_waits(image.graph, image.in_flight);
}

}  // namespace tessera
