// A rank's part of a wafer: a strip of whole rows, run in step with the strips of the neighbours.
//
// The engine has the whole wafer's grid, of which memory is only taken where something happens, and owns the
// partitions of its rows. The partitions of other ranks are empty; of their tiles only the links that cross a
// boundary are known here, for the step in which they hold something.
//
// The ranks meet at the ends of windows. Nothing spreads by more than a row a cycle, so while all that is
// awake is far from the boundaries no rank has anything to tell another, and all run alone until the first
// cycle in which one could. A run has to end in the same cycle as that of one process: when an edge link
// takes a last wavelet, which cannot be in the middle of a window either, or when all is quiet, which is
// found out at the end of the window in which it became so, and what then was no cycle at all is undone.
#pragma once

#include <limits>

#include "sim/distributed/ranks.h"
#include "sim/tiled_engine.h"

namespace tessera::sim {

class StripEngine : public TiledEngine {
 public:
  // `end_rows` of the strips, by rank.
  StripEngine(const WaferShape& shape, const EngineOptions& options, Ranks& ranks,
              const std::vector<int>& end_rows);

  int ranks() const override { return ranks_.size(); }

  // ---- For one that serves the lead.

  // Runs as the lead's `order` says, and puts into `answer` what came of it.
  void run_ordered(Parcel& order, Parcel& answer);

  // Its part of a snapshot, piece by piece: its edge links; its tiles from the one in `order` on, with the
  // one to ask for next.
  void save_edges_ordered(Parcel& answer);
  void save_tiles_ordered(Parcel& order, Parcel& answer) const;
  // After a reset, takes what the lead has of a snapshot for it: a Part with so many tiles and edge links.
  void restore_ordered(Parcel& order, Parcel& answer);

 protected:
  struct Order {  // the same for all ranks
    uint64_t cycle;
    uint64_t step;
    uint64_t limit;
    bool until_received;
    bool observed;
  };

  struct Part {
    uint64_t cycle;
    uint64_t step;
    bool first;  // of several
    uint32_t tiles;
    uint32_t edges;
  };

  // A message with pieces of a snapshot is as long as that, and the last piece.
  static constexpr size_t kPieceBytes = size_t{1} << 22;

  // As Engine::run_partitions, on all ranks.
  void run_strip(uint64_t limit, bool until_received);
  void reset_tiles() override;
  Ranks& job() { return ranks_; }
  int rank_of(int row) const;
  std::span<Partition> partitions_of(int rank);
  bool owns(int row) const { return rank_of(row) == ranks_.rank(); }
  int first_tile(int rank) const { return rank == 0 ? 0 : shape_.index(0, end_rows_[rank - 1]); }
  // A restored tile, or what one beyond a boundary drives toward this strip.
  void restore_here(TileSnapshot& tile);

 private:
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  // What a rank sees ahead at the end of a window, or all of them: the least of each.
  struct Outlook {
    uint64_t until_crossing = kNever;  // cycles that can be run before something crosses a boundary
    uint64_t until_received = kNever;  // ... of which only in the last one a last wavelet may be taken
    uint64_t quiet = 1;
    uint64_t going_on = 1;           // 0: a last wavelet was taken
    uint64_t failed_after = kNever;  // steps of the window
    uint64_t idle_steps = kNever;    // at the end of the window, in which nothing happened
    static constexpr size_t kValues = 6;
    bool stops() const { return quiet != 0 || going_on == 0 || failed_after != kNever; }
  };
  // What a tile beyond a boundary receives.
  struct Crossing {
    uint32_t column;
    CreditBits credit;
    WaveletBits wavelet;
  };
  struct Boundary {
    bool there = false;
    int neighbour = 0;  // rank
    std::vector<Crossing> out;
    std::vector<Crossing> in;
  };

  void restore_beyond(const TileSnapshot& tile, int row, int port);
  // Gives the outlook but for the next one.
  Outlook run_window(uint64_t steps);
  void rest(uint64_t steps);
  void look_ahead(bool until_received, Outlook& outlook);
  uint64_t cycles_until_received(const Partition& partition, uint64_t enough) const;
  void collect(Boundary& boundary, const std::vector<uint32_t>& woken, std::ptrdiff_t inward, int port);
  void begin_crossing(Outlook& outlook);
  void finish_crossing();
  void arrive(const Boundary& boundary, size_t count, Partition& partition, int row, int inward, int port);
  void agree(Outlook& outlook);

  Ranks& ranks_;
  std::vector<int> end_rows_;            // by rank
  std::vector<size_t> first_partition_;  // by rank, and one more
  Boundary north_;
  Boundary south_;
  std::vector<Links*> ghosts_;  // of neighbours' tiles, that hold something in the step to come
};

}  // namespace tessera::sim
