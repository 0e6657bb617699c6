// The tiled engine: the tile Verilated once, one instance for every tile that something ever reached.
//
// In a cycle only the awake tiles are evaluated: those that are not idle, and those to which a neighbour or
// the host drives something. That is exact because `idle` depends on a tile's state alone and means that
// without an arriving wavelet or credit no state of the tile will change. So the cost follows the number of
// awake tile-cycles.
#pragma once

#include <memory>

#include "sim/engine.h"
#include "sim/tile_waves.h"

class VerilatedContext;

namespace tessera::sim {

class TileModel;

class TiledEngine final : public Engine {
 public:
  explicit TiledEngine(const WaferShape& shape);
  ~TiledEngine() override;

  size_t tile_instances() const { return instances_; }

  // Waveforms of chosen tiles; to be asked for before the first cycle, and once. What is recorded is up to
  // the TileWaves' window. The run is the same with and without.
  TileWaves& trace(const WaveOptions& options);

 protected:
  void step_tiles() override;
  void wake_tile(int x, int y) override;
  void reset_tiles() override;
  bool tiles_quiet() const override { return awake_.empty(); }

 private:
  struct Tile {
    std::unique_ptr<TileModel> model;  // made when the tile first wakes
    uint64_t awake_in = 0;             // the step for which the tile is on a list
    int index = -1;                    // -1: on the border
  };

  void create(Tile& tile);
  void step_tile(size_t place);
  // What the neighbours drive toward a tile in this cycle.
  TileInputs inputs(size_t place) const;
  void step_waves();
  void check_waves() const;
  // A tile, or the host's end of an edge link, has something to do in the next cycle.
  void wake_next(size_t place);
  void wake_edge(size_t place);

  std::unique_ptr<VerilatedContext> context_;
  std::vector<Tile> tiles_;       // by place on the grid, as the links
  std::vector<uint32_t> awake_;   // places: in this cycle
  std::vector<uint32_t> next_;    // in the next cycle
  std::vector<uint32_t> asleep_;  // fell asleep in the last cycle
  uint64_t step_ = 1;             // counts the steps, and never goes back as cycles do
  size_t instances_ = 0;
  std::unique_ptr<TileWaves> waves_;
};

}  // namespace tessera::sim
