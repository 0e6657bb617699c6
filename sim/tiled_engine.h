// The tiled engine: the tile Verilated once, one instance for every tile that something ever reached.
//
// In a step only the awake tiles are evaluated: those that are not idle, and those to which a neighbour or
// the host drives something. That is exact because `idle` depends on a tile's state alone and means that
// without an arriving wavelet or credit no state of the tile will change. So the cost follows the number of
// awake tile-cycles.
//
// The wafer's rows may be shared out to several threads (sim/partition.h), which is exact because a tile
// reads only what links drove in the step before.
#pragma once

#include <memory>
#include <mutex>
#include <span>

#include "sim/crew.h"
#include "sim/engine.h"
#include "sim/engine_options.h"
#include "sim/pace.h"
#include "sim/tile_waves.h"

class VerilatedContext;

namespace tessera::sim {

class TileModel;
struct TileClocks;

class TiledEngine : public Engine {
 public:
  // Throws Error(kConfig) for a negative number of threads.
  explicit TiledEngine(const WaferShape& shape, const EngineOptions& options = {});
  ~TiledEngine() override;

  size_t tile_instances() const { return models_.size(); }
  int threads() const override { return crew_ ? crew_->size() : 1; }

  // Waveforms of chosen tiles; to be asked for before the first cycle, and once. What is recorded is up to
  // the TileWaves' window. The run is the same with and without, but by one thread.
  TileWaves& trace(const WaveOptions& options);

  // Without waveforms, whose tiles are of another model.
  void require_snapshots() const override;

 protected:
  void step_tiles(Partition& partition, const Moment& moment) override;
  void wake_tile(Partition& partition, const Moment& moment, size_t place) override;
  void reset_tiles() override;
  void run_partitions(uint64_t limit, bool until_received) override;
  bool save_tile_state(int tile, std::span<uint8_t> state) const override;
  void restore_tile(int tile, std::span<const uint8_t> state) override;
  void wake_restored(int tile) override;
  // What a tile that is in this state drives.
  Links driven_in(int tile, std::span<const uint8_t> state);

  // Before the first cycle: the partitions end with these rows, and this process runs `count` of them from
  // `first` on, with a thread for each.
  void share_out(const std::vector<int>& end_rows, size_t first, size_t count);
  // run_partitions() with all threads.
  void run_together(uint64_t limit, bool until_received);

 private:
  struct Tile {
    TileModel* model;   // null: nothing ever reached it, or it is on the border
    uint64_t awake_in;  // the last step for which it is on a list
    int index;          // with a model
    bool fed;           // the model's inputs may not be zero
    bool drives[2];     // links_[i] of its place may not be zero
    bool arrives[2];    // neither may what its neighbours drive toward it there
  };

  bool on_border(size_t place) const;
  void create(Tile& tile, size_t place);
  void destroy_models();
  // A step of these awake tiles, at most TileModel::kMostTogether, in three turns: their inputs, a cycle,
  // what comes of it. The state of those that follow is fetched meanwhile.
  void step_together(Partition& partition, const Moment& moment, std::span<const uint32_t> places,
                     std::span<const uint32_t> following);
  void begin_step(Partition& partition, const Moment& moment, size_t place);
  void end_step(Partition& partition, const Moment& moment, size_t place, TileClocks clocks);
  void step_sleepers(Partition& partition, const Moment& moment);
  // What a tile drives, from its model's ports.
  template <typename Ports>
  static Links driven_by(const Ports& ports);
  // What the neighbours drive toward a tile in this step.
  TileInputs inputs(const Moment& moment, size_t place) const;
  void step_waves(const Moment& moment);
  void check_waves(const Moment& moment) const;
  // The inputs of its model, for this step.
  void feed(Tile& tile, const Moment& moment, size_t place);
  // The tile has something to do in the next step.
  static void stay_awake(Partition& partition, const Moment& moment, Tile& tile, size_t place);
  // Something is driven toward the tile, or the host's end of an edge link, in the next step.
  void wake_next(Partition& partition, const Moment& moment, size_t place);
  // ... toward a neighbour's tile, which may be another partition's.
  void wake_north(Partition& partition, const Moment& moment, size_t place);
  void wake_south(Partition& partition, const Moment& moment, size_t place);

  // The partitions as one thread, or all together, should have them.
  void arrange(bool together);
  void note_work();
  bool is_uneven() const;

  EngineOptions options_;
  std::unique_ptr<VerilatedContext> context_;
  ZeroedArray<Tile> tiles_;  // by place on the grid, as the links
  std::vector<std::unique_ptr<TileModel>> models_;
  std::mutex creating_;
  std::unique_ptr<TileWaves> waves_;

  std::unique_ptr<Crew> crew_;  // a member for each of this process's partitions, if there are several
  Pace pace_;
  std::vector<double> row_work_;  // awake tiles by row, the recent past counting most
  uint64_t balance_at_ = 0;       // the step
};

}  // namespace tessera::sim
