// What the frames of the host link say, and their bytes. docs/host_link.md has the format.
//
// append() puts a whole frame behind what is in `out`. from_frame() takes a frame's payload apart; it throws
// ProtocolError for one that is too short, too long or says what cannot be. What only the hosted wafer can
// judge (rows, tiles) is checked by its service.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/config/wafer_config.h"
#include "host/link/frame.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

inline constexpr std::uint32_t kLinkMagic = 0x4b4e4c54;  // "TLNK"
inline constexpr std::uint16_t kLinkVersion = 1;

// Words of a message, in either direction.
inline constexpr size_t kMessageWordsLimit = (kFrameLimit - 32) / 4;
// Bytes of memory in one frame.
inline constexpr size_t kMemoryBytesLimit = kFrameLimit - 32;

// What went wrong at the other end: on the link itself, or as an ErrorKind of the runtime.
enum class LinkErrorKind : std::uint32_t {
  kProtocol = 1,
  kVersion = 2,
  kBusy = 3,
  kStopping = 4,
  kInput = 16,
  kConfig = 17,
  kRequest = 18,
  kCapacity = 19,
  kRouting = 20,
  kFabric = 21,
  kEngine = 22,
};

LinkErrorKind link_error_kind(ErrorKind kind);
// Of the four that only a link has: kEngine.
ErrorKind error_kind(LinkErrorKind kind);

namespace link {

// The first frame of a client: the versions that it speaks.
struct Hello {
  std::uint16_t lowest = kLinkVersion;
  std::uint16_t highest = kLinkVersion;
};

struct Failure {
  LinkErrorKind kind = LinkErrorKind::kProtocol;
  std::uint64_t cycle = 0;  // of the wafer, if there is one
  std::string text;
};

// The wafer that the client has got.
struct Welcome {
  std::uint16_t version = kLinkVersion;
  bool back_door = false;
  std::uint64_t tile_build = 0;  // sim::tile_source_hash()
  WaferWorkers workers;
  std::string engine;
  WaferConfig config;
};

struct Send {
  EdgeAddress edge;
  int color = 0;
  std::uint64_t cycle = 0;
  std::vector<std::uint32_t> words;
};

struct Open {
  EdgeAddress edge;
};

struct Advance {
  std::uint64_t limit = 0;
};

struct WriteMemory {
  std::uint32_t tile = 0;
  std::uint32_t address = 0;
  std::vector<std::uint8_t> bytes;
};

struct ReadMemory {
  std::uint32_t tile = 0;
  std::uint32_t address = 0;
  std::uint32_t count = 0;
};

struct SetEpoch {};

struct Observe {
  bool on = false;
};

struct GetStatus {};

struct Goodbye {};

struct Received {
  ReceivedMessage message;
};

struct Advanced {
  WaferPort::Stop stop = WaferPort::Stop::kLimit;
  std::uint64_t cycle = 0;
};

struct Progress {
  std::uint64_t cycle = 0;
};

struct Memory {
  std::vector<std::uint8_t> bytes;
};

struct Epoch {
  std::uint64_t cycle = 0;
};

struct Status {
  std::uint64_t link_hash = 0;
  sim::EngineStatistics statistics;
};

}  // namespace link

void append(Bytes& out, const link::Hello& message);
void append(Bytes& out, const link::Failure& message);  // a text longer than 4096 bytes is cut off
void append(Bytes& out, const link::Welcome& message);
void append(Bytes& out, const link::Send& message);
void append(Bytes& out, const link::Open& message);
void append(Bytes& out, const link::Advance& message);
void append(Bytes& out, const link::WriteMemory& message);
void append(Bytes& out, const link::ReadMemory& message);
void append(Bytes& out, const link::SetEpoch& message);
void append(Bytes& out, const link::Observe& message);
void append(Bytes& out, const link::GetStatus& message);
void append(Bytes& out, const link::Goodbye& message);
void append(Bytes& out, const link::Received& message);
void append(Bytes& out, const link::Advanced& message);
void append(Bytes& out, const link::Progress& message);
void append(Bytes& out, const link::Memory& message);
void append(Bytes& out, const link::Epoch& message);
void append(Bytes& out, const link::Status& message);

// Without a copy of what is sent.
void append_send(Bytes& out, const EdgeAddress& edge, int color, std::uint64_t cycle,
                 std::span<const std::uint32_t> words);
void append_write(Bytes& out, std::uint32_t tile, std::uint32_t address, std::span<const std::uint8_t> bytes);

// Throws ProtocolError too when the frame is of another type.
template <typename Message>
Message from_frame(const FrameView& frame);

template <>
link::Hello from_frame(const FrameView& frame);
template <>
link::Failure from_frame(const FrameView& frame);
template <>
link::Welcome from_frame(const FrameView& frame);
template <>
link::Send from_frame(const FrameView& frame);
template <>
link::Open from_frame(const FrameView& frame);
template <>
link::Advance from_frame(const FrameView& frame);
template <>
link::WriteMemory from_frame(const FrameView& frame);
template <>
link::ReadMemory from_frame(const FrameView& frame);
template <>
link::SetEpoch from_frame(const FrameView& frame);
template <>
link::Observe from_frame(const FrameView& frame);
template <>
link::GetStatus from_frame(const FrameView& frame);
template <>
link::Goodbye from_frame(const FrameView& frame);
template <>
link::Received from_frame(const FrameView& frame);
template <>
link::Advanced from_frame(const FrameView& frame);
template <>
link::Progress from_frame(const FrameView& frame);
template <>
link::Memory from_frame(const FrameView& frame);
template <>
link::Epoch from_frame(const FrameView& frame);
template <>
link::Status from_frame(const FrameView& frame);

}  // namespace tessera
