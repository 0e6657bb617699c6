#include "sim/tiled_engine.h"

#include <verilated.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <thread>

#include "host/error/error.h"
#include "sim/tile_model.h"
#include "sim/tile_state.h"

namespace tessera::sim {
namespace {

constexpr uint64_t kStepsBetweenBalances = 4096;
// Awake tiles from which on it is faster to run them together, also when they do different things: as
// measured.
constexpr size_t kFewestTogether = 32;
// ... and from which on it is faster to fetch their state in advance: so much of it is not in the caches from
// one step to the next.
constexpr size_t kFewestFar = 2048;

// More threads than rows would have nothing to do.
int partitions_for(const WaferShape& shape, const EngineOptions& options) {
  if (options.threads < 0)
    fail(ErrorKind::kConfig, "{} threads: should be 1 or more, or 0 for as many as are faster",
         options.threads);
  const int wanted =
      options.threads == 0 ? static_cast<int>(std::thread::hardware_concurrency()) : options.threads;
  return std::clamp(wanted, 1, shape.rows);
}

}  // namespace

TiledEngine::TiledEngine(const WaferShape& shape, const EngineOptions& options)
    : Engine(shape, true, partitions_for(shape, options)),
      options_(options),
      context_(std::make_unique<VerilatedContext>()),
      tiles_(grid_size()),
      row_work_(shape.rows) {
  // Which compares what eval() keeps.
  if (options_.audit) options_.evaluation = Evaluation::kEval;
  context_->threads(1);
  if (partitions_.size() > 1) crew_ = std::make_unique<Crew>(static_cast<int>(partitions_.size()));
}

void TiledEngine::share_out(const std::vector<int>& end_rows, size_t first, size_t count) {
  divide(end_rows);
  own(first, count);
  crew_ = count > 1 ? std::make_unique<Crew>(static_cast<int>(count)) : nullptr;
}

TiledEngine::~TiledEngine() { destroy_models(); }

// Verilator finds a model's context through the thread, when it comes and when it goes.
void TiledEngine::destroy_models() {
  Verilated::threadContextp(context_.get());
  models_.clear();
}

void TiledEngine::reset_tiles() {
  tiles_.clear();
  destroy_models();
  if (waves_) waves_->reset();
}

TileWaves& TiledEngine::trace(const WaveOptions& options) {
  if (!models_.empty() || waves_)
    fail(ErrorKind::kEngine, "waves: tiles have to be chosen once, before the first cycle");
  waves_ = std::make_unique<TileWaves>(shape_, memories_, options);
  // The traced tiles' memories are read before any tile writes.
  share_out({shape_.rows}, 0, 1);
  return *waves_;
}

bool TiledEngine::on_border(size_t place) const {
  const size_t column = place % grid_stride();
  return column == 0 || column == grid_stride() - 1;
}

void TiledEngine::create(Tile& tile, size_t place) {
  const std::lock_guard lock(creating_);
  Verilated::threadContextp(context_.get());
  tile.index = shape_.index(static_cast<int>(place % grid_stride()) - 1, grid_row(place));
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memories_[tile.index]; });
  models_.push_back(std::make_unique<TileModel>(context_.get(), shape_.link_present(tile.index)));
  tile.model = models_.back().get();
  tile.fed = true;
}

// ---------------------------------------------------------------- who is awake

void TiledEngine::wake_tile(Partition& partition, const Moment& moment, size_t place) {
  Tile& tile = tiles_[place];
  tile.arrives[moment.now()] = true;
  if (tile.awake_in == moment.step) return;
  tile.awake_in = moment.step;
  partition.awake.push_back(static_cast<uint32_t>(place));
}

inline void TiledEngine::stay_awake(Partition& partition, const Moment& moment, Tile& tile, size_t place) {
  if (tile.awake_in == moment.step + 1) return;
  tile.awake_in = moment.step + 1;
  partition.next.push_back(static_cast<uint32_t>(place));
}

inline void TiledEngine::wake_next(Partition& partition, const Moment& moment, size_t place) {
  Tile& tile = tiles_[place];
  if (tile.model == nullptr && on_border(place)) {
    wake_edge(place);
    return;
  }
  tile.arrives[moment.then()] = true;
  stay_awake(partition, moment, tile, place);
}

inline void TiledEngine::wake_north(Partition& partition, const Moment& moment, size_t place) {
  if (place / grid_stride() > static_cast<size_t>(partition.first_row)) {
    wake_next(partition, moment, place);
  } else {
    partition.toward[moment.now()].north.push_back(static_cast<uint32_t>(place));
  }
}

inline void TiledEngine::wake_south(Partition& partition, const Moment& moment, size_t place) {
  if (place / grid_stride() <= static_cast<size_t>(partition.end_row)) {
    wake_next(partition, moment, place);
  } else {
    partition.toward[moment.now()].south.push_back(static_cast<uint32_t>(place));
  }
}

// ---------------------------------------------------------------- a step

// A tile drives nothing over a dead link, so nothing has to be masked here.
inline TileInputs TiledEngine::inputs(const Moment& moment, size_t place) const {
  const Links* links = links_[moment.now()].data() + place;
  const Links& north = *(links - grid_stride());
  const Links& east = *(links + 1);
  const Links& south = *(links + grid_stride());
  const Links& west = *(links - 1);
  return {.cycle = static_cast<uint32_t>(moment.cycle),
          .north = north.wavelet[rtl::kPortSouth],
          .east = east.wavelet[rtl::kPortWest],
          .south = south.wavelet[rtl::kPortNorth],
          .west = west.wavelet[rtl::kPortEast],
          .north_credit = north.credit[rtl::kPortSouth],
          .east_credit = east.credit[rtl::kPortWest],
          .south_credit = south.credit[rtl::kPortNorth],
          .west_credit = west.credit[rtl::kPortEast]};
}

template <typename Ports>
inline Engine::Links TiledEngine::driven_by(const Ports& ports) {
  return {{ports.north_o, ports.east_o, ports.south_o, ports.west_o, ports.ramp_o},
          {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o, ports.west_credit_o,
           ports.ramp_credit_o}};
}

inline void TiledEngine::feed(Tile& tile, const Moment& moment, size_t place) {
  auto& ports = tile.model->ports();
  if (tile.arrives[moment.now()]) {
    tile.arrives[moment.now()] = false;
    set_inputs(ports, inputs(moment, place));
    tile.fed = true;
  } else if (tile.fed) {
    set_inputs(ports, {.cycle = static_cast<uint32_t>(moment.cycle)});
    tile.fed = false;
  } else {
    ports.cycle_i = static_cast<uint32_t>(moment.cycle);
  }
}

inline void TiledEngine::begin_step(Partition& partition, const Moment& moment, size_t place) {
  Tile& tile = tiles_[place];
  if (tile.model == nullptr) create(tile, place);
  if (tile.drives[moment.now()]) hash_links(partition, tile.index, links_[moment.now()][place]);
  feed(tile, moment, place);
}

// Registers that drive something are cleared in the next cycle if no more follows. So where the clock of
// theirs does not tick, they hold nothing.
inline void TiledEngine::end_step(Partition& partition, const Moment& moment, size_t place,
                                  TileClocks clocks) {
  Tile& tile = tiles_[place];
  TileModel& model = *tile.model;
  bool& drives = tile.drives[moment.then()];
  if (clocks.tick(kRouterClock)) {
    Links& links = links_[moment.then()][place];
    links = driven_by(model.ports());
    drives = links.any_valid();
    if (drives) {
      if (links.valid(rtl::kPortNorth)) wake_north(partition, moment, place - grid_stride());
      if (links.valid(rtl::kPortEast)) wake_next(partition, moment, place + 1);
      if (links.valid(rtl::kPortSouth)) wake_south(partition, moment, place + grid_stride());
      if (links.valid(rtl::kPortWest)) wake_next(partition, moment, place - 1);
    }
  } else if (drives) {
    links_[moment.then()][place] = {};
    drives = false;
  }
  if (!model.idle()) {
    stay_awake(partition, moment, tile, place);
  } else if (tile.drives[moment.now()]) {
    partition.asleep.push_back(static_cast<uint32_t>(place));
  }
  if (observed() && clocks.tick(kObservedClocks)) observe(partition, moment, tile.index, model);
}

void TiledEngine::step_together(Partition& partition, const Moment& moment, std::span<const uint32_t> places,
                                std::span<const uint32_t> following) {
  std::array<TileModel*, TileModel::kMostTogether> models;
  std::array<TileClocks, TileModel::kMostTogether> clocks;
  for (size_t i = 0; i < places.size(); ++i) {
    if (i < following.size()) {
      const TileModel* model = tiles_[following[i]].model;
      if (model != nullptr) model->prefetch();
    }
    begin_step(partition, moment, places[i]);
    models[i] = tiles_[places[i]].model;
  }
  TileModel::cycle_together({models.data(), places.size()}, options_.evaluation, clocks.data());
  for (size_t i = 0; i < places.size(); ++i) end_step(partition, moment, places[i], clocks[i]);
}

void TiledEngine::step_tiles(Partition& partition, const Moment& moment) {
  // The links of a tile that fell asleep still hold, for the step after this one, what it drove two steps
  // before.
  for (const uint32_t place : partition.asleep) {
    links_[moment.then()][place] = {};
    tiles_[place].drives[moment.then()] = false;
  }
  partition.asleep.clear();
  partition.awake_tile_cycles += partition.awake.size();
  if (waves_) step_waves(moment);
  if (!options_.skip || options_.audit) step_sleepers(partition, moment);
  const std::span<const uint32_t> awake = partition.awake;
  if (awake.size() < kFewestTogether) {
    for (const uint32_t place : awake) {
      begin_step(partition, moment, place);
      end_step(partition, moment, place, tiles_[place].model->cycle(options_.evaluation));
    }
  } else {
    for (size_t i = 0; i < awake.size(); i += TileModel::kMostTogether) {
      const std::span<const uint32_t> rest = awake.subspan(i);
      const size_t count = std::min(TileModel::kMostTogether, rest.size());
      step_together(partition, moment, rest.first(count),
                    awake.size() < kFewestFar ? std::span<const uint32_t>() : rest.subspan(count));
    }
  }
  if (waves_) check_waves(moment);
  partition.awake.swap(partition.next);
  partition.next.clear();
}

// All live tiles that this step could do without.
void TiledEngine::step_sleepers(Partition& partition, const Moment& moment) {
  for (int row = partition.first_row; row < partition.end_row; ++row) {
    for (int column = 0; column < shape_.columns; ++column) {
      const size_t place = grid_index(column, row);
      Tile& tile = tiles_[place];
      if (tile.awake_in == moment.step || !shape_.alive(shape_.index(column, row))) continue;
      if (tile.model == nullptr) create(tile, place);
      set_inputs(tile.model->ports(), {.cycle = static_cast<uint32_t>(moment.cycle)});
      if (!options_.audit) {
        tile.model->cycle(options_.evaluation);
      } else if (const char* name = tile.model->find_change()) {
        fail(ErrorKind::kEngine, "cycle {}: tile {},{} sleeps, but {} changes", moment.cycle, column, row,
             name);
      }
    }
  }
}

// A traced tile that sleeps is stepped too where it is recorded: the check then shows that sleeping is exact.
void TiledEngine::step_waves(const Moment& moment) {
  waves_->begin(moment.cycle);
  const std::vector<int>& traced = waves_->tiles();
  for (size_t i = 0; i < traced.size(); ++i) {
    const size_t place = grid_index(shape_.x(traced[i]), shape_.y(traced[i]));
    if (tiles_[place].awake_in == moment.step || waves_->records(moment.cycle))
      waves_->drive(i, inputs(moment, place));
  }
  waves_->step(moment.cycle);
}

void TiledEngine::check_waves(const Moment& moment) const {
  const std::vector<int>& traced = waves_->tiles();
  for (size_t i = 0; i < traced.size(); ++i) {
    const Tile& tile = tiles_[grid_index(shape_.x(traced[i]), shape_.y(traced[i]))];
    if (tile.model != nullptr) waves_->check(i, moment.cycle, outputs_of(tile.model->ports()));
  }
}

// ---------------------------------------------------------------- snapshots

void TiledEngine::require_snapshots() const {
  if (waves_) fail(ErrorKind::kEngine, "a wafer whose waveforms are recorded has no snapshots");
}

bool TiledEngine::save_tile_state(int tile, std::span<uint8_t> state) const {
  const Tile& entry = tiles_[grid_index(shape_.x(tile), shape_.y(tile))];
  if (entry.model == nullptr) return false;
  sim::save_tile_state(entry.model->ports(), state);
  return true;
}

void TiledEngine::restore_tile(int tile, std::span<const uint8_t> state) {
  const size_t place = grid_index(shape_.x(tile), shape_.y(tile));
  create(tiles_[place], place);
  auto& ports = tiles_[place].model->ports();
  restore_tile_state(ports, state);
  if (options_.evaluation == Evaluation::kEval) settle_tile(ports);
  links_[moment_.now()][place] = driven_by(ports);
  tiles_[place].drives[moment_.now()] = true;
}

Engine::Links TiledEngine::driven_in(int tile, std::span<const uint8_t> state) {
  Verilated::threadContextp(context_.get());
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memories_[tile]; });
  TileModel model(context_.get(), shape_.link_present(tile));
  restore_tile_state(model.ports(), state);
  return driven_by(model.ports());
}

void TiledEngine::wake_restored(int tile) {
  const size_t place = grid_index(shape_.x(tile), shape_.y(tile));
  const int first_row = own_partitions().front().first_row;
  const int end_row = own_partitions().back().end_row;
  const auto wake = [&](size_t at) {
    const int row = grid_row(at);
    if (!on_border(at) && first_row <= row && row < end_row) wake_tile(partition_of(row), moment_, at);
  };
  if (!tiles_[place].model->idle()) wake(place);
  const Links& links = links_[moment_.now()][place];
  if (links.valid(rtl::kPortNorth)) wake(place - grid_stride());
  if (links.valid(rtl::kPortEast)) wake(place + 1);
  if (links.valid(rtl::kPortSouth)) wake(place + grid_stride());
  if (links.valid(rtl::kPortWest)) wake(place - 1);
}

// ---------------------------------------------------------------- threads

void TiledEngine::run_partitions(uint64_t limit, bool until_received) {
  if (!crew_) {
    Engine::run_partitions(limit, until_received);
    return;
  }
  if (options_.threads != 0) {
    arrange(true);
    run_together(limit, until_received);
    return;
  }
  const Pace::Choice choice = pace_.choose();
  arrange(choice.together);
  const uint64_t step = moment_.step;
  const uint64_t awake = statistics().awake_tile_cycles;
  const auto begin = std::chrono::steady_clock::now();
  limit = std::min(limit, moment_.cycle + choice.steps);
  if (choice.together) {
    run_together(limit, until_received);
  } else {
    Engine::run_partitions(limit, until_received);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  pace_.add(choice.together, moment_.step - step, statistics().awake_tile_cycles - awake, seconds.count());
}

// Every member does the same steps and comes to the same end.
void TiledEngine::run_together(uint64_t limit, bool until_received) {
  Barrier barrier(crew_->size());
  Moment end;
  crew_->work([&](int member) {
    Partition& partition = own_partitions()[member];
    Moment moment = moment_;
    for (bool stop = false; !stop && moment.cycle < limit; ++moment.cycle, ++moment.step) {
      step_partition(partition, moment);
      barrier.wait();
      finish_step(partition, moment);
      stop = stops(moment, until_received);
    }
    if (member == 0) end = moment;
  });
  moment_ = end;
}

// One thread has all rows in one partition: between two of them it would only do more.
void TiledEngine::arrange(bool together) {
  const bool gathered = own_partitions().size() == 1;
  const auto members = static_cast<size_t>(crew_->size());
  if (!together) {
    if (gathered) return;
    divide(std::vector<int>(members, shape_.rows));
    own(0, 1);
  } else if (gathered || moment_.step >= balance_at_) {
    balance_at_ = moment_.step + kStepsBetweenBalances;
    note_work();
    if (gathered || is_uneven()) divide(share_rows(row_work_, static_cast<int>(members)));
  }
}

void TiledEngine::note_work() {
  for (double& work : row_work_) work /= 2;
  for (const Partition& partition : partitions_) {
    for (const uint32_t place : partition.awake) row_work_[grid_row(place)] += 1;
  }
}

// Whether one partition has so much more work than another that it is worth to divide the rows again.
bool TiledEngine::is_uneven() const {
  const auto sum = [&](int first, int end) {
    return std::accumulate(row_work_.begin() + first, row_work_.begin() + end, 0.0);
  };
  double most = 0;
  for (const Partition& partition : partitions_)
    most = std::max(most, sum(partition.first_row, partition.end_row));
  return most * static_cast<double>(partitions_.size()) > 1.1 * sum(0, shape_.rows);
}

}  // namespace tessera::sim
