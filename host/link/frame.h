// Frames: what goes over the host link, each with its length and checksum. docs/host_link.md has the format.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "host/link/bytes.h"

namespace tessera {

enum class FrameType : std::uint32_t {
  // Of all versions for ever.
  kHello = 1,
  kError = 2,
  // From the client.
  kSend = 16,
  kOpen = 17,
  kAdvance = 18,
  kWriteMemory = 19,
  kReadMemory = 20,
  kSetEpoch = 21,
  kObserve = 22,
  kGetStatus = 23,
  kGoodbye = 24,
  // From the wafer.
  kWelcome = 32,
  kEvents = 33,
  kReceived = 34,
  kAdvanced = 35,
  kProgress = 36,
  kMemory = 37,
  kEpoch = 38,
  kStatus = 39,
};

const char* frame_name(FrameType type);  // "Hello"; "frame of unknown type"

inline constexpr size_t kFrameHeaderBytes = 12;

// The longest payloads. Whoever reads says what it is ready for.
inline constexpr size_t kHelloLimit = 64;
inline constexpr size_t kFrameLimit = size_t{1} << 20;
inline constexpr size_t kWelcomeLimit = size_t{64} << 20;

struct FrameView {
  FrameType type = FrameType::kHello;
  std::span<const std::uint8_t> payload;
};

// Begins a frame at the end of `out`; what is appended until finish() is its payload.
class FrameBuilder {
 public:
  FrameBuilder(Bytes& out, FrameType type);
  void finish();

 private:
  Bytes& out_;
  size_t begin_;
};

// Makes frames of a stream of bytes that comes in pieces.
class FrameDecoder {
 public:
  explicit FrameDecoder(size_t limit) : limit_(limit) {}

  // Of payloads from the next frame on, in bytes.
  void set_limit(size_t limit) { limit_ = limit; }

  void add(std::span<const std::uint8_t> bytes);
  // The next whole frame; valid until the next add(). Throws ProtocolError when its length is over the limit
  // (as soon as that is known) or its checksum is wrong; the stream is of no use then.
  std::optional<FrameView> next();
  // Bytes of a frame that is not whole yet are here.
  bool inside() const { return taken_ < bytes_.size(); }

 private:
  size_t limit_;
  Bytes bytes_;
  size_t taken_ = 0;
};

}  // namespace tessera
