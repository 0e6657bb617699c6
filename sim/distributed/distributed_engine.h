// The distributed engine: one wafer over the ranks of an MPI job, the rows shared out to them
// (sim/distributed/strip_engine.h). The lead's process has this engine, and a strip of its own; what the host
// does to the other strips goes there before the cycles are run, and what came of it comes back after them.
//
// When something fails in the middle of a window, other ranks have run on to its end: then the run has failed
// as in one process, but what the wafer holds is not the same.
#pragma once

#include "sim/distributed/strip_engine.h"

namespace tessera::sim {

class DistributedEngine final : public StripEngine {
 public:
  // Rows are shared out by options.work_by_row, or by live tiles. Throws Error(kConfig) when there are more
  // ranks than rows, and Error(kEngine) when the ranks run another wafer.
  DistributedEngine(const WaferShape& shape, const EngineOptions& options, Ranks& ranks);
  ~DistributedEngine() override;

  // Of another rank's tile: a copy until the next cycle is run or a snapshot is made, or until 256 other ones
  // were asked for.
  TileMemory& memory(int tile) override;
  void observe_retired(int tile, bool on) override;

  std::vector<EdgeSnapshot> save_edges() override;
  void save_tiles(const ByteSink& sink) override;

 protected:
  void run_partitions(uint64_t limit, bool until_received) override;
  void reset_tiles() override;
  bool tiles_quiet() const override { return others_quiet_; }
  void restore_parts(WaferSnapshot& snapshot) override;

 private:
  Parcel make_order(int rank, uint64_t limit, bool until_received);
  void read_answer(int rank, Parcel answer);
  void write_memories();

  std::vector<int> borrowed_;  // tiles whose memories were asked for
  bool others_quiet_ = true;
};

}  // namespace tessera::sim
