#include "sim/tiled_engine.h"

#include <verilated.h>

#include "host/error/error.h"
#include "sim/tile_model.h"

namespace tessera::sim {

TiledEngine::TiledEngine(const WaferShape& shape)
    : Engine(shape, true), context_(std::make_unique<VerilatedContext>()), tiles_(grid_size()) {
  for (int tile = 0; tile < shape_.tiles(); ++tile)
    tiles_[grid_index(shape_.x(tile), shape_.y(tile))].index = tile;
}

TiledEngine::~TiledEngine() = default;

void TiledEngine::reset_tiles() {
  for (Tile& tile : tiles_) tile.model.reset();
  awake_.clear();
  asleep_.clear();
  ++step_;
  instances_ = 0;
  if (waves_) waves_->reset();
}

TileWaves& TiledEngine::trace(const WaveOptions& options) {
  if (instances_ != 0 || waves_)
    fail(ErrorKind::kEngine, "waves: tiles have to be chosen once, before the first cycle");
  waves_ = std::make_unique<TileWaves>(shape_, memories_, options);
  return *waves_;
}

void TiledEngine::create(Tile& tile) {
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memories_[tile.index]; });
  tile.model = std::make_unique<TileModel>(context_.get(), shape_.link_present(tile.index));
  ++instances_;
}

void TiledEngine::wake_tile(int x, int y) {
  const uint32_t place = static_cast<uint32_t>(grid_index(x, y));
  if (tiles_[place].awake_in == step_) return;
  tiles_[place].awake_in = step_;
  awake_.push_back(place);
}

inline void TiledEngine::wake_next(size_t place) {
  Tile& tile = tiles_[place];
  if (tile.awake_in == step_ + 1) return;
  tile.awake_in = step_ + 1;
  if (tile.index >= 0) {
    next_.push_back(static_cast<uint32_t>(place));
  } else {
    wake_edge(place);
  }
}

void TiledEngine::wake_edge(size_t place) {
  const int row = static_cast<int>(place / grid_stride()) - 1;
  edge(place % grid_stride() == 0 ? EdgeSide::kWest : EdgeSide::kEast, row).wake();
}

void TiledEngine::step_tiles() {
  // The links of a tile that fell asleep still hold, for the cycle after this one, what it drove two cycles
  // before.
  for (const uint32_t place : asleep_) links_[now_ ^ 1][place] = {};
  asleep_.clear();
  statistics_.awake_tile_cycles += awake_.size();
  if (waves_) step_waves();
  for (const uint32_t place : awake_) step_tile(place);
  if (waves_) check_waves();
  awake_.swap(next_);
  next_.clear();
  ++step_;
}

// A traced tile that sleeps is stepped too where it is recorded: the check then shows that sleeping is exact.
void TiledEngine::step_waves() {
  waves_->begin(cycle_);
  const std::vector<int>& traced = waves_->tiles();
  for (size_t i = 0; i < traced.size(); ++i) {
    const size_t place = grid_index(shape_.x(traced[i]), shape_.y(traced[i]));
    if (tiles_[place].awake_in == step_ || waves_->records(cycle_)) waves_->drive(i, inputs(place));
  }
  waves_->step(cycle_);
}

void TiledEngine::check_waves() const {
  const std::vector<int>& traced = waves_->tiles();
  for (size_t i = 0; i < traced.size(); ++i) {
    const Tile& tile = tiles_[grid_index(shape_.x(traced[i]), shape_.y(traced[i]))];
    if (tile.model) waves_->check(i, cycle_, outputs_of(tile.model->ports()));
  }
}

// A tile drives nothing over a dead link, so nothing has to be masked here.
inline TileInputs TiledEngine::inputs(size_t place) const {
  const Links* links = links_[now_].data() + place;
  const Links& north = *(links - grid_stride());
  const Links& east = *(links + 1);
  const Links& south = *(links + grid_stride());
  const Links& west = *(links - 1);
  return {.cycle = static_cast<uint32_t>(cycle_),
          .north = north.wavelet[rtl::kPortSouth],
          .east = east.wavelet[rtl::kPortWest],
          .south = south.wavelet[rtl::kPortNorth],
          .west = west.wavelet[rtl::kPortEast],
          .north_credit = north.credit[rtl::kPortSouth],
          .east_credit = east.credit[rtl::kPortWest],
          .south_credit = south.credit[rtl::kPortNorth],
          .west_credit = west.credit[rtl::kPortEast]};
}

void TiledEngine::step_tile(size_t place) {
  Tile& tile = tiles_[place];
  if (!tile.model) create(tile);
  TileModel& model = *tile.model;
  if (links_[now_][place].any_valid()) hash_links(tile.index, links_[now_][place]);

  auto& ports = model.ports();
  set_inputs(ports, inputs(place));
  model.cycle();

  Links& links = links_[now_ ^ 1][place];
  links = {{ports.north_o, ports.east_o, ports.south_o, ports.west_o, ports.ramp_o},
           {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o, ports.west_credit_o,
            ports.ramp_credit_o}};
  if (links.any_valid()) {
    if (links.valid(rtl::kPortNorth)) wake_next(place - grid_stride());
    if (links.valid(rtl::kPortEast)) wake_next(place + 1);
    if (links.valid(rtl::kPortSouth)) wake_next(place + grid_stride());
    if (links.valid(rtl::kPortWest)) wake_next(place - 1);
  }
  if (model.idle()) {
    asleep_.push_back(static_cast<uint32_t>(place));
  } else {
    wake_next(place);
  }
  if (observed()) observe(tile.index, model);
}

}  // namespace tessera::sim
