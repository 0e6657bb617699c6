// Keeps what an observer is shown.
#pragma once

#include <bit>
#include <tuple>
#include <vector>

#include "sim/engine.h"

namespace tessera {

class Recorder final : public sim::EngineObserver {
 public:
  // Tile, cycle, color, last, data; of a tile error the color is -1.
  using Event = std::tuple<int, std::uint64_t, int, bool, std::uint32_t>;

  void on_sent(int tile, std::uint64_t cycle, const sim::Wavelet& wavelet) override {
    events.emplace_back(tile, cycle, wavelet.color, wavelet.last, wavelet.data);
  }
  void on_error(int tile, std::uint64_t cycle, const rtl::TileError& error) override {
    events.emplace_back(tile, cycle, -1, false, std::bit_cast<std::uint32_t>(error));
  }

  std::vector<Event> events;
};

}  // namespace tessera
