#include "host/link/messages.h"

namespace tessera {
namespace {

constexpr std::uint8_t kFlagBackDoor = 1;
constexpr size_t kLongestText = 4096;

ByteReader open(const FrameView& frame, FrameType expected) {
  if (frame.type != expected)
    fail_protocol("{} ({}) where {} is due", frame_name(frame.type), static_cast<std::uint32_t>(frame.type),
                  frame_name(expected));
  return {frame.payload, frame_name(expected)};
}

void append_number(Bytes& out, FrameType type, std::uint64_t number) {
  FrameBuilder frame(out, type);
  put(out, number);
  frame.finish();
}

std::uint64_t only_number(const FrameView& frame, FrameType type) {
  ByteReader reader = open(frame, type);
  const auto number = reader.number<std::uint64_t>();
  reader.end();
  return number;
}

void append_empty(Bytes& out, FrameType type) { FrameBuilder(out, type).finish(); }

void expect_empty(const FrameView& frame, FrameType type) { open(frame, type).end(); }

void put_edge(Bytes& out, const EdgeAddress& edge) {
  put(out, static_cast<std::uint8_t>(edge.side));
  put(out, static_cast<std::uint32_t>(edge.row));
}

EdgeAddress take_edge(ByteReader& reader) {
  EdgeAddress edge;
  edge.side = static_cast<sim::EdgeSide>(reader.number<std::uint8_t>("side", 1));
  edge.row = static_cast<int>(reader.number<std::uint32_t>("row", kMaximumRows - 1));
  return edge;
}

int take_color(ByteReader& reader) {
  return reader.number<std::uint8_t>("color", static_cast<std::uint8_t>(rtl::kColorCount - 1));
}

void put_position(Bytes& out, TilePosition tile) {
  put(out, static_cast<std::uint16_t>(tile.x));
  put(out, static_cast<std::uint16_t>(tile.y));
}

TilePosition take_position(ByteReader& reader) {
  TilePosition tile;
  tile.x = reader.number<std::uint16_t>();
  tile.y = reader.number<std::uint16_t>();
  return tile;
}

// A count of entries of which each takes so many bytes.
std::uint32_t take_count(ByteReader& reader, size_t entry_bytes, std::string_view name) {
  return reader.number<std::uint32_t>(name, static_cast<std::uint32_t>(reader.left() / entry_bytes));
}

// Everything but the size and what is dead, which have their own fields.
std::string settings_text(const WaferConfig& config) {
  WaferConfig settings = config;
  settings.dead_tiles.clear();
  settings.dead_links.clear();
  return describe(settings);
}

}  // namespace

LinkErrorKind link_error_kind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput:
      return LinkErrorKind::kInput;
    case ErrorKind::kConfig:
      return LinkErrorKind::kConfig;
    case ErrorKind::kRequest:
      return LinkErrorKind::kRequest;
    case ErrorKind::kCapacity:
      return LinkErrorKind::kCapacity;
    case ErrorKind::kRouting:
      return LinkErrorKind::kRouting;
    case ErrorKind::kFabric:
      return LinkErrorKind::kFabric;
    case ErrorKind::kEngine:
      return LinkErrorKind::kEngine;
  }
  return LinkErrorKind::kEngine;
}

ErrorKind error_kind(LinkErrorKind kind) {
  switch (kind) {
    case LinkErrorKind::kInput:
      return ErrorKind::kInput;
    case LinkErrorKind::kConfig:
      return ErrorKind::kConfig;
    case LinkErrorKind::kRequest:
      return ErrorKind::kRequest;
    case LinkErrorKind::kCapacity:
      return ErrorKind::kCapacity;
    case LinkErrorKind::kRouting:
      return ErrorKind::kRouting;
    case LinkErrorKind::kFabric:
      return ErrorKind::kFabric;
    case LinkErrorKind::kProtocol:
    case LinkErrorKind::kVersion:
    case LinkErrorKind::kBusy:
    case LinkErrorKind::kStopping:
    case LinkErrorKind::kEngine:
      return ErrorKind::kEngine;
  }
  return ErrorKind::kEngine;
}

void append(Bytes& out, const link::Hello& message) {
  FrameBuilder frame(out, FrameType::kHello);
  put(out, kLinkMagic);
  put(out, message.lowest);
  put(out, message.highest);
  frame.finish();
}

template <>
link::Hello from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kHello);
  if (reader.number<std::uint32_t>() != kLinkMagic) fail_protocol("Hello: its magic is wrong");
  link::Hello message;
  message.lowest = reader.number<std::uint16_t>();
  message.highest = reader.number<std::uint16_t>();
  // A later version may have more to say here.
  if (message.lowest > message.highest)
    fail_protocol("Hello: versions {} to {}", message.lowest, message.highest);
  return message;
}

void append(Bytes& out, const link::Failure& message) {
  FrameBuilder frame(out, FrameType::kError);
  put(out, static_cast<std::uint32_t>(message.kind));
  put(out, message.cycle);
  put_text(out, std::string_view(message.text).substr(0, kLongestText));
  frame.finish();
}

template <>
link::Failure from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kError);
  link::Failure message;
  message.kind = static_cast<LinkErrorKind>(reader.number<std::uint32_t>());
  message.cycle = reader.number<std::uint64_t>();
  message.text = reader.text();
  reader.end();
  return message;
}

void append(Bytes& out, const link::Welcome& message) {
  FrameBuilder frame(out, FrameType::kWelcome);
  put(out, message.version);
  put(out, message.back_door ? kFlagBackDoor : std::uint8_t{0});
  put(out, message.tile_build);
  put(out, static_cast<std::uint16_t>(message.workers.ranks));
  put(out, static_cast<std::uint16_t>(message.workers.threads));
  put(out, static_cast<std::uint16_t>(message.config.columns));
  put(out, static_cast<std::uint16_t>(message.config.rows));
  put_text(out, message.engine);
  put_text(out, settings_text(message.config));
  put(out, static_cast<std::uint32_t>(message.config.dead_tiles.size()));
  for (const TilePosition tile : message.config.dead_tiles) put_position(out, tile);
  put(out, static_cast<std::uint32_t>(message.config.dead_links.size()));
  for (const LinkPosition& dead : message.config.dead_links) {
    put_position(out, dead.tile);
    put(out, static_cast<std::uint8_t>(dead.direction));
  }
  frame.finish();
}

template <>
link::Welcome from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kWelcome);
  link::Welcome message;
  message.version = reader.number<std::uint16_t>();
  message.back_door = reader.number<std::uint8_t>("flags", kFlagBackDoor) != 0;
  message.tile_build = reader.number<std::uint64_t>();
  message.workers.ranks = reader.number<std::uint16_t>();
  message.workers.threads = reader.number<std::uint16_t>();
  const int columns = reader.number<std::uint16_t>();
  const int rows = reader.number<std::uint16_t>();
  message.engine = reader.text();
  const std::string settings = reader.text();
  WaferConfig config;
  try {
    config = parse_wafer_config(settings, "settings");
    config.columns = columns;
    config.rows = rows;
    for (std::uint32_t left = take_count(reader, 4, "dead tiles"); left > 0; --left)
      config.dead_tiles.push_back(take_position(reader));
    for (std::uint32_t left = take_count(reader, 5, "dead links"); left > 0; --left) {
      LinkPosition dead;
      dead.tile = take_position(reader);
      dead.direction = static_cast<Direction>(reader.number<std::uint8_t>("direction", kDirections - 1));
      config.dead_links.push_back(dead);
    }
    validate_wafer_config(config, "wafer");
  } catch (const ProtocolError&) {
    throw;
  } catch (const Error& error) {
    fail_protocol("Welcome: {}", error.what());
  }
  reader.end();
  message.config = std::move(config);
  return message;
}

void append_send(Bytes& out, const EdgeAddress& edge, int color, std::uint64_t cycle,
                 std::span<const std::uint32_t> words) {
  FrameBuilder frame(out, FrameType::kSend);
  put_edge(out, edge);
  put(out, static_cast<std::uint8_t>(color));
  put(out, cycle);
  put_words(out, words);
  frame.finish();
}

void append(Bytes& out, const link::Send& message) {
  append_send(out, message.edge, message.color, message.cycle, message.words);
}

template <>
link::Send from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kSend);
  link::Send message;
  message.edge = take_edge(reader);
  message.color = take_color(reader);
  message.cycle = reader.number<std::uint64_t>();
  message.words = reader.words();
  if (message.words.empty()) fail_protocol("Send: a message without a word");
  return message;
}

void append(Bytes& out, const link::Open& message) {
  FrameBuilder frame(out, FrameType::kOpen);
  put_edge(out, message.edge);
  frame.finish();
}

template <>
link::Open from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kOpen);
  const link::Open message{take_edge(reader)};
  reader.end();
  return message;
}

void append(Bytes& out, const link::Advance& message) {
  append_number(out, FrameType::kAdvance, message.limit);
}

template <>
link::Advance from_frame(const FrameView& frame) {
  return {only_number(frame, FrameType::kAdvance)};
}

void append_write(Bytes& out, std::uint32_t tile, std::uint32_t address,
                  std::span<const std::uint8_t> bytes) {
  FrameBuilder frame(out, FrameType::kWriteMemory);
  put(out, tile);
  put(out, address);
  out.insert(out.end(), bytes.begin(), bytes.end());
  frame.finish();
}

void append(Bytes& out, const link::WriteMemory& message) {
  append_write(out, message.tile, message.address, message.bytes);
}

template <>
link::WriteMemory from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kWriteMemory);
  link::WriteMemory message;
  message.tile = reader.number<std::uint32_t>();
  message.address = reader.number<std::uint32_t>();
  const std::span<const std::uint8_t> bytes = reader.bytes(reader.left());
  message.bytes.assign(bytes.begin(), bytes.end());
  return message;
}

void append(Bytes& out, const link::ReadMemory& message) {
  FrameBuilder frame(out, FrameType::kReadMemory);
  put(out, message.tile);
  put(out, message.address);
  put(out, message.count);
  frame.finish();
}

template <>
link::ReadMemory from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kReadMemory);
  link::ReadMemory message;
  message.tile = reader.number<std::uint32_t>();
  message.address = reader.number<std::uint32_t>();
  message.count = reader.number<std::uint32_t>("bytes", static_cast<std::uint32_t>(kMemoryBytesLimit));
  reader.end();
  return message;
}

void append(Bytes& out, const link::SetEpoch&) { append_empty(out, FrameType::kSetEpoch); }

template <>
link::SetEpoch from_frame(const FrameView& frame) {
  expect_empty(frame, FrameType::kSetEpoch);
  return {};
}

void append(Bytes& out, const link::Observe& message) {
  FrameBuilder frame(out, FrameType::kObserve);
  put(out, static_cast<std::uint8_t>(message.on));
  frame.finish();
}

template <>
link::Observe from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kObserve);
  const link::Observe message{reader.number<std::uint8_t>("on", 1) != 0};
  reader.end();
  return message;
}

void append(Bytes& out, const link::GetStatus&) { append_empty(out, FrameType::kGetStatus); }

template <>
link::GetStatus from_frame(const FrameView& frame) {
  expect_empty(frame, FrameType::kGetStatus);
  return {};
}

void append(Bytes& out, const link::Goodbye&) { append_empty(out, FrameType::kGoodbye); }

template <>
link::Goodbye from_frame(const FrameView& frame) {
  expect_empty(frame, FrameType::kGoodbye);
  return {};
}

void append(Bytes& out, const link::Received& message) {
  FrameBuilder frame(out, FrameType::kReceived);
  put_edge(out, message.message.edge);
  put(out, static_cast<std::uint8_t>(message.message.color));
  put(out, message.message.cycle);
  put_words(out, message.message.words);
  frame.finish();
}

template <>
link::Received from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kReceived);
  link::Received message;
  message.message.edge = take_edge(reader);
  message.message.color = take_color(reader);
  message.message.cycle = reader.number<std::uint64_t>();
  message.message.words = reader.words();
  if (message.message.words.empty()) fail_protocol("Received: a message without a word");
  return message;
}

void append(Bytes& out, const link::Advanced& message) {
  FrameBuilder frame(out, FrameType::kAdvanced);
  put(out, static_cast<std::uint8_t>(message.stop));
  put(out, message.cycle);
  frame.finish();
}

template <>
link::Advanced from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kAdvanced);
  link::Advanced message;
  message.stop = static_cast<WaferPort::Stop>(
      reader.number<std::uint8_t>("stop", static_cast<std::uint8_t>(WaferPort::Stop::kQuiet)));
  message.cycle = reader.number<std::uint64_t>();
  reader.end();
  return message;
}

void append(Bytes& out, const link::Progress& message) {
  append_number(out, FrameType::kProgress, message.cycle);
}

template <>
link::Progress from_frame(const FrameView& frame) {
  return {only_number(frame, FrameType::kProgress)};
}

void append(Bytes& out, const link::Memory& message) {
  FrameBuilder frame(out, FrameType::kMemory);
  out.insert(out.end(), message.bytes.begin(), message.bytes.end());
  frame.finish();
}

template <>
link::Memory from_frame(const FrameView& frame) {
  open(frame, FrameType::kMemory);
  return {{frame.payload.begin(), frame.payload.end()}};
}

void append(Bytes& out, const link::Epoch& message) { append_number(out, FrameType::kEpoch, message.cycle); }

template <>
link::Epoch from_frame(const FrameView& frame) {
  return {only_number(frame, FrameType::kEpoch)};
}

void append(Bytes& out, const link::Status& message) {
  FrameBuilder frame(out, FrameType::kStatus);
  put(out, message.link_hash);
  put(out, message.statistics.awake_tile_cycles);
  put(out, message.statistics.simulated_cycles);
  frame.finish();
}

template <>
link::Status from_frame(const FrameView& frame) {
  ByteReader reader = open(frame, FrameType::kStatus);
  link::Status message;
  message.link_hash = reader.number<std::uint64_t>();
  message.statistics.awake_tile_cycles = reader.number<std::uint64_t>();
  message.statistics.simulated_cycles = reader.number<std::uint64_t>();
  reader.end();
  return message;
}

}  // namespace tessera
