#include "host/runtime/engine_port.h"

#include <algorithm>
#include <utility>

#include "host/error/error.h"

namespace tessera {
namespace {

void put(sim::EdgeLink& link, int color, std::span<const std::uint32_t> words) {
  for (size_t i = 0; i < words.size(); ++i)
    link.send({static_cast<std::uint8_t>(color), i + 1 == words.size(), words[i]});
}

// Calls `act(memory, address within it)` for the memory that the range lies in.
template <typename Memory, typename Act>
void with_memory(Memory& memory, std::uint32_t address, size_t bytes, const Act& act) {
  const auto inside = [&](std::uint32_t base, std::uint32_t size) {
    return address >= base && address - base <= size && bytes <= size - (address - base);
  };
  if (inside(rtl::kSramBase, rtl::kSramBytes)) {
    act(memory.sram, address - rtl::kSramBase);
  } else if (inside(rtl::kInstructionBase, rtl::kInstructionBytes)) {
    act(memory.instruction, address - rtl::kInstructionBase);
  } else {
    fail(ErrorKind::kEngine,
         "back door: {} bytes at address {:#x}, should lie within SRAM or instruction memory", bytes,
         address);
  }
}

}  // namespace

sim::WaferShape engine_shape(const WaferConfig& config) {
  sim::WaferShape shape;
  shape.columns = config.columns;
  shape.rows = config.rows;
  const size_t tiles = static_cast<size_t>(shape.tiles());
  if (!config.dead_tiles.empty()) shape.dead_tile.resize(tiles);
  for (const TilePosition& tile : config.dead_tiles) shape.dead_tile[shape.index(tile.x, tile.y)] = true;
  if (!config.dead_links.empty()) {
    shape.dead_link_east.resize(tiles);
    shape.dead_link_south.resize(tiles);
  }
  for (const auto& [tile, direction] : config.dead_links) {
    const int index = shape.index(tile.x, tile.y);
    switch (direction) {
      case Direction::kNorth:
        shape.dead_link_south[index - shape.columns] = true;
        break;
      case Direction::kSouth:
        shape.dead_link_south[index] = true;
        break;
      case Direction::kEast:
        shape.dead_link_east[index] = true;
        break;
      case Direction::kWest:
        if (tile.x > 0) shape.dead_link_east[index - 1] = true;
        break;
    }
  }
  return shape;
}

EnginePort::EnginePort(std::unique_ptr<sim::Engine> engine) : engine_(std::move(engine)) {}

EnginePort::OpenEdge& EnginePort::edge_at(const EdgeAddress& edge) {
  for (OpenEdge& open : edges_) {
    if (open.address == edge) return open;
  }
  edges_.push_back({edge, &engine_->edge(edge.side, edge.row), {}});
  return edges_.back();
}

void EnginePort::open(const EdgeAddress& edge) { edge_at(edge); }

void EnginePort::send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
                      std::uint64_t cycle) {
  if (cycle < this->cycle())
    fail(ErrorKind::kEngine, "the host would act in cycle {}, which is past (cycle {})", cycle,
         this->cycle());
  sim::EdgeLink& link = *edge_at(edge).link;
  if (cycle == this->cycle()) {
    put(link, color, words);
  } else {
    scheduled_.emplace(cycle, Scheduled{&link, color, {words.begin(), words.end()}});
  }
}

void EnginePort::send_due() {
  while (!scheduled_.empty() && scheduled_.begin()->first <= engine_->cycle()) {
    const Scheduled& due = scheduled_.begin()->second;
    put(*due.link, due.color, due.words);
    scheduled_.erase(scheduled_.begin());
  }
}

WaferPort::Stop EnginePort::advance(std::uint64_t limit) {
  while (true) {
    send_due();
    const std::uint64_t next = scheduled_.empty() ? limit : std::min(limit, scheduled_.begin()->first);
    const sim::Engine::Stop stop = engine_->run_until_received(next);
    if (stop == sim::Engine::Stop::kReceived) {
      drain();
      return Stop::kReceived;
    }
    if (stop == sim::Engine::Stop::kQuiet) {
      if (scheduled_.empty()) return Stop::kQuiet;
      engine_->run_until(next);
    }
    if (engine_->cycle() >= limit) return Stop::kLimit;
  }
}

void EnginePort::drain() {
  const size_t before = received_.size();
  for (OpenEdge& edge : edges_) {
    while (const auto arrived = edge.link->receive()) {
      std::vector<std::uint32_t>& words = edge.partial[arrived->wavelet.color];
      words.push_back(arrived->wavelet.data);
      if (!arrived->wavelet.last) continue;
      received_.push_back({edge.address, arrived->wavelet.color, arrived->cycle, std::exchange(words, {})});
    }
  }
  std::stable_sort(received_.begin() + static_cast<std::ptrdiff_t>(before), received_.end(),
                   [](const ReceivedMessage& a, const ReceivedMessage& b) { return a.cycle < b.cycle; });
}

std::vector<ReceivedMessage> EnginePort::take_received() { return std::exchange(received_, {}); }

bool EnginePort::settled() const {
  const auto is_empty = [](const std::vector<std::uint32_t>& words) { return words.empty(); };
  return scheduled_.empty() && received_.empty() && std::ranges::all_of(edges_, [&](const OpenEdge& edge) {
           return std::ranges::all_of(edge.partial, is_empty);
         });
}

void EnginePort::restore(sim::WaferSnapshot snapshot) {
  engine_->restore(std::move(snapshot));
  edges_.clear();
  scheduled_.clear();
  received_.clear();
}

void EnginePort::write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) {
  with_memory(engine_->memory(tile), address, bytes.size(),
              [&](auto& memory, std::uint32_t at) { memory.write(at, bytes); });
}

void EnginePort::read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const {
  with_memory(engine_->memory(tile), address, bytes.size(),
              [&](auto& memory, std::uint32_t at) { memory.read(at, bytes); });
}

}  // namespace tessera
