// A wafer for tests of the host's side: nothing is simulated, a function answers what the host sends.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "host/compiler/forest.h"
#include "host/error/error.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct SentMessage {
  EdgeAddress edge;
  int color = 0;
  std::uint64_t cycle = 0;
  std::vector<std::uint32_t> words;
};

class FakeWafer final : public WaferPort {
 public:
  using Answer = std::function<void(FakeWafer& wafer, const SentMessage& message)>;

  FakeWafer(int columns, int rows, Answer answer) : answer_(std::move(answer)) {
    shape_.columns = columns;
    shape_.rows = rows;
  }

  void respond(const EdgeAddress& edge, int color, std::uint64_t cycle, std::vector<std::uint32_t> words) {
    responses_.emplace(cycle, ReceivedMessage{edge, color, cycle, std::move(words)});
  }
  const std::vector<SentMessage>& sent() const { return sent_; }

  const sim::WaferShape& shape() const override { return shape_; }
  std::uint64_t cycle() const override { return cycle_; }
  void send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
            std::uint64_t cycle) override {
    if (cycle < cycle_) fail(ErrorKind::kEngine, "sent in cycle {}, which is past (cycle {})", cycle, cycle_);
    scheduled_.emplace(cycle, SentMessage{edge, color, cycle, {words.begin(), words.end()}});
  }
  void open(const EdgeAddress&) override {}
  Stop advance(std::uint64_t limit) override {
    while (true) {
      const bool sends = !scheduled_.empty() &&
                         (responses_.empty() || scheduled_.begin()->first <= responses_.begin()->first);
      if (!sends && responses_.empty()) return Stop::kQuiet;
      const std::uint64_t next = sends ? scheduled_.begin()->first : responses_.begin()->first;
      if (next >= limit) {
        cycle_ = limit;
        return Stop::kLimit;
      }
      if (sends) {
        cycle_ = next;
        const SentMessage message = scheduled_.begin()->second;
        scheduled_.erase(scheduled_.begin());
        sent_.push_back(message);
        answer_(*this, message);
      } else {
        cycle_ = next + 1;
        received_.push_back(responses_.begin()->second);
        responses_.erase(responses_.begin());
        return Stop::kReceived;
      }
    }
  }
  std::vector<ReceivedMessage> take_received() override { return std::exchange(received_, {}); }

  bool has_back_door() const override { return true; }
  void write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) override {
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::uint32_t& word = memory[tile][(address + i) & ~3u];
      const int shift = 8 * ((address + i) % 4);
      word = (word & ~(0xffu << shift)) | static_cast<std::uint32_t>(bytes[i]) << shift;
    }
  }
  void read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const override {
    const auto words = memory.find(tile);
    for (std::uint32_t i = 0; i < bytes.size(); ++i) {
      const bool written = words != memory.end() && words->second.contains((address + i) & ~3u);
      const std::uint32_t word = written ? words->second.at((address + i) & ~3u) : 0;
      bytes[i] = static_cast<std::uint8_t>(word >> (8 * ((address + i) % 4)));
    }
  }
  void set_epoch() override { cycle_ = 0; }
  std::uint64_t link_hash() const override { return 0; }
  sim::EngineStatistics statistics() const override { return {}; }
  WaferWorkers workers() const override { return {}; }
  void set_observer(sim::EngineObserver*) override {}

  // Every tile's address map, by word; what was never written is 0.
  std::map<int, std::map<std::uint32_t, std::uint32_t>> memory;

 private:
  sim::WaferShape shape_;
  Answer answer_;
  std::uint64_t cycle_ = 0;
  std::multimap<std::uint64_t, SentMessage> scheduled_;
  std::multimap<std::uint64_t, ReceivedMessage> responses_;
  std::vector<SentMessage> sent_;
  std::vector<ReceivedMessage> received_;
};

// The control plane as docs/tile.md describes it, read independently of host/runtime: walks from the edge
// link, takes paths apart word by word, executes operations and floods on FakeWafer::memory, and responds.
class FakeControlPlane {
 public:
  void operator()(FakeWafer& wafer, const SentMessage& message);
  int executed = 0;
  int lost = 0;  // messages that left the wafer or had no meaning

 private:
  void deliver(FakeWafer& wafer, int tile, std::vector<std::uint32_t> words);
  void execute(FakeWafer& wafer, int tile, const std::vector<std::uint32_t>& words);
  const SentMessage* message_ = nullptr;
};

}  // namespace tessera
