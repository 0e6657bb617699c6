// A wafer in this process: a WaferPort over an engine.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "host/config/wafer_config.h"
#include "host/runtime/wafer_port.h"
#include "sim/snapshot.h"

namespace tessera {

// The engines' view of a wafer's settings. The west links of column 0 cannot be dead there; nobody uses those
// that are.
sim::WaferShape engine_shape(const WaferConfig& config);

class EnginePort final : public WaferPort {
 public:
  explicit EnginePort(std::unique_ptr<sim::Engine> engine);

  const sim::WaferShape& shape() const override { return engine_->shape(); }
  std::uint64_t cycle() const override { return engine_->cycle(); }
  void send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
            std::uint64_t cycle) override;
  void open(const EdgeAddress& edge) override;
  Stop advance(std::uint64_t limit) override;
  std::vector<ReceivedMessage> take_received() override;

  bool has_back_door() const override { return true; }
  void write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) override;
  void read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const override;

  void set_epoch() override { engine_->set_epoch(); }
  std::uint64_t link_hash() const override { return engine_->link_hash(); }
  sim::EngineStatistics statistics() const override { return engine_->statistics(); }
  WaferWorkers workers() const override { return {engine_->ranks(), engine_->threads()}; }
  void set_observer(sim::EngineObserver* observer) override { engine_->set_observer(observer); }

  sim::Engine& engine() { return *engine_; }
  const sim::Engine& engine() const { return *engine_; }

  // Nothing is here that a snapshot of the engine would not hold: no message that waits for its cycle, none
  // that has partly arrived or was not fetched.
  bool settled() const;
  // The wafer's state is that of the snapshot. Edge links have to be opened again. Throws as
  // sim::Engine::restore(), and leaves the wafer as it is then.
  void restore(sim::WaferSnapshot snapshot);

 private:
  struct OpenEdge {
    EdgeAddress address;
    sim::EdgeLink* link;
    std::array<std::vector<std::uint32_t>, rtl::kColorCount> partial;  // messages on their way, by color
  };
  struct Scheduled {
    sim::EdgeLink* link;
    int color;
    std::vector<std::uint32_t> words;
  };

  OpenEdge& edge_at(const EdgeAddress& edge);
  void send_due();
  void drain();

  std::unique_ptr<sim::Engine> engine_;
  std::vector<OpenEdge> edges_;
  std::multimap<std::uint64_t, Scheduled> scheduled_;  // by cycle, then in the order of the calls
  std::vector<ReceivedMessage> received_;
};

}  // namespace tessera
