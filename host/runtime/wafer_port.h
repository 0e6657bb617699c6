// The one interface by which the runtime reaches a wafer: in this process, or over a socket (host/link).
//
// The host is part of a run: it says in which cycle of the wafer it acts, so that a run is the same wherever
// and however fast the host is.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/engine.h"

namespace tessera {

// An edge link, by the tile row it belongs to.
struct EdgeAddress {
  sim::EdgeSide side = sim::EdgeSide::kWest;
  int row = 0;
  auto operator<=>(const EdgeAddress&) const = default;
};

struct ReceivedMessage {
  EdgeAddress edge;
  int color = 0;
  std::uint64_t cycle = 0;  // in which the last wavelet was on the link
  std::vector<std::uint32_t> words;
};

// What simulates a wafer.
struct WaferWorkers {
  int ranks = 1;    // processes
  int threads = 1;  // at the most, in each
};

class WaferPort {
 public:
  virtual ~WaferPort() = default;

  virtual const sim::WaferShape& shape() const = 0;
  virtual std::uint64_t cycle() const = 0;

  // Queues a message whose first word is on the edge link in `cycle` at the earliest; not before cycle().
  // Throws Error(kFabric) when the link is dead.
  virtual void send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
                    std::uint64_t cycle) = 0;
  // Messages that arrive on this edge link are kept for take_received(). Links that were sent to are open
  // too.
  virtual void open(const EdgeAddress& edge) = 0;

  enum class Stop {
    kLimit,     // the cycle was reached
    kReceived,  // a whole message has arrived
    kQuiet,     // nothing will happen any more unless the host does something
  };
  virtual Stop advance(std::uint64_t limit) = 0;
  // What has arrived, in the order of its last wavelets' cycles.
  virtual std::vector<ReceivedMessage> take_received() = 0;

  // The back door to SRAM and instruction memories, by address of the tile's map, for use while the tile's
  // core does not run. Not every wafer has one.
  virtual bool has_back_door() const = 0;
  virtual void write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) = 0;
  virtual void read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const = 0;

  // The next cycle is cycle 0, where link hash and statistics begin. Only while the wafer is quiet.
  virtual void set_epoch() = 0;
  virtual std::uint64_t link_hash() const = 0;
  virtual sim::EngineStatistics statistics() const = 0;
  virtual WaferWorkers workers() const = 0;
  virtual void set_observer(sim::EngineObserver* observer) = 0;
};

}  // namespace tessera
