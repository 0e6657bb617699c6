#include "host/link/frame.h"

#include <zlib.h>

#include <algorithm>

namespace tessera {
namespace {

constexpr size_t kChecksumAt = 8;

// Over the header up to the checksum, and the payload.
std::uint32_t checksum(const std::uint8_t* frame, size_t payload) {
  const uLong header = crc32(0, frame, kChecksumAt);
  return static_cast<std::uint32_t>(crc32(header, frame + kFrameHeaderBytes, static_cast<uInt>(payload)));
}

void overwrite(std::uint8_t* at, std::uint32_t number) {
  for (size_t i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(number >> 8 * i);
}

}  // namespace

const char* frame_name(FrameType type) {
  switch (type) {
    case FrameType::kHello:
      return "Hello";
    case FrameType::kError:
      return "Error";
    case FrameType::kSend:
      return "Send";
    case FrameType::kOpen:
      return "Open";
    case FrameType::kAdvance:
      return "Advance";
    case FrameType::kWriteMemory:
      return "WriteMemory";
    case FrameType::kReadMemory:
      return "ReadMemory";
    case FrameType::kSetEpoch:
      return "SetEpoch";
    case FrameType::kObserve:
      return "Observe";
    case FrameType::kGetStatus:
      return "GetStatus";
    case FrameType::kGoodbye:
      return "Goodbye";
    case FrameType::kWelcome:
      return "Welcome";
    case FrameType::kEvents:
      return "Events";
    case FrameType::kReceived:
      return "Received";
    case FrameType::kAdvanced:
      return "Advanced";
    case FrameType::kProgress:
      return "Progress";
    case FrameType::kMemory:
      return "Memory";
    case FrameType::kEpoch:
      return "Epoch";
    case FrameType::kStatus:
      return "Status";
  }
  return "frame of unknown type";
}

FrameBuilder::FrameBuilder(Bytes& out, FrameType type) : out_(out), begin_(out.size()) {
  put(out_, std::uint32_t{0});
  put(out_, static_cast<std::uint32_t>(type));
  put(out_, std::uint32_t{0});
}

void FrameBuilder::finish() {
  std::uint8_t* frame = out_.data() + begin_;
  const size_t payload = out_.size() - begin_ - kFrameHeaderBytes;
  overwrite(frame, static_cast<std::uint32_t>(payload));
  overwrite(frame + kChecksumAt, checksum(frame, payload));
}

void FrameDecoder::add(std::span<const std::uint8_t> bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<FrameView> FrameDecoder::next() {
  const std::span<const std::uint8_t> left = std::span<const std::uint8_t>(bytes_).subspan(taken_);
  if (left.size() < 4) return {};
  ByteReader header(left.first(std::min(left.size(), kFrameHeaderBytes)), "frame");
  const size_t payload = header.number<std::uint32_t>();
  if (payload > limit_)
    fail_protocol("a frame of {} bytes, should be at most {} here (is that the host link of Tessera?)",
                  payload, limit_);
  if (left.size() < kFrameHeaderBytes + payload) return {};
  const auto type = static_cast<FrameType>(header.number<std::uint32_t>());
  const std::uint32_t given = header.number<std::uint32_t>();
  const std::uint32_t right = checksum(left.data(), payload);
  if (given != right)
    fail_protocol("{} of {} bytes: checksum {:08x}, should be {:08x}", frame_name(type), payload, given,
                  right);
  taken_ += kFrameHeaderBytes + payload;
  return FrameView{type, left.subspan(kFrameHeaderBytes, payload)};
}

}  // namespace tessera
