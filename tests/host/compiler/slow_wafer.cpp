#include "tests/host/compiler/slow_wafer.h"

#include <fmt/format.h>

#include <bit>
#include <stdexcept>

namespace tessera {
namespace {

constexpr int kRamp = rtl::kPortRamp;

template <typename... Args>
[[noreturn]] void wrong(fmt::format_string<Args...> format, Args&&... args) {
  throw std::runtime_error(fmt::format(format, std::forward<Args>(args)...));
}

rtl::Header header_of(std::uint32_t word) { return std::bit_cast<rtl::Header>(word); }

void write_register(SlowTile& tile, std::uint32_t address, std::uint32_t value) {
  if (address >= rtl::kRegRoute && address < rtl::kRegRoute + 4 * tile.routes.size()) {
    auto& route = tile.routes[(address - rtl::kRegRoute) / 4];
    if (route != 0)
      wrong("tile {},{}: route {:x} is written twice", tile.position.x, tile.position.y, address);
    route = static_cast<std::uint8_t>(value);
  } else if (address >= rtl::kRegRule && address < rtl::kRegRule + 8 * tile.rules.size()) {
    auto words = std::bit_cast<std::array<std::uint32_t, 2>>(tile.rules[(address - rtl::kRegRule) / 8]);
    words[(address - rtl::kRegRule) / 4 % 2] = value;
    tile.rules[(address - rtl::kRegRule) / 8] = std::bit_cast<rtl::ReceiveRule>(words);
  } else if (address >= rtl::kRegJoinExpected && address < rtl::kRegJoinExpected + 4 * tile.expected.size()) {
    tile.expected[(address - rtl::kRegJoinExpected) / 4] = value;
  } else {
    wrong("tile {},{}: register {:x} should not be in an image", tile.position.x, tile.position.y, address);
  }
}

}  // namespace

SlowWafer::SlowWafer(const Image& image) : image_(image) {
  for (const TilePosition& tile : image.wafer.dead_tiles) dead_.insert({tile.x, tile.y});
  for (const TileImage& source : image.tiles) {
    const int index = source.position.y * image.wafer.columns + source.position.x;
    if (tiles_.contains(index)) wrong("tile {},{} is there twice", source.position.x, source.position.y);
    SlowTile& tile = tiles_[index];
    tile.position = source.position;
    tile.binary = source.binary;
    std::set<std::uint32_t> loaded;
    for (const Segment& segment : source.sram) {
      if (segment.address % 16 != 0 || segment.bytes.size() % 16 != 0 ||
          segment.address + segment.bytes.size() > source.sram_used || source.sram_used > rtl::kSramBytes)
        wrong("tile {},{}: a segment at {} of {} bytes", source.position.x, source.position.y,
              segment.address, segment.bytes.size());
      for (size_t i = 0; i < segment.bytes.size(); ++i) {
        const std::uint32_t address = segment.address + static_cast<std::uint32_t>(i);
        if (!loaded.insert(address).second) wrong("tile {}: segments overlap at {}", index, address);
        tile.sram[address] = segment.bytes[i];
      }
    }
    for (const RegisterWrite& write : source.registers) write_register(tile, write.address, write.value);
  }
}

std::vector<SlowMessage> SlowWafer::run(std::uint32_t header, std::uint32_t token) {
  written_.clear();
  header_ = header;
  std::vector<SlowMessage> sent;
  SlowMessage first{image_.inlet.tile, image_.inlet.color, header, {token}, 0};
  transport(first, image_.inlet.tile.y * image_.wafer.columns + image_.inlet.tile.x,
            static_cast<int>(image_.inlet.side));
  while (!queue_.empty()) {
    SlowMessage message = std::move(queue_.front());
    queue_.pop_front();
    transport(message, message.tile.y * image_.wafer.columns + message.tile.x, kRamp);
    sent.push_back(std::move(message));
  }
  for (const auto& [at, count] : counts_)
    if (count != 0) wrong("tile {}: join {} is left with {} messages", at.first, at.second, count);
  return sent;
}

void SlowWafer::send(const SlowTile& tile, int color, int part, std::vector<std::uint32_t> payload) {
  rtl::Header header = header_of(header_);
  header.part = static_cast<std::uint32_t>(part);
  queue_.push_back({tile.position, color, std::bit_cast<std::uint32_t>(header), std::move(payload), 0});
}

void SlowWafer::transport(SlowMessage& message, int tile, int port) {
  const size_t words = message.payload.size();
  for (size_t i = 0; i <= words; ++i)
    pass(tile, port, message.color, i == 0 ? message.header : message.payload[i - 1], i == words, message, 0);
  message.deliveries /= static_cast<int>(words + 1);
  // Joins complete while the words run; kernels start when the message is through.
  while (!ready_.empty()) {
    const int next = ready_.begin()->first;
    run_ready(next);
  }
}

void SlowWafer::pass(int tile, int port, int color, std::uint32_t data, bool last, SlowMessage& message,
                     int hops) {
  if (hops > image_.wafer.columns * image_.wafer.rows)
    wrong("color {} runs in circles at tile {}", color, tile);
  const auto found = tiles_.find(tile);
  const int x = tile % image_.wafer.columns;
  const int y = tile / image_.wafer.columns;
  if (dead_.contains({x, y})) wrong("color {} runs into the dead tile {},{}", color, x, y);
  const int outputs = found == tiles_.end() ? 0 : found->second.routes[port * rtl::kColorCount + color];
  if (outputs == 0) wrong("color {} has no route from port {} of tile {},{}", color, port, x, y);
  for (int output = 0; output < kRamp; ++output) {
    if ((outputs >> output & 1) == 0) continue;
    const auto direction = static_cast<Direction>(output);
    for (const LinkPosition& link : image_.wafer.dead_links) {
      const bool here = link.tile == TilePosition{x, y} && link.direction == direction;
      const int back = (output + 2) % 4;
      const TilePosition there{x + (output == 1) - (output == 3), y + (output == 2) - (output == 0)};
      if (here || (link.tile == there && static_cast<int>(link.direction) == back))
        wrong("color {} runs over the dead link {} of tile {},{}", color, direction_name(direction), x, y);
    }
    const bool off_west = output == 3 && x == 0;
    const bool off_east = output == 1 && x == image_.wafer.columns - 1;
    if (off_west || off_east) {
      const EdgePort& port_of =
          color == image_.answer.color && message.payload.size() == 2 ? image_.answer : image_.logits;
      if (!(port_of.tile == TilePosition{x, y}) || port_of.side != direction || port_of.color != color)
        wrong("color {} leaves the wafer at tile {},{}", color, x, y);
      ++message.deliveries;
      continue;
    }
    if ((output == 0 && y == 0) || (output == 2 && y == image_.wafer.rows - 1))
      wrong("color {} leaves the wafer at tile {},{}", color, x, y);
    const int step = output == 0   ? -image_.wafer.columns
                     : output == 1 ? 1
                     : output == 2 ? image_.wafer.columns
                                   : -1;
    pass(tile + step, (output + 2) % 4, color, data, last, message, hops + 1);
  }
  if (outputs >> kRamp & 1) {
    deliver(tile, color, data, last);
    ++message.deliveries;
  }
}

void SlowWafer::deliver(int tile, int color, std::uint32_t data, bool last) {
  SlowTile& at = tiles_.at(tile);
  const rtl::ReceiveRule rule = at.rules[color];
  if (!rule.enable) wrong("tile {},{} has no rule for color {}", at.position.x, at.position.y, color);
  Receiving& receiving = receiving_[{tile, color}];
  if (!receiving.open) {
    receiving = {true, data, 0};
    if (header_of(data).part < rule.part_base)
      wrong("tile {}: part {} below {}", tile, header_of(data).part, rule.part_base);
  } else {
    const rtl::Header header = header_of(receiving.header);
    const std::uint32_t address =
        16 * (rule.base + (header.part - rule.part_base) * rule.part_stride + header.tag * rule.tag_stride) +
        4 * receiving.words++;
    if (address + 4 > rtl::kSramBytes) wrong("tile {}: color {} writes to {}", tile, color, address);
    if (!written_.insert({tile, address}).second && at.binary != "rope")
      wrong("tile {},{}: color {} writes address {} a second time", at.position.x, at.position.y, color,
            address);
    at.store(address, data);
  }
  if (!last) return;
  if (receiving.words != rule.words)
    wrong("tile {},{}: color {} brought {} words, the rule says {}", at.position.x, at.position.y, color,
          receiving.words, rule.words);
  receiving.open = false;
  const auto join = static_cast<int>(rule.join_id);
  std::uint32_t& count = counts_[{tile, join}];
  if (++count < at.expected[join]) return;
  count = 0;
  ready_[tile].insert(join);
}

void SlowWafer::run_ready(int tile) {
  const std::set<int> joins = ready_[tile];
  ready_.erase(tile);
  SlowTile& at = tiles_.at(tile);
  // Stripes share their sums between two joins; the second is answered inside the kernel's model.
  for (const int join : joins) {
    rtl::Header header = header_of(header_);
    header.part = static_cast<std::uint32_t>(join);
    run_slow_kernel(*this, at, std::bit_cast<std::uint32_t>(header));
  }
}

}  // namespace tessera
