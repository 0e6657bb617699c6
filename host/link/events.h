// The observer's events on their way from the hosted wafer to the client, packed: some seven bytes each.
// docs/host_link.md has the format.
#pragma once

#include <cstdint>
#include <span>

#include "host/link/bytes.h"
#include "sim/engine.h"

namespace tessera {

// Packs what it observes. What has been packed since the last take() is the payload of one frame, which can
// be unpacked without those before it.
class EventPacker final : public sim::EngineObserver {
 public:
  void on_sent(int tile, std::uint64_t cycle, const sim::Wavelet& wavelet) override;
  void on_error(int tile, std::uint64_t cycle, const rtl::TileError& error) override;

  bool empty() const { return bytes_.empty(); }
  // Appends Events frames, none longer than kFrameLimit, to `out`.
  void take(Bytes& out);

 private:
  void add(std::uint8_t head, int tile, std::uint64_t cycle, std::uint32_t data);

  Bytes bytes_;
  std::vector<size_t> frame_ends_;  // in bytes_; the last frame's is the end
  size_t frame_begin_ = 0;
  int tile_ = 0;
  std::uint64_t cycle_ = 0;
};

// Calls the observer with what was packed. Throws ProtocolError for what no EventPacker writes and for a tile
// that a wafer of so many tiles does not have; the events before it have been shown by then.
void unpack_events(std::span<const std::uint8_t> payload, int tiles, sim::EngineObserver& observer);

}  // namespace tessera
