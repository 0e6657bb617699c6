#include "host/link/events.h"

#include <bit>

#include "host/link/frame.h"

namespace tessera {
namespace {

// The first byte of an event.
constexpr std::uint8_t kColorMask = 0x0f;
constexpr std::uint8_t kLast = 0x10;
constexpr std::uint8_t kTileError = 0x20;   // instead of a wavelet
constexpr std::uint8_t kOtherCycle = 0x40;  // than the event before
constexpr std::uint8_t kReserved = 0x80;
static_assert(rtl::kColorCount <= kColorMask + 1);

constexpr size_t kLongestEvent = 1 + 10 + 10 + 4;
constexpr size_t kFrameBytes = size_t{32} << 10;
static_assert(kFrameBytes + kLongestEvent <= kFrameLimit);

}  // namespace

void EventPacker::add(std::uint8_t head, int tile, std::uint64_t cycle, std::uint32_t data) {
  if (bytes_.size() - frame_begin_ >= kFrameBytes) {
    frame_ends_.push_back(bytes_.size());
    frame_begin_ = bytes_.size();
  }
  if (bytes_.size() == frame_begin_) {
    put(bytes_, cycle);
    cycle_ = cycle;
    tile_ = 0;
  }
  const auto cycles = static_cast<std::int64_t>(cycle - cycle_);
  bytes_.push_back(cycles == 0 ? head : head | kOtherCycle);
  if (cycles != 0) put_varint(bytes_, zigzag(cycles));
  put_varint(bytes_, zigzag(std::int64_t{tile} - tile_));
  put(bytes_, data);
  cycle_ = cycle;
  tile_ = tile;
}

void EventPacker::on_sent(int tile, std::uint64_t cycle, const sim::Wavelet& wavelet) {
  add(static_cast<std::uint8_t>(wavelet.color | (wavelet.last ? kLast : 0)), tile, cycle, wavelet.data);
}

void EventPacker::on_error(int tile, std::uint64_t cycle, const rtl::TileError& error) {
  add(kTileError, tile, cycle, std::bit_cast<std::uint32_t>(error));
}

void EventPacker::take(Bytes& out) {
  if (bytes_.empty()) return;
  frame_ends_.push_back(bytes_.size());
  size_t begin = 0;
  for (const size_t end : frame_ends_) {
    FrameBuilder frame(out, FrameType::kEvents);
    out.insert(out.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin),
               bytes_.begin() + static_cast<std::ptrdiff_t>(end));
    frame.finish();
    begin = end;
  }
  bytes_.clear();
  frame_ends_.clear();
  frame_begin_ = 0;
}

void unpack_events(std::span<const std::uint8_t> payload, int tiles, sim::EngineObserver& observer) {
  ByteReader reader(payload, "Events");
  std::uint64_t cycle = reader.number<std::uint64_t>();
  std::int64_t tile = 0;
  while (reader.left() > 0) {
    const auto head = reader.number<std::uint8_t>("head", kReserved - 1);
    if (head & kOtherCycle) cycle += static_cast<std::uint64_t>(unzigzag(reader.varint()));
    const std::int64_t step = unzigzag(reader.varint());
    // Either bound alone keeps the sum from overflowing.
    if (step < -tile || step >= tiles - tile)
      fail_protocol("Events: an event {} tiles beyond tile {}, the wafer has {} tiles", step, tile, tiles);
    tile += step;
    const auto data = reader.number<std::uint32_t>();
    if (head & kTileError) {
      if (head & (kColorMask | kLast)) fail_protocol("Events: a tile error with the head {:#04x}", head);
      observer.on_error(static_cast<int>(tile), cycle, std::bit_cast<rtl::TileError>(data));
    } else {
      observer.on_sent(static_cast<int>(tile), cycle,
                       {static_cast<std::uint8_t>(head & kColorMask), (head & kLast) != 0, data});
    }
  }
}

}  // namespace tessera
