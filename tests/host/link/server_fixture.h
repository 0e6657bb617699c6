// A server in a thread of the test, with a ScriptedWafer, and clients that can misbehave.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/link/messages.h"
#include "host/link/remote_port.h"
#include "host/link/wafer_server.h"
#include "tests/support/files.h"

namespace tessera {

// A socket of which every byte can be chosen.
class RawClient {
 public:
  explicit RawClient(const LinkAddress& address);
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(const Bytes& bytes);
  template <typename Message>
  void say(const Message& message) {
    Bytes bytes;
    append(bytes, message);
    send(bytes);
  }
  // The next frame; none when the server closes first. Fails the test after some seconds of silence.
  std::optional<FrameView> hear();
  // Up to a frame that is not an event, received message or sign of life.
  template <typename Message>
  Message hear() {
    while (true) {
      const std::optional<FrameView> frame = hear();
      if (!frame) throw std::runtime_error("closed");
      if (frame->type == FrameType::kEvents || frame->type == FrameType::kReceived ||
          frame->type == FrameType::kProgress)
        continue;
      return from_frame<Message>(*frame);
    }
  }
  // The error with which the server sends the client away; it closes then.
  link::Failure sent_away();
  void greet() {
    say(link::Hello{});
    hear<link::Welcome>();
  }
  void close();

 private:
  int socket_ = -1;
  FrameDecoder decoder_{kWelcomeLimit};
};

class ServerTest : public testing::TestWithParam<LinkAddress::Kind> {
 protected:
  ServerTest();
  ~ServerTest() override { stop(); }

  void start();
  void stop();

  // A new client gets a wafer on which nothing has happened, and it works.
  void expect_healthy();
  // Waits for a line that has this in it; fails the test after some seconds without.
  void expect_said(const std::string& part);

  TemporaryFolder folder;
  ServerOptions options;
  LinkAddress address;
  std::atomic<int> powered_on = 0;

 private:
  std::unique_ptr<WaferServer> server_;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> said_;
};

}  // namespace tessera
