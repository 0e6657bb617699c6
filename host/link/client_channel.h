// The client's connection to a hosted wafer: frames, each waited for, but not for ever.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "host/link/frame.h"
#include "host/link/link_address.h"
#include "host/link/link_socket.h"

namespace tessera {

class ClientChannel {
 public:
  // Throws Error(kInput) when nobody answers there.
  ClientChannel(const LinkAddress& address, std::chrono::milliseconds patience);

  // Both throw Error(kEngine) when the connection is lost or nothing moves for so long. The channel is closed
  // then, and throws at once from then on.
  void write(const Bytes& bytes, std::chrono::milliseconds patience);
  FrameView read(std::chrono::milliseconds patience);

  void set_limit(size_t limit) { decoder_.set_limit(limit); }
  bool is_open() const { return socket_.is_open(); }
  void close();
  const std::string& name() const { return name_; }

 private:
  void connect(const LinkAddress& address, std::chrono::milliseconds patience);
  // Runs what was started until `done` holds its outcome; without one in time it is called off.
  bool wait(const std::optional<boost::system::error_code>& done, std::chrono::milliseconds patience);
  [[noreturn]] void lose(const std::string& why);

  std::string name_;
  boost::asio::io_context context_{1};
  LinkSocket socket_{context_};
  FrameDecoder decoder_{kWelcomeLimit};
  std::array<std::uint8_t, 64 << 10> input_;
};

}  // namespace tessera
