// A wafer for tests of the host link: nothing is simulated; what the host sends says what happens.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "host/runtime/wafer_port.h"

namespace tessera {

class ScriptedWafer final : public WaferPort {
 public:
  // Colors, and what messages of them do.
  static constexpr int kEcho = 2;     // comes back as it is, kEchoCycles after it was sent
  static constexpr int kChatter = 3;  // for words[0] cycles, words[1] wavelets a cycle are observed
  static constexpr int kBreak = 4;    // advance() throws Error(kFabric)
  static constexpr int kEndless = 5;  // the wafer is busy for ever, and each cycle takes some time
  static constexpr std::uint64_t kEchoCycles = 100;
  static constexpr const char* kBroken = "tile 1,1 has had enough";

  ScriptedWafer(int columns, int rows) {
    shape_.columns = columns;
    shape_.rows = rows;
  }

  const sim::WaferShape& shape() const override { return shape_; }
  std::uint64_t cycle() const override { return cycle_; }
  void send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
            std::uint64_t cycle) override;
  void open(const EdgeAddress&) override {}
  Stop advance(std::uint64_t limit) override;
  std::vector<ReceivedMessage> take_received() override { return std::exchange(received_, {}); }

  bool has_back_door() const override { return true; }
  // Throws Error(kEngine) from kMemoryBytes on.
  void write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) override;
  void read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const override;
  static constexpr std::uint32_t kMemoryBytes = 1 << 22;

  // Throws Error(kEngine) while something is due.
  void set_epoch() override;
  std::uint64_t link_hash() const override { return 0x1122334455667788 + cycle_; }
  sim::EngineStatistics statistics() const override { return {7 * cycle_, cycle_}; }
  WaferWorkers workers() const override { return {3, 5}; }
  void set_observer(sim::EngineObserver* observer) override { observer_ = observer; }

 private:
  void observe();

  sim::WaferShape shape_;
  std::uint64_t cycle_ = 0;
  sim::EngineObserver* observer_ = nullptr;
  std::multimap<std::uint64_t, ReceivedMessage> due_;  // by the cycle in which something happens
  std::vector<ReceivedMessage> received_;
  std::uint64_t chatter_end_ = 0;
  std::uint32_t chatter_ = 0;
  bool endless_ = false;
  std::map<int, std::vector<std::uint8_t>> memory_;  // of tiles that were written to
};

}  // namespace tessera
