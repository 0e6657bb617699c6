#include "sim/engine.h"

#include <fmt/format.h>

#include "host/error/error.h"

namespace tessera::sim {

std::string describe(const WaferShape& shape, int tile, const rtl::TileError& error) {
  return fmt::format("tile {},{}: {}, {}, color {}", shape.x(tile), shape.y(tile),
                     rtl::error_kind_name(error.kind), rtl::port_name(error.port),
                     static_cast<unsigned>(error.color));
}

Engine::Engine(const WaferShape& shape, bool jumps) : shape_(shape), jumps_(jumps) {
  validate(shape_);
  for (auto& links : links_) links.resize(grid_size());
  memories_.resize(shape_.tiles());
  observe_retired_.resize(shape_.tiles());
  error_seen_.resize(shape_.tiles());
  edges_.resize(static_cast<size_t>(shape_.rows) * 2);
}

void Engine::reset() {
  reset_tiles();
  for (auto& links : links_) links.assign(links.size(), Links{});
  error_seen_.assign(error_seen_.size(), false);
  for (auto& edge : edges_) edge.reset();
  active_edges_.clear();
  cycle_ = 0;
  hash_ = {};
  statistics_ = {};
}

void Engine::set_epoch() {
  if (!quiet()) fail(ErrorKind::kEngine, "cycle {}: the epoch can only be set while nothing moves", cycle_);
  cycle_ = 0;
  hash_ = {};
  statistics_ = {};
}

EdgeLink& Engine::edge(EdgeSide side, int row) {
  const int index = side == EdgeSide::kWest ? row : shape_.rows + row;
  if (!edges_[index]) {
    const bool west = side == EdgeSide::kWest;
    const std::string name = fmt::format("edge link {} {}", west ? "west" : "east", row);
    const int tile = shape_.index(west ? 0 : shape_.columns - 1, row);
    if (!(shape_.link_present(tile) >> (west ? rtl::kPortWest : rtl::kPortEast) & 1))
      fail(ErrorKind::kFabric, "{} is dead", name);
    edges_[index] = std::make_unique<EdgeLink>(&active_edges_, name, index);
  }
  return *edges_[index];
}

void Engine::run_until(uint64_t cycle) {
  while (cycle_ < cycle) {
    if (jumps_ && quiet()) {
      cycle_ = cycle;
    } else {
      step_once();
    }
  }
}

Engine::Stop Engine::run_until_received(uint64_t limit) {
  while (!received_last()) {
    if (quiet()) return Stop::kQuiet;
    if (cycle_ >= limit) return Stop::kLimit;
    step_once();
  }
  return Stop::kReceived;
}

bool Engine::received_last() {
  bool received = false;
  for (EdgeLink* edge : stepped_edges_) received = edge->poll_received_last() || received;
  return received;
}

void Engine::step_once() {
  hash_key_ = hash_.begin_cycle(cycle_);
  step_edges();
  step_tiles();
  for (EdgeLink* edge : stepped_edges_) links_[now_][border_index(edge->index())] = {};
  now_ ^= 1;
  ++cycle_;
  ++statistics_.simulated_cycles;
}

void Engine::step_edges() {
  stepped_edges_.swap(active_edges_);
  active_edges_.clear();
  for (EdgeLink* edge : stepped_edges_) {
    const bool west = edge->index() < shape_.rows;
    const int row = west ? edge->index() : edge->index() - shape_.rows;
    const int column = west ? 0 : shape_.columns - 1;
    const int tile_port = west ? rtl::kPortWest : rtl::kPortEast;
    const int host_port = west ? rtl::kPortEast : rtl::kPortWest;
    const Links& tile = links_[now_][grid_index(column, row)];
    Links& host = links_[now_][border_index(edge->index())];

    const EdgeLink::Outputs outputs = edge->step(cycle_, tile.wavelet[tile_port], tile.credit[tile_port]);
    host.wavelet[host_port] = outputs.wavelet;
    host.credit[host_port] = outputs.credit;
    hash_links(static_cast<uint64_t>(shape_.tiles()) + edge->index(), host);
    if ((outputs.wavelet | outputs.credit) != 0) wake_tile(column, row);
  }
}

}  // namespace tessera::sim
