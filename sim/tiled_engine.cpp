#include "sim/tiled_engine.h"

#include <verilated.h>

#include "host/error/error.h"
#include "sim/tile_model.h"

namespace tessera::sim {
namespace {

constexpr uint64_t kWaveletBit = uint64_t{1} << kWaveletValid;
constexpr unsigned kCreditBit = 1u << kCreditValid;

}  // namespace

TiledEngine::TiledEngine(const WaferShape& shape)
    : Engine(shape, true), context_(std::make_unique<VerilatedContext>()), tiles_(grid_size()) {
  for (int tile = 0; tile < shape_.tiles(); ++tile) {
    Tile& place = tiles_[grid_index(shape_.x(tile), shape_.y(tile))];
    place.index = tile;
    place.link_present = static_cast<uint8_t>(shape_.link_present(tile));
  }
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
  tile.model = std::make_unique<TileModel>(context_.get(), tile.link_present);
  ++instances_;
}

void TiledEngine::wake_tile(int x, int y) {
  const size_t place = grid_index(x, y);
  if (tiles_[place].awake_in == step_) return;
  tiles_[place].awake_in = step_;
  awake_.push_back(place);
}

void TiledEngine::wake_next(size_t place) {
  Tile& tile = tiles_[place];
  if (tile.awake_in == step_ + 1) return;
  tile.awake_in = step_ + 1;
  if (tile.index >= 0) {
    next_.push_back(place);
  } else {
    const int row = static_cast<int>(place / grid_stride()) - 1;
    edge(place % grid_stride() == 0 ? EdgeSide::kWest : EdgeSide::kEast, row).wake();
  }
}

void TiledEngine::step_tiles() {
  // The links of a tile that fell asleep still hold, for the cycle after this one, what it drove two cycles
  // before.
  for (const size_t place : asleep_) links_[now_ ^ 1][place] = {};
  asleep_.clear();
  statistics_.awake_tile_cycles += awake_.size();
  if (waves_) step_waves();
  for (const size_t place : awake_) step_tile(place);
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
    const Tile& tile = tiles_[place];
    if (tile.awake_in == step_ || waves_->records(cycle_)) waves_->drive(i, inputs(tile, place));
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

inline TileInputs TiledEngine::inputs(const Tile& tile, size_t place) const {
  const Links* links = links_[now_].data();
  const size_t north = place - grid_stride();
  const size_t south = place + grid_stride();
  const size_t east = place + 1;
  const size_t west = place - 1;
  const auto wavelet = [&](size_t from, int port, int far_port) {
    return tile.link_present >> port & 1 ? links[from].wavelet[far_port] : 0;
  };
  const auto credit = [&](size_t from, int port, int far_port) {
    return tile.link_present >> port & 1 ? links[from].credit[far_port] : CreditBits{0};
  };
  return {.cycle = static_cast<uint32_t>(cycle_),
          .north = wavelet(north, rtl::kPortNorth, rtl::kPortSouth),
          .east = wavelet(east, rtl::kPortEast, rtl::kPortWest),
          .south = wavelet(south, rtl::kPortSouth, rtl::kPortNorth),
          .west = wavelet(west, rtl::kPortWest, rtl::kPortEast),
          .north_credit = credit(north, rtl::kPortNorth, rtl::kPortSouth),
          .east_credit = credit(east, rtl::kPortEast, rtl::kPortWest),
          .south_credit = credit(south, rtl::kPortSouth, rtl::kPortNorth),
          .west_credit = credit(west, rtl::kPortWest, rtl::kPortEast)};
}

void TiledEngine::step_tile(size_t place) {
  Tile& tile = tiles_[place];
  if (!tile.model) create(tile);
  hash_links(tile.index, links_[now_][place]);
  auto& ports = tile.model->ports();
  set_inputs(ports, inputs(tile, place));

  tile.model->cycle();

  links_[now_ ^ 1][place] = {{ports.north_o, ports.east_o, ports.south_o, ports.west_o, ports.ramp_o},
                             {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o,
                              ports.west_credit_o, ports.ramp_credit_o}};
  const auto drives = [&](uint32_t port, WaveletBits wavelet_bits, CreditBits credit_bits) {
    return (tile.link_present >> port & 1) != 0 &&
           ((wavelet_bits & kWaveletBit) | (credit_bits & kCreditBit)) != 0;
  };
  const size_t north = place - grid_stride();
  const size_t south = place + grid_stride();
  const size_t east = place + 1;
  const size_t west = place - 1;
  if (drives(rtl::kPortNorth, ports.north_o, ports.north_credit_o)) wake_next(north);
  if (drives(rtl::kPortEast, ports.east_o, ports.east_credit_o)) wake_next(east);
  if (drives(rtl::kPortSouth, ports.south_o, ports.south_credit_o)) wake_next(south);
  if (drives(rtl::kPortWest, ports.west_o, ports.west_credit_o)) wake_next(west);
  if (tile.model->idle()) {
    asleep_.push_back(place);
  } else {
    wake_next(place);
  }
  observe(tile.index, *tile.model);
}

}  // namespace tessera::sim
