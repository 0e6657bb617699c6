// An engine advances a wafer by cycles, hands over its edge links, gives back-door access to its memories,
// and shows the traffic. All engines run the same RTL and are cycle-exact copies of one another: their link
// hashes are equal.
//
// Within cycle c every tile sees what its neighbours drive from their flip-flops, and cycle() is c until all
// of it has taken effect. The host acts between cycles: what it sends before cycle c is run is on the link in
// c at the earliest.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/byte_stream.h"
#include "sim/compression.h"
#include "sim/edge_link.h"
#include "sim/host_memory.h"
#include "sim/link_hash.h"
#include "sim/partition.h"
#include "sim/wafer_shape.h"
#include "sim/zeroed_array.h"

namespace tessera::sim {

// What an engine reports. The calls of a kind come in the order of cycles, and in a cycle of tiles, from the
// thread that runs the engine, some time after the cycle but before the call that ran it returns.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // The tile injects a wavelet into its router.
  virtual void on_sent(int /*tile*/, uint64_t /*cycle*/, const Wavelet& /*wavelet*/) {}
  // The tile's error register was empty and holds this now.
  virtual void on_error(int /*tile*/, uint64_t /*cycle*/, const rtl::TileError& /*error*/) {}
  // Only for tiles chosen by Engine::observe_retired().
  virtual void on_retired(int /*tile*/, uint64_t /*cycle*/, const Retired& /*instruction*/) {}
};

// "tile 3,4: ErrorDeadLink, PortEast, color 5"
std::string describe(const WaferShape& shape, int tile, const rtl::TileError& error);

struct EdgeSnapshot;
struct TileSnapshot;
struct WaferSnapshot;

enum class EdgeSide { kWest, kEast };

struct EngineStatistics {
  uint64_t awake_tile_cycles = 0;  // a tile is awake when it is not idle, or when something arrives
  uint64_t simulated_cycles = 0;   // without the cycles that were jumped over
};

class Engine {
 public:
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const WaferShape& shape() const { return shape_; }

  // All registers as after a reset, edge links empty, cycle 0. Memories keep their contents.
  void reset();

  uint64_t cycle() const { return moment_.cycle; }
  void step() { run_until(cycle() + 1); }
  void run_until(uint64_t cycle);

  enum class Stop {
    kLimit,     // the cycle was reached
    kReceived,  // an edge link took a last wavelet
    kQuiet,     // nothing will happen any more unless the host does something
  };
  Stop run_until_received(uint64_t limit);

  // No tile is awake and no edge link can do anything. If the host is still owed something, that is a hang.
  bool quiet() const;

  // The host's end of an edge link. Throws Error(kFabric) when the link is dead.
  EdgeLink& edge(EdgeSide side, int row);

  // Back door, for use between cycles while the tile's core does not run.
  virtual TileMemory& memory(int tile) { return memories_[tile]; }
  const TileMemory& memory(int tile) const { return memories_[tile]; }

  // The next cycle is cycle 0; link hash and statistics start again. Throws Error(kEngine) unless the wafer
  // is quiet.
  void set_epoch();
  // Over the cycles since the epoch, up to but without cycle().
  uint64_t link_hash() const;
  std::vector<LinkHash::Subtotal> link_hash_subtotals() const;

  void set_observer(EngineObserver* observer) { observer_ = observer; }
  virtual void observe_retired(int tile, bool on) { observe_retired_[tile] = on; }

  EngineStatistics statistics() const;
  // Processes that run the wafer, and threads in each.
  virtual int ranks() const { return 1; }
  virtual int threads() const { return 1; }

  // ---- The whole state, between cycles (sim/snapshot.h).

  // Throws Error(kEngine) for an engine that has no snapshots.
  virtual void require_snapshots() const = 0;
  // The edge links that anybody ever used, by number.
  virtual std::vector<EdgeSnapshot> save_edges();
  // Gives the tiles that anything ever reached, by number, each as the bytes of its section.
  virtual void save_tiles(const ByteSink& sink) { save_tiles(0, shape_.tiles(), sink); }
  // A last wavelet arrived that run_until_received() has not told of.
  bool received() const { return received_; }
  // The wafer goes on as the one of the snapshot. Observers stay; what edge() gave before is gone. Throws
  // Error(kEngine), and leaves the wafer as it is, for one of another shape.
  void restore(WaferSnapshot snapshot);

 protected:
  // What a tile, or the host's end of an edge link, drives in a cycle. A tile that sleeps drives nothing.
  struct alignas(64) Links {
    WaveletBits wavelet[rtl::kPortCount] = {};  // of the last port: from the router to the ramp
    CreditBits credit[8] = {};  // for what arrives at a port; padded, so that all are one word

    bool valid(uint32_t port) const {
      return ((wavelet[port] >> kWaveletValid | credit[port] >> kCreditValid) & 1) != 0;
    }
    bool any_valid() const {
      WaveletBits wavelets = 0;
      for (const WaveletBits bits : wavelet) wavelets |= bits;
      constexpr uint64_t kCreditsValid = 0x0101010101010101u << kCreditValid;
      return (wavelets >> kWaveletValid & 1) != 0 || (std::bit_cast<uint64_t>(credit) & kCreditsValid) != 0;
    }
  };

  // Time. Steps are the cycles that were simulated: they never go back, and none is jumped over.
  struct Moment {
    uint64_t cycle = 0;
    uint64_t step = 1;
    size_t now() const { return step & 1; }    // links_[now()] is what links drive in this step,
    size_t then() const { return now() ^ 1; }  // links_[then()] what they will in the next
  };

  // When idle tiles are skipped, cycles in which all of them are may be, too. The rows are shared out to the
  // partitions evenly.
  Engine(const WaferShape& shape, bool jumps, int partitions);

  // Links lie on a grid with a border, so that every tile has four neighbours. West and east of the tiles the
  // border holds what the host drives; the rest of it never holds anything.
  size_t grid_stride() const { return static_cast<size_t>(shape_.columns) + 2; }
  size_t grid_size() const { return grid_stride() * (static_cast<size_t>(shape_.rows) + 2); }
  size_t grid_index(int x, int y) const { return (y + 1) * grid_stride() + static_cast<size_t>(x + 1); }
  int grid_row(size_t place) const { return static_cast<int>(place / grid_stride()) - 1; }

  // ---- What an engine does with its tiles.

  // Runs a partition's tiles through a step: adds what they drive to the link hash, reads links_[now()],
  // writes links_[then()], wakes the edge links that have a wavelet or credit in the next one.
  virtual void step_tiles(Partition& partition, const Moment& moment) = 0;
  // Something is driven toward this tile of the partition in the step to come.
  virtual void wake_tile(Partition& partition, const Moment& moment, size_t place) = 0;
  virtual void reset_tiles() = 0;
  virtual bool tiles_quiet() const { return true; }  // beside the partitions' lists

  // ---- Snapshots.

  // The state of a tile, tile_state_bytes() long. False: it was never awake.
  virtual bool save_tile_state(int tile, std::span<uint8_t> state) const = 0;
  // The section of a tile. False: nothing ever reached it.
  bool save_tile(int tile, ByteWriter& section) const;
  void save_tiles(int first, int end, const ByteSink& sink) const;

  // Gives all tiles and edge links, which are as after a reset, what the snapshot has of them.
  virtual void restore_parts(WaferSnapshot& snapshot);
  void restore_part(TileSnapshot& tile);
  void restore_part(const EdgeSnapshot& edge);
  void clear_memories();
  // Of a tile out of reset, its memories in place. Puts what it drives on its links.
  virtual void restore_tile(int tile, std::span<const uint8_t> state) = 0;
  // Wakes a restored tile, and those of this process that it drives something toward.
  virtual void wake_restored(int tile) = 0;

  // ---- Running.

  // Runs all partitions from moment_ to `limit`, or until a step after which stops(). May stop earlier.
  // Here: this process's own ones, in one thread.
  virtual void run_partitions(uint64_t limit, bool until_received);
  // One step of one partition. It does not throw.
  void step_partition(Partition& partition, const Moment& moment);
  // When all partitions have done the step: what the neighbours have for this one.
  void finish_step(Partition& partition, const Moment& moment);
  // Whether the run ends with this step, the same for all who ask.
  bool stops(const Moment& moment, bool until_received) const;

  Partition& partition_of(int row);
  // Makes partitions that end with these rows, out of what there is; some may have none. Their number may
  // change only before the first cycle. All are this process's own.
  void divide(const std::vector<int>& end_rows);
  // This process runs `count` of the partitions, from `first` on; the others stand for those of other
  // processes and do nothing here.
  void own(size_t first, size_t count);
  std::span<Partition> own_partitions() { return std::span(partitions_).subspan(own_first_, own_count_); }

  // The host's end of the edge link at a place of the border has something to do in the next step.
  void wake_edge(size_t border_place);

  void hash_links(Partition& partition, uint64_t tile, const Links& links) {
    const uint64_t link = LinkHash::link(tile, 0);
    for (uint32_t port = 0; port < rtl::kPortCount; ++port) {
      if (links.wavelet[port] >> kWaveletValid & 1)
        partition.hash.add_wavelet(partition.hash_key, link + 2 * port, links.wavelet[port]);
      if (links.credit[port] >> kCreditValid & 1)
        partition.hash.add_credit(partition.hash_key, link + 2 * port, links.credit[port]);
    }
  }

  bool observed() const { return observer_ != nullptr; }
  // Notes for the observer what a tile's outputs hold for the next cycle. `Tile` has sent(), error(),
  // retire_valid(), retired().
  template <typename Tile>
  void observe(Partition& partition, const Moment& moment, int tile, const Tile& outputs) {
    if (outputs.sent() >> kWaveletValid & 1) partition.sent.add(moment.cycle + 1, tile, outputs.sent());
    const bool error = std::bit_cast<rtl::TileError>(outputs.error()).valid;
    if (error != (error_seen_[tile] != 0)) {
      error_seen_[tile] = error;
      if (error) partition.errors.add(moment.cycle + 1, tile, outputs.error());
    }
    if (outputs.retire_valid() && observe_retired_[tile])
      partition.retired.add(moment.cycle + 1, tile, outputs.retired());
  }

  WaferShape shape_;
  ZeroedArray<Links> links_[2];
  Moment moment_;
  std::vector<Partition> partitions_;
  std::vector<TileMemory> memories_;
  // West, then east; each is made when it is first used.
  std::vector<std::unique_ptr<EdgeLink>> edges_;

  EdgeLink& edge(int index) {
    return edge(index < shape_.rows ? EdgeSide::kWest : EdgeSide::kEast, edge_row(index));
  }
  int edge_row(int edge) const { return edge < shape_.rows ? edge : edge - shape_.rows; }

 private:
  // Cycle by cycle until `limit` or what stops() says.
  void run(uint64_t limit, bool until_received);
  void step_edges(Partition& partition, const Moment& moment);
  void show_observer();
  void throw_failure();
  // Where on the grid the host's end of an edge link (by its index) is.
  size_t border_index(int edge) const {
    return edge < shape_.rows ? grid_index(-1, edge) : grid_index(shape_.columns, edge - shape_.rows);
  }

  bool jumps_;
  size_t own_first_ = 0;
  size_t own_count_ = 0;
  bool received_ = false;  // a last wavelet that run_until_received() has not told of
  uint64_t simulated_cycles_ = 0;
  EngineObserver* observer_ = nullptr;
  std::vector<bool> observe_retired_;
  std::vector<uint8_t> error_seen_;  // bytes, because several threads write them
};

}  // namespace tessera::sim
