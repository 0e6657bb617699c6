#include "sim/flat_engine.h"

#include <dlfcn.h>

#include "host/error/error.h"

namespace tessera::sim {
namespace {

// The outputs of a tile, for Engine::observe().
struct Outputs {
  const FlatTile& tile;
  WaveletBits sent() const { return *tile.sent; }
  uint32_t error() const { return *tile.error; }
  bool retire_valid() const { return *tile.retire_valid != 0; }
  Retired retired() const {
    return {*tile.retire_pc,       *tile.retire_instruction, *tile.retire_rd,        *tile.retire_rd_data,
            *tile.retire_store_be, *tile.retire_address,     *tile.retire_store_data};
  }
};

}  // namespace

FlatEngine::Library::Library(const std::filesystem::path& path)
    : handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (handle == nullptr) fail(ErrorKind::kEngine, "{}: {}", path.string(), dlerror());
}

FlatEngine::Library::~Library() { dlclose(handle); }

FlatEngine::FlatEngine(const WaferShape& shape, const std::filesystem::path& library)
    : Engine(shape, false, 1), library_(library), west_(shape.rows), east_(shape.rows) {
  const auto create = reinterpret_cast<FlatCreate>(dlsym(library_.handle, "tessera_flat_create"));
  if (create == nullptr) fail(ErrorKind::kEngine, "{}: not a model of a wafer", library.string());
  model_.reset(create({shape_.dead_tile, shape_.dead_link_east, shape_.dead_link_south}, memories_));
}

FlatEngine::~FlatEngine() = default;

void FlatEngine::require_snapshots() const {
  fail(ErrorKind::kEngine, "the flat engine has no snapshots, should be the tiled or the distributed one");
}

bool FlatEngine::tiles_quiet() const {
  for (int tile = 0; tile < shape_.tiles(); ++tile)
    if (shape_.alive(tile) && !*model_->tiles()[tile].idle) return false;
  return true;
}

// Not idle, or something arrives in this cycle.
bool FlatEngine::awake(int tile, const Moment& moment) const {
  if (!*model_->tiles()[tile].idle) return true;
  const size_t place = grid_index(shape_.x(tile), shape_.y(tile));
  const auto& links = links_[moment.now()];
  const auto arrives = [&](size_t from, int port, int far_port) {
    return (shape_.link_present(tile) >> port & 1) != 0 && links[from].valid(far_port);
  };
  return arrives(place - grid_stride(), rtl::kPortNorth, rtl::kPortSouth) ||
         arrives(place + 1, rtl::kPortEast, rtl::kPortWest) ||
         arrives(place + grid_stride(), rtl::kPortSouth, rtl::kPortNorth) ||
         arrives(place - 1, rtl::kPortWest, rtl::kPortEast);
}

void FlatEngine::step_tiles(Partition& partition, const Moment& moment) {
  for (int tile = 0; tile < shape_.tiles(); ++tile) {
    if (!shape_.alive(tile)) continue;
    hash_links(partition, tile, links_[moment.now()][grid_index(shape_.x(tile), shape_.y(tile))]);
    partition.awake_tile_cycles += awake(tile, moment);
  }
  for (int row = 0; row < shape_.rows; ++row) {
    const Links& west = links_[moment.now()][grid_index(-1, row)];
    const Links& east = links_[moment.now()][grid_index(shape_.columns, row)];
    west_[row] = {west.wavelet[rtl::kPortEast], west.credit[rtl::kPortEast]};
    east_[row] = {east.wavelet[rtl::kPortWest], east.credit[rtl::kPortWest]};
  }

  model_->cycle(static_cast<uint32_t>(moment.cycle), west_, east_);

  for (int tile = 0; tile < shape_.tiles(); ++tile) {
    if (!shape_.alive(tile)) continue;
    const FlatTile& outputs = model_->tiles()[tile];
    Links& links = links_[moment.then()][grid_index(shape_.x(tile), shape_.y(tile))];
    for (uint32_t port = 0; port < rtl::kPortCount; ++port) {
      links.wavelet[port] = *outputs.wavelet[port];
      links.credit[port] = *outputs.credit[port];
    }
    const auto edge_driven = [&](uint32_t port) {
      return (shape_.link_present(tile) >> port & 1) != 0 && links.valid(port);
    };
    if (shape_.x(tile) == 0 && edge_driven(rtl::kPortWest)) edge(EdgeSide::kWest, shape_.y(tile)).wake();
    if (shape_.x(tile) == shape_.columns - 1 && edge_driven(rtl::kPortEast))
      edge(EdgeSide::kEast, shape_.y(tile)).wake();
    if (observed()) observe(partition, moment, tile, Outputs{outputs});
  }
}

}  // namespace tessera::sim
