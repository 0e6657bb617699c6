#include "sim/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "host/error/error.h"
#include "sim/snapshot.h"
#include "sim/snapshot_sections.h"
#include "sim/tile_state.h"

namespace tessera::sim {
namespace {

constexpr uint64_t kCyclesBetweenShows = 4096;  // what the observer has not seen yet takes memory

// Rows shared out evenly.
std::vector<int> even_division(int rows, int parts) {
  std::vector<int> ends;
  for (int part = 1; part <= parts; ++part)
    ends.push_back(static_cast<int>(static_cast<int64_t>(rows) * part / parts));
  return ends;
}

}  // namespace

std::string describe(const WaferShape& shape, int tile, const rtl::TileError& error) {
  return fmt::format("tile {},{}: {}, {}, color {}", shape.x(tile), shape.y(tile),
                     rtl::error_kind_name(error.kind), rtl::port_name(error.port),
                     static_cast<unsigned>(error.color));
}

Engine::Engine(const WaferShape& shape, bool jumps, int partitions)
    : shape_((validate(shape), shape)),
      links_{ZeroedArray<Links>(grid_size()), ZeroedArray<Links>(grid_size())},
      memories_(shape_.tiles()),
      edges_(static_cast<size_t>(shape_.rows) * 2),
      jumps_(jumps),
      observe_retired_(shape_.tiles()),
      error_seen_(shape_.tiles()) {
  divide(even_division(shape_.rows, std::clamp(partitions, 1, shape_.rows)));
}

void Engine::reset() {
  reset_tiles();
  for (auto& links : links_) links.clear();
  std::ranges::fill(error_seen_, 0);
  for (auto& edge : edges_) edge.reset();
  for (Partition& partition : partitions_) {
    Partition fresh;
    fresh.first_row = partition.first_row;
    fresh.end_row = partition.end_row;
    partition = std::move(fresh);
  }
  moment_.cycle = 0;
  simulated_cycles_ = 0;
  received_ = false;
}

void Engine::set_epoch() {
  if (!quiet()) fail(ErrorKind::kEngine, "cycle {}: the epoch can only be set while nothing moves", cycle());
  for (Partition& partition : partitions_) {
    partition.hash = {};
    partition.awake_tile_cycles = 0;
  }
  moment_.cycle = 0;
  simulated_cycles_ = 0;
}

void Engine::restore(WaferSnapshot snapshot) {
  require_snapshots();
  if (!same_wafer(snapshot.shape, shape_))
    fail(ErrorKind::kEngine, "a snapshot of another wafer: {} x {} tiles, should be {} x {}{}",
         snapshot.shape.columns, snapshot.shape.rows, shape_.columns, shape_.rows,
         snapshot.shape.columns == shape_.columns && snapshot.shape.rows == shape_.rows
             ? ", with the same dead tiles and links"
             : "");
  reset();
  clear_memories();
  moment_.cycle = snapshot.cycle;
  simulated_cycles_ = snapshot.record.statistics.simulated_cycles;
  received_ = snapshot.record.received;
  // Sums may stand anywhere.
  partitions_.front().awake_tile_cycles = snapshot.record.statistics.awake_tile_cycles;
  partitions_.front().hash = LinkHash(std::move(snapshot.record.link_hash));
  restore_parts(snapshot);
}

void Engine::restore_parts(WaferSnapshot& snapshot) {
  for (TileSnapshot& tile : snapshot.tiles) restore_part(tile);
  for (const EdgeSnapshot& edge : snapshot.edges) restore_part(edge);
}

void Engine::restore_part(TileSnapshot& tile) {
  memories_[tile.tile] = std::move(tile.memory);
  error_seen_[tile.tile] = tile.error_seen;
  if (tile.state.empty()) return;
  restore_tile(tile.tile, tile.state);
  wake_restored(tile.tile);
}

void Engine::restore_part(const EdgeSnapshot& edge) { this->edge(edge.index).restore(edge.state); }

void Engine::clear_memories() {
  for (TileMemory& memory : memories_) memory = {};
}

std::vector<EdgeSnapshot> Engine::save_edges() {
  std::vector<EdgeSnapshot> result;
  for (const auto& edge : edges_) {
    if (edge) result.push_back({edge->index(), edge->state()});
  }
  return result;
}

bool Engine::save_tile(int tile, ByteWriter& section) const {
  std::vector<uint8_t> state(tile_state_bytes());
  if (!save_tile_state(tile, state)) state.clear();
  const TileMemory& memory = memories_[tile];
  if (state.empty() && memory.sram.words() == nullptr && memory.instruction.words() == nullptr) return false;
  put_tile(section, tile, error_seen_[tile] != 0, state, memory);
  return true;
}

void Engine::save_tiles(int first, int end, const ByteSink& sink) const {
  for (int tile = first; tile < end; ++tile) {
    ByteWriter section;
    if (save_tile(tile, section)) sink(section.bytes());
  }
}

bool Engine::quiet() const { return std::ranges::all_of(partitions_, &Partition::quiet) && tiles_quiet(); }

uint64_t Engine::link_hash() const {
  uint64_t total = 0;
  for (const Partition& partition : partitions_) total += partition.hash.total();
  return total;
}

std::vector<LinkHash::Subtotal> Engine::link_hash_subtotals() const {
  std::map<uint64_t, uint64_t> sums;
  for (const Partition& partition : partitions_) {
    for (const auto& [block, sum] : partition.hash.subtotals()) sums[block] += sum;
  }
  std::vector<LinkHash::Subtotal> result;
  for (const auto& [block, sum] : sums) {
    if (sum != 0) result.push_back({block, sum});
  }
  return result;
}

EngineStatistics Engine::statistics() const {
  EngineStatistics result{.awake_tile_cycles = 0, .simulated_cycles = simulated_cycles_};
  for (const Partition& partition : partitions_) result.awake_tile_cycles += partition.awake_tile_cycles;
  return result;
}

// ---------------------------------------------------------------- partitions

Partition& Engine::partition_of(int row) {
  return *std::ranges::find_if(partitions_, [&](const Partition& partition) { return partition.holds(row); });
}

void Engine::divide(const std::vector<int>& end_rows) {
  std::vector<Partition> before = std::exchange(partitions_, std::vector<Partition>(end_rows.size()));
  int row = 0;
  for (size_t i = 0; i < end_rows.size(); ++i) {
    partitions_[i].first_row = row;
    partitions_[i].end_row = row = end_rows[i];
  }
  for (size_t i = 0; i < before.size(); ++i) {
    Partition& from = before[i];
    for (const uint32_t place : from.awake) partition_of(grid_row(place)).awake.push_back(place);
    for (const uint32_t place : from.asleep) partition_of(grid_row(place)).asleep.push_back(place);
    for (EdgeLink* edge : from.active_edges)
      partition_of(edge_row(edge->index())).active_edges.push_back(edge);
    // Sums may stand anywhere.
    if (i < partitions_.size()) {
      partitions_[i].hash = std::move(from.hash);
      partitions_[i].awake_tile_cycles = from.awake_tile_cycles;
    }
  }
  for (const auto& edge : edges_) {
    if (edge) edge->set_active_list(&partition_of(edge_row(edge->index())).active_edges);
  }
  own(0, partitions_.size());
}

void Engine::own(size_t first, size_t count) {
  own_first_ = first;
  own_count_ = count;
}

// ---------------------------------------------------------------- running

void Engine::run_until(uint64_t cycle) { run(cycle, false); }

Engine::Stop Engine::run_until_received(uint64_t limit) {
  if (!received_) run(limit, true);
  if (std::exchange(received_, false)) return Stop::kReceived;
  return quiet() ? Stop::kQuiet : Stop::kLimit;
}

void Engine::run(uint64_t limit, bool until_received) {
  while (moment_.cycle < limit) {
    if (quiet()) {
      if (until_received) return;
      if (jumps_) {
        moment_.cycle = limit;
        return;
      }
    }
    const uint64_t step = moment_.step;
    run_partitions(std::min(limit, moment_.cycle + kCyclesBetweenShows), until_received);
    simulated_cycles_ += moment_.step - step;
    for (Partition& partition : partitions_)
      received_ = std::exchange(partition.received, false) || received_;
    show_observer();
    throw_failure();
    if (until_received && received_) return;
  }
}

void Engine::run_partitions(uint64_t limit, bool until_received) {
  for (bool stop = false; !stop && moment_.cycle < limit; ++moment_.cycle, ++moment_.step) {
    for (Partition& partition : own_partitions()) step_partition(partition, moment_);
    for (Partition& partition : own_partitions()) finish_step(partition, moment_);
    stop = stops(moment_, until_received);
  }
}

void Engine::step_partition(Partition& partition, const Moment& moment) {
  Partition::Toward& toward = partition.toward[moment.now()];
  toward.north.clear();
  toward.south.clear();
  try {
    partition.hash_key = partition.hash.begin_cycle(moment.cycle);
    step_edges(partition, moment);
    step_tiles(partition, moment);
  } catch (...) {
    partition.failure = std::current_exception();
  }
  toward.received = false;
  for (EdgeLink* edge : partition.stepped_edges) {
    links_[moment.now()][border_index(edge->index())] = {};
    toward.received = edge->poll_received_last() || toward.received;
  }
  partition.received = partition.received || toward.received;
  toward.quiet = partition.quiet() && toward.north.empty() && toward.south.empty() && tiles_quiet();
  toward.failed = partition.failure != nullptr;
}

void Engine::finish_step(Partition& partition, const Moment& moment) {
  const Moment next{moment.cycle + 1, moment.step + 1};
  const auto index = static_cast<size_t>(&partition - partitions_.data());
  if (index > 0) {
    for (const uint32_t place : partitions_[index - 1].toward[moment.now()].south)
      wake_tile(partition, next, place);
  }
  if (index + 1 < partitions_.size()) {
    for (const uint32_t place : partitions_[index + 1].toward[moment.now()].north)
      wake_tile(partition, next, place);
  }
}

bool Engine::stops(const Moment& moment, bool until_received) const {
  bool quiet = true;
  for (const Partition& partition : partitions_) {
    const Partition::Toward& toward = partition.toward[moment.now()];
    if (toward.failed || (until_received && toward.received)) return true;
    quiet = quiet && toward.quiet;
  }
  return quiet;
}

void Engine::show_observer() {
  std::vector<TrafficLog<WaveletBits>*> sent;
  std::vector<TrafficLog<uint32_t>*> errors;
  std::vector<TrafficLog<Retired>*> retired;
  for (Partition& partition : partitions_) {
    sent.push_back(&partition.sent);
    errors.push_back(&partition.errors);
    retired.push_back(&partition.retired);
  }
  show_in_order<WaveletBits>(
      sent, [&](const auto& entry) { observer_->on_sent(entry.tile, entry.cycle, unpack(entry.what)); });
  show_in_order<uint32_t>(errors, [&](const auto& entry) {
    observer_->on_error(entry.tile, entry.cycle, std::bit_cast<rtl::TileError>(entry.what));
  });
  show_in_order<Retired>(
      retired, [&](const auto& entry) { observer_->on_retired(entry.tile, entry.cycle, entry.what); });
}

void Engine::throw_failure() {
  std::exception_ptr first;
  for (Partition& partition : partitions_) {
    const std::exception_ptr failure = std::exchange(partition.failure, nullptr);
    if (failure && !first) first = failure;
  }
  if (first) std::rethrow_exception(first);
}

// ---------------------------------------------------------------- edge links

EdgeLink& Engine::edge(EdgeSide side, int row) {
  const int index = side == EdgeSide::kWest ? row : shape_.rows + row;
  if (!edges_[index]) {
    const bool west = side == EdgeSide::kWest;
    const std::string name = fmt::format("edge link {} {}", west ? "west" : "east", row);
    const int tile = shape_.index(west ? 0 : shape_.columns - 1, row);
    if (!(shape_.link_present(tile) >> (west ? rtl::kPortWest : rtl::kPortEast) & 1))
      fail(ErrorKind::kFabric, "{} is dead", name);
    edges_[index] = std::make_unique<EdgeLink>(&partition_of(row).active_edges, name, index);
  }
  return *edges_[index];
}

void Engine::wake_edge(size_t border_place) {
  edge(border_place % grid_stride() == 0 ? EdgeSide::kWest : EdgeSide::kEast, grid_row(border_place)).wake();
}

void Engine::step_edges(Partition& partition, const Moment& moment) {
  partition.stepped_edges.swap(partition.active_edges);
  partition.active_edges.clear();
  for (EdgeLink* edge : partition.stepped_edges) {
    const bool west = edge->index() < shape_.rows;
    const int row = edge_row(edge->index());
    const int column = west ? 0 : shape_.columns - 1;
    const int tile_port = west ? rtl::kPortWest : rtl::kPortEast;
    const int host_port = west ? rtl::kPortEast : rtl::kPortWest;
    const size_t place = grid_index(column, row);
    const Links& tile = links_[moment.now()][place];
    Links& host = links_[moment.now()][border_index(edge->index())];

    const EdgeLink::Outputs outputs =
        edge->step(moment.cycle, tile.wavelet[tile_port], tile.credit[tile_port]);
    host.wavelet[host_port] = outputs.wavelet;
    host.credit[host_port] = outputs.credit;
    hash_links(partition, static_cast<uint64_t>(shape_.tiles()) + edge->index(), host);
    if ((outputs.wavelet | outputs.credit) != 0) wake_tile(partition, moment, place);
  }
}

}  // namespace tessera::sim
