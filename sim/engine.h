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
#include <string>
#include <vector>

#include "sim/edge_link.h"
#include "sim/host_memory.h"
#include "sim/link_hash.h"
#include "sim/wafer_shape.h"

namespace tessera::sim {

// An instruction that left the core in the cycle before.
struct Retired {
  uint32_t pc;
  uint32_t instruction;
  uint8_t rd;  // 0: no register written
  uint32_t rd_data;
  uint8_t store_be;  // 0: no store
  uint32_t address;  // of the load or store
  uint32_t store_data;
};

// What an engine reports, tile by tile; the calls of one cycle come in any order of tiles.
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

  uint64_t cycle() const { return cycle_; }
  void step() { run_until(cycle_ + 1); }
  void run_until(uint64_t cycle);

  enum class Stop {
    kLimit,     // the cycle was reached
    kReceived,  // an edge link took a last wavelet
    kQuiet,     // nothing will happen any more unless the host does something
  };
  Stop run_until_received(uint64_t limit);

  // No tile is awake and no edge link can do anything. If the host is still owed something, that is a hang.
  bool quiet() const { return active_edges_.empty() && tiles_quiet(); }

  // The host's end of an edge link. Throws Error(kFabric) when the link is dead.
  EdgeLink& edge(EdgeSide side, int row);

  // Back door, for use between cycles while the tile's core does not run.
  TileMemory& memory(int tile) { return memories_[tile]; }

  // The next cycle is cycle 0; link hash and statistics start again. Throws Error(kEngine) unless the wafer
  // is quiet.
  void set_epoch();
  // Over the cycles since the epoch, up to but without cycle().
  uint64_t link_hash() const { return hash_.total(); }
  std::vector<LinkHash::Subtotal> link_hash_subtotals() const { return hash_.subtotals(); }

  void set_observer(EngineObserver* observer) { observer_ = observer; }
  void observe_retired(int tile, bool on) { observe_retired_[tile] = on; }

  EngineStatistics statistics() const { return statistics_; }

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

  // When idle tiles are skipped, cycles in which all of them are may be, too.
  Engine(const WaferShape& shape, bool jumps);

  // Links lie on a grid with a border, so that every tile has four neighbours. West and east of the tiles the
  // border holds what the host drives; the rest of it never holds anything.
  size_t grid_stride() const { return static_cast<size_t>(shape_.columns) + 2; }
  size_t grid_size() const { return grid_stride() * (static_cast<size_t>(shape_.rows) + 2); }
  size_t grid_index(int x, int y) const { return (y + 1) * grid_stride() + static_cast<size_t>(x + 1); }

  // Runs the tiles through this cycle: adds what they drive to the link hash, reads links_[now_], writes
  // links_[now_ ^ 1], wakes the edge links that have a wavelet or credit in the next cycle.
  virtual void step_tiles() = 0;
  // The host drives something toward this tile in this cycle.
  virtual void wake_tile(int x, int y) = 0;
  virtual void reset_tiles() = 0;
  virtual bool tiles_quiet() const = 0;

  void hash_links(uint64_t tile, const Links& links) {
    const uint64_t link = LinkHash::link(tile, 0);
    for (uint32_t port = 0; port < rtl::kPortCount; ++port) {
      if (links.wavelet[port] >> kWaveletValid & 1)
        hash_.add_wavelet(hash_key_, link + 2 * port, links.wavelet[port]);
      if (links.credit[port] >> kCreditValid & 1)
        hash_.add_credit(hash_key_, link + 2 * port, links.credit[port]);
    }
  }

  bool observed() const { return observer_ != nullptr; }
  // Shows the observer what a tile's outputs hold for cycle() + 1. `Tile` has sent(), error(),
  // retire_valid(), retired().
  template <typename Tile>
  void observe(int tile, const Tile& outputs) {
    if (outputs.sent() >> kWaveletValid & 1) observer_->on_sent(tile, cycle_ + 1, unpack(outputs.sent()));
    const rtl::TileError error = std::bit_cast<rtl::TileError>(outputs.error());
    if (error.valid != error_seen_[tile]) {
      error_seen_[tile] = error.valid;
      if (error.valid) observer_->on_error(tile, cycle_ + 1, error);
    }
    if (outputs.retire_valid() && observe_retired_[tile])
      observer_->on_retired(tile, cycle_ + 1, outputs.retired());
  }

  WaferShape shape_;
  std::vector<Links> links_[2];
  int now_ = 0;
  uint64_t cycle_ = 0;
  uint64_t hash_key_ = 0;  // of this cycle
  LinkHash hash_;
  EngineStatistics statistics_;
  std::vector<TileMemory> memories_;

 private:
  void step_once();
  void step_edges();
  bool received_last();
  // Where on the grid the host's end of an edge link (by its index) is.
  size_t border_index(int edge) const {
    return edge < shape_.rows ? grid_index(-1, edge) : grid_index(shape_.columns, edge - shape_.rows);
  }

  bool jumps_;
  EngineObserver* observer_ = nullptr;
  std::vector<bool> observe_retired_;
  std::vector<bool> error_seen_;

  // West, then east; each is made when it is first used.
  std::vector<std::unique_ptr<EdgeLink>> edges_;
  std::vector<EdgeLink*> active_edges_;   // have something to do in this cycle
  std::vector<EdgeLink*> stepped_edges_;  // had in the step under way
};

}  // namespace tessera::sim
