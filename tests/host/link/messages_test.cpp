#include "host/link/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_model.h"

namespace tessera {
namespace {

// The one frame in `bytes`.
FrameView only_frame(FrameDecoder& decoder, const Bytes& bytes) {
  decoder.add(bytes);
  const auto frame = decoder.next();
  EXPECT_TRUE(frame && !decoder.inside());
  return *frame;
}

template <typename Message>
Message round_trip(const Message& message) {
  Bytes bytes;
  append(bytes, message);
  FrameDecoder decoder(kWelcomeLimit);
  return from_frame<Message>(only_frame(decoder, bytes));
}

TEST(Messages, AWelcomeCarriesTheWholeWafer) {
  WaferConfig config;
  config.columns = 40;
  config.rows = 30;
  config.in_flight = 3;
  config.slots = 5;
  config.context = 77;
  config.clock_mhz = 850;
  config.seed = 12345678901234;
  config.partition.qkv = 12;
  config.partition.logits = 3;
  config.dead_links = {{{0, 4}, Direction::kWest}, {{39, 4}, Direction::kEast}};
  add_random_defects(config, 0.1, 0.05, 9);
  const link::Welcome welcome =
      round_trip(link::Welcome{1, true, 0x0123456789abcdef, {2, 7}, "tiled", config});
  EXPECT_EQ(welcome.version, 1);
  EXPECT_TRUE(welcome.back_door);
  EXPECT_EQ(welcome.tile_build, 0x0123456789abcdefu);
  EXPECT_EQ(welcome.workers.ranks, 2);
  EXPECT_EQ(welcome.workers.threads, 7);
  EXPECT_EQ(welcome.engine, "tiled");
  EXPECT_EQ(describe(welcome.config), describe(config));
}

TEST(Messages, AWaferThatCannotBeIsRefused) {
  const auto refused = [](WaferConfig config) {
    Bytes bytes;
    append(bytes, link::Welcome{1, false, 0, {}, "tiled", std::move(config)});
    FrameDecoder decoder(kWelcomeLimit);
    EXPECT_THROW(from_frame<link::Welcome>(only_frame(decoder, bytes)), ProtocolError);
  };
  WaferConfig config;
  config.columns = 0;
  refused(config);
  config.columns = 5000;
  refused(config);
  config.columns = 4;
  config.dead_tiles = {{4, 0}};
  refused(config);
  config.dead_tiles = {{1, 1}, {1, 1}};
  refused(config);
}

TEST(Messages, EverythingElse) {
  const auto hello = round_trip(link::Hello{3, 9});
  EXPECT_EQ(hello.lowest, 3);
  EXPECT_EQ(hello.highest, 9);
  const auto failure = round_trip(link::Failure{LinkErrorKind::kFabric, 99, "it hangs"});
  EXPECT_EQ(failure.kind, LinkErrorKind::kFabric);
  EXPECT_EQ(failure.cycle, 99u);
  EXPECT_EQ(failure.text, "it hangs");
  EXPECT_EQ(round_trip(link::Failure{LinkErrorKind::kFabric, 0, std::string(100'000, 'x')}).text,
            std::string(4096, 'x'));
  const EdgeAddress edge{sim::EdgeSide::kEast, 513};
  const auto send = round_trip(link::Send{edge, 15, 1ull << 50, {1, 0xffffffff}});
  EXPECT_EQ(send.edge, edge);
  EXPECT_EQ(send.color, 15);
  EXPECT_EQ(send.cycle, 1ull << 50);
  EXPECT_EQ(send.words, (std::vector<std::uint32_t>{1, 0xffffffff}));
  EXPECT_EQ(round_trip(link::Open{edge}).edge, edge);
  EXPECT_EQ(round_trip(link::Advance{~0ull}).limit, ~0ull);
  const auto write = round_trip(link::WriteMemory{7, 0x8000, {1, 2, 3}});
  EXPECT_EQ(write.tile, 7u);
  EXPECT_EQ(write.address, 0x8000u);
  EXPECT_EQ(write.bytes, (Bytes{1, 2, 3}));
  const auto read = round_trip(link::ReadMemory{7, 0x8000, 300});
  EXPECT_EQ(read.tile, 7u);
  EXPECT_EQ(read.address, 0x8000u);
  EXPECT_EQ(read.count, 300u);
  EXPECT_TRUE(round_trip(link::Observe{true}).on);
  const auto received = round_trip(link::Received{{edge, 4, 12, {5, 6, 7}}}).message;
  EXPECT_EQ(received.edge, edge);
  EXPECT_EQ(received.color, 4);
  EXPECT_EQ(received.cycle, 12u);
  EXPECT_EQ(received.words, (std::vector<std::uint32_t>{5, 6, 7}));
  const auto advanced = round_trip(link::Advanced{WaferPort::Stop::kQuiet, 8});
  EXPECT_EQ(advanced.stop, WaferPort::Stop::kQuiet);
  EXPECT_EQ(advanced.cycle, 8u);
  EXPECT_EQ(round_trip(link::Progress{9}).cycle, 9u);
  EXPECT_EQ(round_trip(link::Memory{{9, 8}}).bytes, (Bytes{9, 8}));
  EXPECT_EQ(round_trip(link::Epoch{4}).cycle, 4u);
  const auto status = round_trip(link::Status{1, {2, 3}});
  EXPECT_EQ(status.link_hash, 1u);
  EXPECT_EQ(status.statistics.awake_tile_cycles, 2u);
  EXPECT_EQ(status.statistics.simulated_cycles, 3u);
  round_trip(link::SetEpoch{});
  round_trip(link::GetStatus{});
  round_trip(link::Goodbye{});
}

TEST(Messages, EveryKindOfErrorIsTheSameAtTheOtherEnd) {
  for (const ErrorKind kind :
       {ErrorKind::kInput, ErrorKind::kConfig, ErrorKind::kRequest, ErrorKind::kCapacity, ErrorKind::kRouting,
        ErrorKind::kFabric, ErrorKind::kEngine})
    EXPECT_EQ(error_kind(link_error_kind(kind)), kind) << error_kind_name(kind);
}

TEST(Messages, WhatCannotBeIsRefused) {
  const auto refused = [](FrameType type, const Bytes& payload, auto decode) {
    try {
      decode(FrameView{type, payload});
      ADD_FAILURE() << frame_name(type);
    } catch (const ProtocolError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(frame_name(type)));
    }
  };
  refused(FrameType::kHello, {'H', 'T', 'T', 'P', 1, 0, 1, 0}, from_frame<link::Hello>);
  refused(FrameType::kHello, {0x54, 0x4c, 0x4e, 0x4b, 2, 0, 1, 0}, from_frame<link::Hello>);
  refused(FrameType::kAdvance, {1, 2, 3}, from_frame<link::Advance>);
  refused(FrameType::kAdvance, Bytes(9), from_frame<link::Advance>);
  refused(FrameType::kSetEpoch, {1}, from_frame<link::SetEpoch>);
  refused(FrameType::kObserve, {2}, from_frame<link::Observe>);
  refused(FrameType::kOpen, {2, 0, 0, 0, 0}, from_frame<link::Open>);
  refused(FrameType::kOpen, {0, 0, 0x10, 0, 0}, from_frame<link::Open>);
  refused(FrameType::kSend, Bytes(14), from_frame<link::Send>);  // no word
  refused(FrameType::kSend, Bytes(17), from_frame<link::Send>);  // three quarters of one
  refused(FrameType::kReadMemory, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, from_frame<link::ReadMemory>);
  refused(FrameType::kAdvanced, {3, 0, 0, 0, 0, 0, 0, 0, 0}, from_frame<link::Advanced>);
  EXPECT_THROW(from_frame<link::Advance>({FrameType::kOpen, Bytes(8)}), ProtocolError);
}

// A payload is refused, or is exactly what its message would be written as.
template <typename Message>
void fuzz(FrameType type, std::mt19937_64& random, const Bytes& model) {
  int taken = 0;
  for (int round = 0; round < 1000; ++round) {
    Bytes payload = model;
    for (int changes = static_cast<int>(random() % 3); changes > 0 && !payload.empty(); --changes)
      payload[random() % payload.size()] = static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) payload.resize(random() % (payload.size() + 8));
    Bytes again;
    try {
      append(again, from_frame<Message>({type, payload}));
      ++taken;
    } catch (const ProtocolError&) {
      continue;
    }
    EXPECT_EQ(Bytes(again.begin() + kFrameHeaderBytes, again.end()), payload) << frame_name(type);
  }
  EXPECT_GT(taken, 100) << frame_name(type);
}

template <typename Message>
Bytes payload_of(const Message& message) {
  Bytes bytes;
  append(bytes, message);
  return {bytes.begin() + kFrameHeaderBytes, bytes.end()};
}

TEST(Messages, DamagedPayloadsAreRefusedOrMeanWhatTheySay) {
  std::mt19937_64 random(test_seed());
  const EdgeAddress edge{sim::EdgeSide::kWest, 3};
  fuzz<link::Failure>(FrameType::kError, random, payload_of(link::Failure{LinkErrorKind::kBusy, 1, "abc"}));
  fuzz<link::Send>(FrameType::kSend, random, payload_of(link::Send{edge, 3, 5, {1, 2, 3}}));
  fuzz<link::Open>(FrameType::kOpen, random, payload_of(link::Open{edge}));
  fuzz<link::Advance>(FrameType::kAdvance, random, payload_of(link::Advance{1000}));
  fuzz<link::WriteMemory>(FrameType::kWriteMemory, random, payload_of(link::WriteMemory{1, 2, {3, 4}}));
  fuzz<link::ReadMemory>(FrameType::kReadMemory, random, payload_of(link::ReadMemory{1, 2, 3}));
  fuzz<link::Observe>(FrameType::kObserve, random, payload_of(link::Observe{true}));
  fuzz<link::Received>(FrameType::kReceived, random, payload_of(link::Received{{edge, 4, 12, {5, 6}}}));
  fuzz<link::Advanced>(FrameType::kAdvanced, random,
                       payload_of(link::Advanced{WaferPort::Stop::kReceived, 8}));
  fuzz<link::Status>(FrameType::kStatus, random, payload_of(link::Status{1, {2, 3}}));
}

TEST(Messages, DamagedWelcomesNeverDoHarm) {
  std::mt19937_64 random(test_seed());
  WaferConfig config;
  config.dead_tiles = {{1, 2}, {3, 4}};
  config.dead_links = {{{5, 5}, Direction::kEast}};
  const Bytes model = payload_of(link::Welcome{1, true, 5, {}, "tiled", config});
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    Bytes payload = model;
    payload[random() % payload.size()] = static_cast<std::uint8_t>(random());
    if (round % 5 == 0) payload.resize(random() % payload.size());
    try {
      validate_wafer_config(from_frame<link::Welcome>({FrameType::kWelcome, payload}).config, "wafer");
    } catch (const ProtocolError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace tessera
