// The client: the same as a wafer in this process, and one line when the other end is not what it should be.
#include "host/link/remote_port.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "host/error/error.h"
#include "host/link/events.h"
#include "sim/tile_state.h"
#include "tests/host/link/recorder.h"
#include "tests/host/link/scripted_wafer.h"
#include "tests/host/link/server_fixture.h"

namespace tessera {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr EdgeAddress kEdge{sim::EdgeSide::kWest, 1};

template <typename Act>
void expect_error(ErrorKind kind, const std::string& part, const Act& act) {
  try {
    act();
    ADD_FAILURE() << "no error: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

class Remote : public ServerTest {};

INSTANTIATE_TEST_SUITE_P(Sockets, Remote, testing::Values(LinkAddress::Kind::kTcp, LinkAddress::Kind::kUnix),
                         [](const auto& kind) {
                           return kind.param == LinkAddress::Kind::kTcp ? "Tcp" : "Unix";
                         });

TEST_P(Remote, TakesTheWaferFromTheHost) {
  start();
  const RemotePort port(address);
  EXPECT_EQ(port.engine(), "scripted");
  EXPECT_EQ(port.shape().columns, 4);
  EXPECT_EQ(port.shape().rows, 3);
  EXPECT_FALSE(port.shape().alive(port.shape().index(2, 1)));
  EXPECT_EQ(port.config().dead_tiles, (std::vector<TilePosition>{{2, 1}}));
  EXPECT_TRUE(port.has_back_door());
  EXPECT_EQ(port.workers().ranks, 3);
  EXPECT_EQ(port.workers().threads, 5);
  EXPECT_EQ(port.cycle(), 0u);
}

TEST_P(Remote, ObserverStatisticsAndEpochAreThoseOfTheWafer) {
  start();
  RemotePort port(address);
  ScriptedWafer direct(4, 3);
  Recorder seen, expected;
  for (WaferPort* wafer : {static_cast<WaferPort*>(&port), static_cast<WaferPort*>(&direct)}) {
    wafer->open(kEdge);
    wafer->set_observer(wafer == &port ? &seen : &expected);
    const std::uint32_t words[] = {20'000, 4};
    wafer->send(kEdge, ScriptedWafer::kChatter, words, 3);
    wafer->send(kEdge, ScriptedWafer::kEcho, words, 7'000);
    EXPECT_EQ(wafer->advance(5'000), WaferPort::Stop::kLimit);
    EXPECT_EQ(wafer->cycle(), 5'000u);
    EXPECT_EQ(wafer->advance(50'000), WaferPort::Stop::kReceived);
    EXPECT_EQ(wafer->cycle(), 7'100u);
    EXPECT_EQ(wafer->take_received().size(), 1u);
    EXPECT_TRUE(wafer->take_received().empty());
    wafer->set_observer(nullptr);
    EXPECT_EQ(wafer->advance(50'000), WaferPort::Stop::kQuiet);
  }
  EXPECT_EQ(seen.events, expected.events);
  EXPECT_GT(seen.events.size(), 20'000u);
  EXPECT_EQ(port.link_hash(), direct.link_hash());
  EXPECT_EQ(port.statistics().awake_tile_cycles, direct.statistics().awake_tile_cycles);
  EXPECT_EQ(port.statistics().simulated_cycles, direct.statistics().simulated_cycles);
  port.set_epoch();
  EXPECT_EQ(port.cycle(), 0u);
}

TEST_P(Remote, MemoriesOfAnySizeGoThroughTheBackDoor) {
  start();
  RemotePort port(address);
  std::vector<std::uint8_t> bytes((1 << 21) + 12345), back(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  port.write_memory(3, 64, bytes);
  port.read_memory(3, 64, back);
  EXPECT_EQ(back, bytes);
}

TEST_P(Remote, ErrorsAreTheWafersAndItGoesOn) {
  start();
  RemotePort port(address);
  const std::uint32_t words[] = {1};
  port.send(kEdge, ScriptedWafer::kBreak, words, 300);
  expect_error(ErrorKind::kFabric, ScriptedWafer::kBroken, [&] { port.advance(1000); });
  EXPECT_EQ(port.cycle(), 300u);
  port.send(kEdge, ScriptedWafer::kEcho, words, 900);
  expect_error(ErrorKind::kEngine, "something moves", [&] { port.set_epoch(); });
  EXPECT_EQ(port.advance(5000), WaferPort::Stop::kReceived);
  expect_error(ErrorKind::kEngine, "past", [&] { port.send(kEdge, 2, words, 10); });
  expect_error(ErrorKind::kEngine, "row 3", [&] { port.open({sim::EdgeSide::kWest, 3}); });
  const std::uint8_t byte = 1;
  port.write_memory(0, ScriptedWafer::kMemoryBytes, {&byte, 1});
  expect_error(ErrorKind::kEngine, "no memory", [&] { port.link_hash(); });
  EXPECT_EQ(port.advance(5000), WaferPort::Stop::kQuiet);
}

TEST_P(Remote, WhenTheHostStopsTheRunEndsWithALine) {
  start();
  RemotePort port(address);
  const std::uint32_t words[] = {1};
  port.send(kEdge, ScriptedWafer::kEndless, words, 0);
  std::thread stopping([&] { stop(); });
  expect_error(ErrorKind::kEngine, "shut down", [&] { port.advance(1ull << 60); });
  stopping.join();
  expect_error(ErrorKind::kEngine, "closed", [&] { port.advance(1ull << 60); });
}

TEST_P(Remote, ALongRunIsNotTakenForADeadHost) {
  options.times.progress = milliseconds(20);
  start();
  ClientTimes times;
  times.silence = milliseconds(1'000);
  RemotePort port(address, times);
  const std::uint32_t words[] = {1};
  port.send(kEdge, ScriptedWafer::kEndless, words, 0);
  EXPECT_EQ(port.advance(40'000), WaferPort::Stop::kLimit);  // of 20 us at least, each
}

TEST(RemotePort, NobodyListening) {
  // A port that was free a moment ago.
  boost::asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  LinkAddress address;
  address.host = "127.0.0.1";
  address.port = acceptor.local_endpoint().port();
  acceptor.close();
  expect_error(ErrorKind::kInput, describe(address), [&] { RemotePort port(address); });
  LinkAddress file;
  file.kind = LinkAddress::Kind::kUnix;
  file.path = "/nowhere/wafer";
  expect_error(ErrorKind::kInput, "unix:/nowhere/wafer", [&] { RemotePort port(file); });
}

// A host that takes a Hello, says `bytes` and closes, or stays silent.
class FakeHost {
 public:
  FakeHost(Bytes bytes, bool closes)
      : acceptor_(context_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        thread_([this, bytes = std::move(bytes), closes] { serve(bytes, closes); }) {}
  ~FakeHost() { thread_.join(); }

  LinkAddress address() const {
    LinkAddress address;
    address.host = "127.0.0.1";
    address.port = acceptor_.local_endpoint().port();
    return address;
  }

 private:
  void serve(const Bytes& bytes, bool closes) {
    tcp::socket socket = acceptor_.accept();
    boost::system::error_code ignored;
    std::array<std::uint8_t, kFrameHeaderBytes + 8> hello;
    boost::asio::read(socket, boost::asio::buffer(hello), ignored);
    boost::asio::write(socket, boost::asio::buffer(bytes), ignored);
    if (closes) socket.shutdown(tcp::socket::shutdown_send, ignored);
    std::array<std::uint8_t, 4096> rest;
    while (!ignored) socket.read_some(boost::asio::buffer(rest), ignored);  // until the client closes
  }

  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

Bytes welcome(const link::Welcome& message) {
  Bytes bytes;
  append(bytes, message);
  return bytes;
}

TEST(RemotePort, HostsThatAreNotWhatTheyShouldBe) {
  ClientTimes times;
  times.silence = milliseconds(300);
  const auto refused = [&](const Bytes& bytes, bool closes, const std::string& part) {
    const FakeHost host(bytes, closes);
    expect_error(ErrorKind::kEngine, part, [&] { RemotePort port(host.address(), times); });
  };
  const link::Welcome good{kLinkVersion, true, sim::tile_source_hash(), {}, "tiled", {}};
  link::Welcome other = good;
  other.tile_build ^= 1;
  refused(welcome(other), false, "same sources");
  other = good;
  other.version = 2;
  refused(welcome(other), false, "version 2");
  refused({}, false, "silent for 300 ms");
  refused({}, true, "closed the connection");
  Bytes half = welcome(good);
  half.resize(half.size() / 2);
  refused(half, true, "closed the connection");
  Bytes damaged = welcome(good);
  damaged[40] ^= 4;
  refused(damaged, false, "checksum");
  refused({'S', 'S', 'H', '-', '2', '.', '0'}, false, "a frame of");
  Bytes status;
  append(status, link::Status{});
  refused(status, false, "Status");
}

TEST(RemotePort, AHostThatDiesInTheMiddleOfAnAnswer) {
  Bytes bytes = welcome({kLinkVersion, true, sim::tile_source_hash(), {}, "tiled", {}});
  append(bytes, link::Received{{kEdge, 4, 1, {5}}});
  const FakeHost host(bytes, true);
  RemotePort port(host.address());
  expect_error(ErrorKind::kEngine, "closed the connection", [&] { port.advance(10); });
  expect_error(ErrorKind::kEngine, "closed", [&] { port.advance(10); });
}

TEST(RemotePort, AnObserverThatThrowsBreaksTheConnection) {
  class Throwing final : public sim::EngineObserver {
    void on_sent(int, std::uint64_t, const sim::Wavelet&) override { throw std::logic_error("enough"); }
  } observer;
  Bytes bytes = welcome({kLinkVersion, true, sim::tile_source_hash(), {}, "tiled", {}});
  EventPacker packer;
  packer.on_sent(1, 2, {3, false, 4});
  packer.take(bytes);
  const FakeHost host(bytes, false);
  RemotePort port(host.address());
  port.set_observer(&observer);
  EXPECT_THROW(port.advance(10), std::logic_error);
  expect_error(ErrorKind::kEngine, "closed", [&] { port.advance(10); });
}

}  // namespace
}  // namespace tessera
