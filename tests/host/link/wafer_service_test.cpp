#include "host/link/wafer_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/host/link/recorder.h"
#include "tests/host/link/scripted_wafer.h"

namespace tessera {
namespace {

using testing::HasSubstr;

constexpr EdgeAddress kEdge{sim::EdgeSide::kWest, 1};

class Service : public testing::Test {
 protected:
  template <typename Message>
  void say(const Message& message) {
    Bytes bytes;
    append(bytes, message);
    FrameDecoder decoder(kFrameLimit);
    decoder.add(bytes);
    Bytes out;
    service.handle(*decoder.next(), out);
    while (service.running()) {
      service.run_slice(out);
      ++slices;
    }
    answers.add(out);
  }
  template <typename Message>
  Message hear() {
    const auto frame = answers.next();
    if (!frame) throw std::runtime_error("no answer");
    return from_frame<Message>(*frame);
  }
  bool silent() { return !answers.next(); }

  ScriptedWafer wafer{4, 3};
  WaferService service{wafer};
  FrameDecoder answers{kFrameLimit};
  int slices = 0;
};

TEST_F(Service, SendsAndReceives) {
  say(link::Open{kEdge});
  say(link::Send{kEdge, ScriptedWafer::kEcho, 5000, {7, 8}});
  EXPECT_TRUE(silent());
  say(link::Advance{1'000'000});
  const ReceivedMessage message = hear<link::Received>().message;
  EXPECT_EQ(message.words, (std::vector<std::uint32_t>{7, 8}));
  EXPECT_EQ(message.cycle, 5100u);
  const auto advanced = hear<link::Advanced>();
  EXPECT_EQ(advanced.stop, WaferPort::Stop::kReceived);
  EXPECT_EQ(advanced.cycle, 5100u);
  EXPECT_GT(slices, 4);  // between which a lost client is noticed
  say(link::Advance{1'000'000});
  EXPECT_EQ(hear<link::Advanced>().stop, WaferPort::Stop::kQuiet);
  say(link::GetStatus{});
  const auto status = hear<link::Status>();
  EXPECT_EQ(status.link_hash, wafer.link_hash());
  EXPECT_EQ(status.statistics.awake_tile_cycles, 7 * 5100u);
  say(link::SetEpoch{});
  EXPECT_EQ(hear<link::Epoch>().cycle, 0u);
  EXPECT_TRUE(silent());
}

TEST_F(Service, StopsAtTheLimit) {
  say(link::Send{kEdge, ScriptedWafer::kEcho, 5000, {7}});
  say(link::Advance{4000});
  const auto advanced = hear<link::Advanced>();
  EXPECT_EQ(advanced.stop, WaferPort::Stop::kLimit);
  EXPECT_EQ(advanced.cycle, 4000u);
}

TEST_F(Service, ShowsEventsOnlyWhileTheyAreAskedFor) {
  const link::Send chatter{kEdge, ScriptedWafer::kChatter, 0, {2500, 3}};
  say(chatter);
  say(link::Advance{5000});
  EXPECT_EQ(hear<link::Advanced>().stop, WaferPort::Stop::kQuiet);  // and nothing else

  say(link::SetEpoch{});
  hear<link::Epoch>();
  say(link::Observe{true});
  say(chatter);
  say(link::Advance{5000});
  Recorder recorder;
  std::optional<FrameView> frame = answers.next();
  for (; frame && frame->type == FrameType::kEvents; frame = answers.next())
    unpack_events(frame->payload, 12, recorder);
  ASSERT_TRUE(frame && frame->type == FrameType::kAdvanced);

  ScriptedWafer direct(4, 3);
  Recorder expected;
  direct.set_observer(&expected);
  direct.send(kEdge, ScriptedWafer::kChatter, chatter.words, 0);
  direct.advance(5000);
  EXPECT_EQ(recorder.events, expected.events);
  EXPECT_GT(expected.events.size(), 7000u);
}

TEST_F(Service, ErrorsOfTheWaferAreTypedAndItGoesOn) {
  say(link::Send{kEdge, ScriptedWafer::kBreak, 300, {1}});
  say(link::Advance{1000});
  const auto failure = hear<link::Failure>();
  EXPECT_EQ(failure.kind, LinkErrorKind::kFabric);
  EXPECT_EQ(failure.text, ScriptedWafer::kBroken);
  EXPECT_EQ(failure.cycle, 300u);
  say(link::Advance{1000});
  EXPECT_EQ(hear<link::Advanced>().stop, WaferPort::Stop::kQuiet);
}

TEST_F(Service, WhatFailsWithoutAnAnswerFailsTheNextRequestThatHasOne) {
  say(link::WriteMemory{0, ScriptedWafer::kMemoryBytes, {1}});
  say(link::WriteMemory{0, 16, {2}});
  EXPECT_TRUE(silent());
  say(link::Advance{1000});
  const auto failure = hear<link::Failure>();
  EXPECT_EQ(failure.kind, LinkErrorKind::kEngine);
  EXPECT_THAT(failure.text, HasSubstr("no memory"));
  EXPECT_TRUE(silent());
  EXPECT_EQ(wafer.cycle(), 0u);
  say(link::ReadMemory{0, 16, 2});
  EXPECT_EQ(hear<link::Memory>().bytes, (Bytes{2, 0}));
  say(link::ReadMemory{0, ScriptedWafer::kMemoryBytes, 2});
  EXPECT_EQ(hear<link::Failure>().kind, LinkErrorKind::kEngine);
}

TEST_F(Service, WhatAClientMayNotSay) {
  EXPECT_THROW(say(link::Hello{}), ProtocolError);
  EXPECT_THROW(say(link::Advanced{}), ProtocolError);
  EXPECT_THROW(say(link::Open{{sim::EdgeSide::kEast, 3}}), ProtocolError);
  EXPECT_THROW(say(link::Send{{sim::EdgeSide::kEast, 3}, 2, 0, {1}}), ProtocolError);
  EXPECT_THROW(say(link::WriteMemory{12, 0, {1}}), ProtocolError);
  EXPECT_THROW(say(link::ReadMemory{0xffffffff, 0, 1}), ProtocolError);
  Bytes out;
  EXPECT_THROW(service.handle({static_cast<FrameType>(99), {}}, out), ProtocolError);
  EXPECT_TRUE(out.empty());
  // The wafer has not noticed.
  say(link::Advance{1000});
  EXPECT_EQ(hear<link::Advanced>().stop, WaferPort::Stop::kQuiet);
}

TEST_F(Service, NothingIsSaidWhileTheWaferRuns) {
  Bytes bytes;
  append(bytes, link::Send{kEdge, ScriptedWafer::kEndless, 0, {1}});
  append(bytes, link::Advance{1'000'000});
  append(bytes, link::GetStatus{});
  FrameDecoder decoder(kFrameLimit);
  decoder.add(bytes);
  Bytes out;
  service.handle(*decoder.next(), out);
  service.handle(*decoder.next(), out);
  EXPECT_TRUE(service.running());
  EXPECT_THROW(service.handle(*decoder.next(), out), ProtocolError);
}

TEST_F(Service, WhatIsQueuedIsBounded) {
  const link::Send large{kEdge, ScriptedWafer::kEcho, 1'000'000'000,
                         std::vector<std::uint32_t>(kMessageWordsLimit)};
  Bytes bytes;
  append(bytes, large);
  FrameDecoder decoder(kFrameLimit);
  decoder.add(bytes);
  const FrameView frame = *decoder.next();
  Bytes out;
  for (int i = 0; i < 64; ++i) service.handle(frame, out);
  EXPECT_THROW(service.handle(frame, out), ProtocolError);
}

}  // namespace
}  // namespace tessera
