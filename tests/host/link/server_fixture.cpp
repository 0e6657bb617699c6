#include "tests/host/link/server_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "tests/host/link/scripted_wafer.h"

namespace tessera {
namespace {

constexpr int kPatience = 20'000;  // ms; long, for machines that are busy

}  // namespace

RawClient::RawClient(const LinkAddress& address) {
  int outcome = -1;
  if (address.kind == LinkAddress::Kind::kTcp) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(address.port);
    inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
    outcome = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  } else {
    socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, address.path.c_str(), sizeof(to.sun_path) - 1);
    outcome = connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }
  EXPECT_EQ(outcome, 0) << std::strerror(errno);
}

void RawClient::send(const Bytes& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t some = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (some <= 0) return;  // what the server says to it is what counts
    sent += static_cast<size_t>(some);
  }
}

std::optional<FrameView> RawClient::hear() {
  while (true) {
    if (auto frame = decoder_.next()) return frame;
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, kPatience) != 1) {
      ADD_FAILURE() << "the server is silent";
      return {};
    }
    std::uint8_t bytes[4096];
    const ssize_t some = recv(socket_, bytes, sizeof(bytes), 0);
    if (some <= 0) return {};
    decoder_.add({bytes, static_cast<size_t>(some)});
  }
}

link::Failure RawClient::sent_away() {
  link::Failure failure = hear<link::Failure>();
  EXPECT_FALSE(hear());
  return failure;
}

void RawClient::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

ServerTest::ServerTest() {
  // Of those that are waited for in a test, which makes them shorter.
  options.times.hello = options.times.frame = options.times.write = std::chrono::milliseconds(20'000);
  options.listen.kind = LinkAddress::Kind::kTcp;
  options.listen.host = "127.0.0.1";
}

void ServerTest::start() {
  if (GetParam() == LinkAddress::Kind::kUnix) {
    options.listen.kind = LinkAddress::Kind::kUnix;
    options.listen.path = folder.file("wafer");
  }
  HostedWafer wafer;
  wafer.config.columns = 4;
  wafer.config.rows = 3;
  wafer.config.dead_tiles = {{2, 1}};
  wafer.engine = "scripted";
  wafer.power_on = [this] {
    ++powered_on;
    return std::make_unique<ScriptedWafer>(4, 3);
  };
  server_ = std::make_unique<WaferServer>(wafer, options, [this](const std::string& line) {
    const std::lock_guard lock(mutex_);
    said_.push_back(line);
  });
  address = server_->address();
  thread_ = std::thread([this] { server_->run(); });
}

void ServerTest::stop() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
  server_.reset();
}

void ServerTest::expect_healthy() {
  RemotePort port(address);
  EXPECT_EQ(port.cycle(), 0u);
  std::uint8_t byte = 0xff;
  port.read_memory(0, 16, {&byte, 1});
  EXPECT_EQ(byte, 0);
  byte = 5;
  port.write_memory(0, 16, {&byte, 1});
  const std::uint32_t words[] = {1, 2, 3};
  port.send({sim::EdgeSide::kWest, 0}, ScriptedWafer::kEcho, words, 10);
  EXPECT_EQ(port.advance(100'000), WaferPort::Stop::kReceived);
  const auto received = port.take_received();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].words, (std::vector<std::uint32_t>{1, 2, 3}));
}

void ServerTest::expect_said(const std::string& part) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatience);
  while (std::chrono::steady_clock::now() < end) {
    {
      const std::lock_guard lock(mutex_);
      for (const std::string& line : said_) {
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        if (line.find(part) != std::string::npos) return;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const std::lock_guard lock(mutex_);
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr(part)));
}

}  // namespace tessera
