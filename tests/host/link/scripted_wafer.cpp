#include "tests/host/link/scripted_wafer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "host/error/error.h"

namespace tessera {

void ScriptedWafer::send(const EdgeAddress& edge, int color, std::span<const std::uint32_t> words,
                         std::uint64_t cycle) {
  if (cycle < cycle_) fail(ErrorKind::kEngine, "cycle {} is past", cycle);
  const std::uint64_t when = color == kEcho ? cycle + kEchoCycles : cycle;
  due_.emplace(when, ReceivedMessage{edge, color, when, {words.begin(), words.end()}});
}

void ScriptedWafer::observe() {
  if (cycle_ >= chatter_end_ || observer_ == nullptr) return;
  for (std::uint32_t i = 0; i < chatter_; ++i)
    observer_->on_sent(static_cast<int>((cycle_ * 7 + i * 3) % static_cast<unsigned>(shape_.tiles())), cycle_,
                       {static_cast<std::uint8_t>((cycle_ + i) % rtl::kColorCount), i % 5 == 0,
                        static_cast<std::uint32_t>(cycle_ * 2654435761u + i)});
  if (cycle_ % 1000 == 999) observer_->on_error(shape_.tiles() - 1, cycle_, {1, 2, 3, 1, 0});
}

WaferPort::Stop ScriptedWafer::advance(std::uint64_t limit) {
  while (true) {
    while (!due_.empty() && due_.begin()->first <= cycle_) {
      const ReceivedMessage message = due_.begin()->second;
      due_.erase(due_.begin());
      if (message.color == kBreak) fail(ErrorKind::kFabric, "{}", kBroken);
      if (message.color == kEndless) endless_ = true;
      if (message.color == kChatter) {
        chatter_end_ = cycle_ + message.words.at(0);
        chatter_ = message.words.at(1);
      }
      if (message.color == kEcho) {
        received_.push_back(message);
        return Stop::kReceived;
      }
    }
    if (due_.empty() && !endless_ && cycle_ >= chatter_end_) return Stop::kQuiet;
    if (cycle_ >= limit) return Stop::kLimit;
    if (endless_) std::this_thread::sleep_for(std::chrono::microseconds(20));
    ++cycle_;
    observe();
  }
}

void ScriptedWafer::write_memory(int tile, std::uint32_t address, std::span<const std::uint8_t> bytes) {
  if (address + bytes.size() > kMemoryBytes) fail(ErrorKind::kEngine, "no memory at {:#x}", address);
  std::vector<std::uint8_t>& memory = memory_[tile];
  memory.resize(kMemoryBytes);
  std::copy(bytes.begin(), bytes.end(), memory.begin() + address);
}

void ScriptedWafer::read_memory(int tile, std::uint32_t address, std::span<std::uint8_t> bytes) const {
  if (address + bytes.size() > kMemoryBytes) fail(ErrorKind::kEngine, "no memory at {:#x}", address);
  std::fill(bytes.begin(), bytes.end(), 0);
  const auto written = memory_.find(tile);
  if (written == memory_.end()) return;
  std::copy_n(written->second.begin() + address, bytes.size(), bytes.begin());
}

void ScriptedWafer::set_epoch() {
  if (!due_.empty()) fail(ErrorKind::kEngine, "something moves");
  cycle_ = chatter_end_ = 0;
}

}  // namespace tessera
