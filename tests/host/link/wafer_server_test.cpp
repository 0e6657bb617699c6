// Whatever a client does, the server says in a line what happened, and the next client finds a healthy wafer.
#include "host/link/wafer_server.h"

#include <random>

#include "host/error/error.h"
#include "tests/host/link/scripted_wafer.h"
#include "tests/host/link/server_fixture.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr EdgeAddress kEdge{sim::EdgeSide::kWest, 1};

class Server : public ServerTest {};

INSTANTIATE_TEST_SUITE_P(Sockets, Server, testing::Values(LinkAddress::Kind::kTcp, LinkAddress::Kind::kUnix),
                         [](const auto& kind) {
                           return kind.param == LinkAddress::Kind::kTcp ? "Tcp" : "Unix";
                         });

TEST_P(Server, ServesOneClientAfterTheOtherEachOnAFreshWafer) {
  start();
  for (int i = 0; i < 3; ++i) expect_healthy();
  expect_said("client 3 has left in cycle 110");
  stop();
  EXPECT_EQ(powered_on, 4);
}

TEST_P(Server, AClientThatSaysNothing) {
  options.times.hello = milliseconds(100);
  start();
  RawClient silent(address);
  expect_healthy();  // it does not have the wafer
  const link::Failure failure = silent.sent_away();
  EXPECT_EQ(failure.kind, LinkErrorKind::kProtocol);
  EXPECT_THAT(failure.text, HasSubstr("no Hello for 100 ms"));
  expect_said("no Hello for 100 ms");
  expect_healthy();
}

TEST_P(Server, AClientThatGoesWithoutAWord) {
  start();
  RawClient(address).close();
  expect_said("client 1 (");
  expect_said("is gone without a Hello");
  RawClient half(address);
  half.send({8, 0, 0});
  half.close();
  expect_said("is gone in the middle of its Hello");
  expect_healthy();
}

TEST_P(Server, AnotherProtocol) {
  start();
  const std::string text = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  RawClient browser(address);
  browser.send({text.begin(), text.end()});
  EXPECT_THAT(browser.sent_away().text, HasSubstr("a frame of 542393671 bytes"));
  expect_said("542393671");
  expect_healthy();
}

TEST_P(Server, Garbage) {
  start();
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 20; ++round) {
    Bytes bytes(1 + random() % 3000);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    RawClient client(address);
    if (round % 2) client.greet();
    client.send(bytes);
    client.close();
  }
  expect_healthy();
}

TEST_P(Server, AFrameThatIsCutOff) {
  start();
  RawClient client(address);
  client.greet();
  Bytes bytes;
  append(bytes, link::Send{kEdge, 2, 0, {1, 2, 3}});
  bytes.resize(bytes.size() - 5);
  client.send(bytes);
  client.close();
  expect_said("is gone in cycle 0, in the middle of a frame");
  expect_healthy();
}

TEST_P(Server, AFrameThatDoesNotGoOn) {
  options.times.frame = milliseconds(100);
  start();
  RawClient client(address);
  client.greet();
  client.send({8, 0, 0, 0, 18});
  EXPECT_FALSE(client.hear());
  expect_said("stopped in the middle of a frame for 100 ms");
  expect_healthy();
}

TEST_P(Server, AFrameThatIsTooLong) {
  start();
  RawClient client(address);
  client.greet();
  client.send({0xff, 0xff, 0xff, 0x7f});
  const link::Failure failure = client.sent_away();
  EXPECT_EQ(failure.kind, LinkErrorKind::kProtocol);
  EXPECT_THAT(failure.text, HasSubstr("at most 1048576"));
  expect_said("2147483647 bytes");
  expect_healthy();
}

TEST_P(Server, AWrongChecksum) {
  start();
  RawClient client(address);
  client.greet();
  Bytes bytes;
  append(bytes, link::Advance{100});
  bytes.back() ^= 1;
  client.send(bytes);
  EXPECT_THAT(client.sent_away().text, HasSubstr("Advance of 8 bytes: checksum"));
  expect_said("checksum");
  expect_healthy();
}

TEST_P(Server, AnotherVersion) {
  start();
  for (const auto& [lowest, highest, welcome] :
       {std::tuple<int, int, bool>{2, 9, false}, {0, 0, false}, {1, 9, true}, {0, 1, true}}) {
    RawClient client(address);
    client.say(link::Hello{static_cast<std::uint16_t>(lowest), static_cast<std::uint16_t>(highest)});
    if (welcome) {
      EXPECT_EQ(client.hear<link::Welcome>().version, 1);
      client.say(link::Goodbye{});
      EXPECT_FALSE(client.hear());
    } else {
      const link::Failure failure = client.sent_away();
      EXPECT_EQ(failure.kind, LinkErrorKind::kVersion);
      EXPECT_THAT(failure.text, HasSubstr(fmt::format("versions {} to {}", lowest, highest)));
      EXPECT_THAT(failure.text, HasSubstr("version 1"));
    }
  }
  expect_said("versions 2 to 9");
  expect_healthy();
}

TEST_P(Server, ASecondClientIsToldAndTheFirstIsNotDisturbed) {
  start();
  RemotePort first(address);
  const std::uint32_t words[] = {4};
  first.send(kEdge, ScriptedWafer::kEcho, words, 5);
  for (int i = 0; i < 3; ++i) {
    RawClient second(address);
    second.say(link::Hello{});
    const link::Failure failure = second.sent_away();
    EXPECT_EQ(failure.kind, LinkErrorKind::kBusy);
    EXPECT_THAT(failure.text, HasSubstr("busy"));
  }
  expect_said("busy");
  try {
    RemotePort third(address);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEngine);
    EXPECT_THAT(error.what(), HasSubstr("busy"));
  }
  EXPECT_EQ(first.advance(1000), WaferPort::Stop::kReceived);
  EXPECT_EQ(powered_on, 1);
}

TEST_P(Server, AClientThatVanishesWhileTheWaferRunsForIt) {
  start();
  RawClient client(address);
  client.greet();
  client.say(link::Send{kEdge, ScriptedWafer::kEndless, 0, {1}});
  client.say(link::Advance{1ull << 60});
  RawClient witness(address);  // the server answers while the wafer runs
  witness.say(link::Hello{});
  EXPECT_EQ(witness.sent_away().kind, LinkErrorKind::kBusy);
  client.close();
  expect_said("while the wafer was running for it");
  expect_healthy();
}

TEST_P(Server, AClientThatVanishesWhileItLoads) {
  start();
  RawClient client(address);
  client.greet();
  for (int i = 0; i < 100; ++i) client.say(link::Send{kEdge, ScriptedWafer::kEcho, 10, {1, 2, 3}});
  client.say(link::WriteMemory{0, 16, {1}});
  client.close();
  expect_said("is gone in cycle 0");
  expect_healthy();
}

TEST_P(Server, AClientThatTalksWhileTheWaferRunsForIt) {
  start();
  RawClient client(address);
  client.greet();
  client.say(link::Send{kEdge, ScriptedWafer::kEndless, 0, {1}});
  client.say(link::Advance{1ull << 60});
  client.say(link::GetStatus{});
  EXPECT_THAT(client.sent_away().text, HasSubstr("GetStatus while the wafer is running"));
  expect_healthy();
}

TEST_P(Server, AClientThatSaysWhatNoClientMay) {
  start();
  const auto sent_away = [&](const auto& message, const std::string& part) {
    RawClient client(address);
    client.greet();
    client.say(message);
    const link::Failure failure = client.sent_away();
    EXPECT_EQ(failure.kind, LinkErrorKind::kProtocol);
    EXPECT_THAT(failure.text, HasSubstr(part));
    expect_said(part);
  };
  sent_away(link::Welcome{}, "Welcome");
  sent_away(link::Hello{}, "Hello");
  sent_away(link::Open{{sim::EdgeSide::kEast, 3}}, "row 3");
  sent_away(link::WriteMemory{12, 0, {1}}, "tile 12");
  RawClient first(address);
  first.say(link::Advance{5});  // before Hello
  EXPECT_THAT(first.sent_away().text, HasSubstr("Hello is due"));
  expect_healthy();
}

TEST_P(Server, AClientThatDoesNotRead) {
  options.times.write = milliseconds(200);
  start();
  RawClient client(address);
  client.greet();
  client.say(link::Observe{true});
  client.say(link::Send{kEdge, ScriptedWafer::kChatter, 0, {100'000'000, 50}});
  client.say(link::Advance{1ull << 60});
  expect_said("did not read for 200 ms");
  expect_healthy();
}

TEST_P(Server, AClientThatAsksForNothing) {
  options.times.idle = milliseconds(200);
  start();
  RawClient client(address);
  client.greet();
  EXPECT_THAT(client.sent_away().text, HasSubstr("asked for nothing for 200 ms"));
  expect_said("asked for nothing");
  expect_healthy();
}

TEST_P(Server, MoreConnectionsThanThereIsRoomFor) {
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(std::make_unique<RawClient>(address));
  RawClient one_more(address);
  EXPECT_FALSE(one_more.hear());
  expect_said("client 17");
  clients.clear();
  expect_said("client 16 (");
  expect_healthy();
}

TEST_P(Server, GivesSignsOfLife) {
  options.times.progress = milliseconds(20);
  start();
  RawClient client(address);
  client.greet();
  client.say(link::Send{kEdge, ScriptedWafer::kEndless, 0, {1}});
  client.say(link::Advance{1ull << 60});
  // The first ones may come before the first cycle is over.
  std::uint64_t last = 0;
  for (int later = 0; later < 3;) {
    const std::optional<FrameView> frame = client.hear();
    ASSERT_TRUE(frame && frame->type == FrameType::kProgress);
    const std::uint64_t cycle = from_frame<link::Progress>(*frame).cycle;
    ASSERT_GE(cycle, last);
    if (cycle > last) ++later;
    last = cycle;
  }
}

TEST_P(Server, TellsItsClientWhenItStops) {
  start();
  RawClient client(address);
  client.greet();
  client.say(link::Send{kEdge, ScriptedWafer::kEndless, 0, {1}});
  client.say(link::Advance{1ull << 60});
  std::thread stopping([&] { stop(); });
  EXPECT_EQ(client.sent_away().kind, LinkErrorKind::kStopping);
  stopping.join();
}

TEST_P(Server, OnceIsOneClientThatHadTheWafer) {
  options.once = true;
  start();
  RawClient(address).close();
  RawClient wrong(address);
  wrong.say(link::Hello{7, 7});
  wrong.sent_away();
  expect_healthy();
  expect_said("shut down: its client has left");
  stop();
}

}  // namespace
}  // namespace tessera
