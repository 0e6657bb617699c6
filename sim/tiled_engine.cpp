#include "sim/tiled_engine.h"

#include <verilated.h>

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
  for (const size_t place : awake_) step_tile(place);
  awake_.swap(next_);
  next_.clear();
  ++step_;
}

void TiledEngine::step_tile(size_t place) {
  Tile& tile = tiles_[place];
  if (!tile.model) create(tile);
  const Links* links = links_[now_].data();
  hash_links(tile.index, links[place]);

  // Nothing passes a dead link.
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
  auto& ports = tile.model->ports();
  ports.cycle_i = static_cast<uint32_t>(cycle_);
  ports.north_i = wavelet(north, rtl::kPortNorth, rtl::kPortSouth);
  ports.east_i = wavelet(east, rtl::kPortEast, rtl::kPortWest);
  ports.south_i = wavelet(south, rtl::kPortSouth, rtl::kPortNorth);
  ports.west_i = wavelet(west, rtl::kPortWest, rtl::kPortEast);
  ports.north_credit_i = credit(north, rtl::kPortNorth, rtl::kPortSouth);
  ports.east_credit_i = credit(east, rtl::kPortEast, rtl::kPortWest);
  ports.south_credit_i = credit(south, rtl::kPortSouth, rtl::kPortNorth);
  ports.west_credit_i = credit(west, rtl::kPortWest, rtl::kPortEast);

  tile.model->cycle();

  links_[now_ ^ 1][place] = {{ports.north_o, ports.east_o, ports.south_o, ports.west_o, ports.ramp_o},
                             {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o,
                              ports.west_credit_o, ports.ramp_credit_o}};
  const auto drives = [&](uint32_t port, WaveletBits wavelet_bits, CreditBits credit_bits) {
    return (tile.link_present >> port & 1) != 0 &&
           ((wavelet_bits & kWaveletBit) | (credit_bits & kCreditBit)) != 0;
  };
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
