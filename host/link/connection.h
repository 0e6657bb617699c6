// One client's connection at the server: a socket as a stream of frames, with a bound on everything.
//
// All of it runs in the server's one thread. A connection lives as long as its socket has something to do,
// and calls its handler from the event loop only, never from within one of its own functions.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "host/link/frame.h"
#include "host/link/link_socket.h"

namespace tessera {

using LinkClock = std::chrono::steady_clock;

struct ConnectionHandler {
  std::function<void(const FrameView&)> frame;
  std::function<void(const std::string& why)> damaged;  // no frame can be read any more; still to be closed
  std::function<void()> drained;                        // all that was sent is on its way
  std::function<void(const std::string& why)> closed;   // by the client, or for lack of progress; at the end
};

struct ConnectionTimes {
  std::chrono::milliseconds frame{10'000};    // from a frame's first byte to its last
  std::chrono::milliseconds write{30'000};    // for the client to take what was sent
  std::chrono::milliseconds farewell{2'000};  // for the client to close, after finish()
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(LinkSocket socket, const ConnectionTimes& times);

  void start(ConnectionHandler handler);
  // Of the payloads of frames that have not begun.
  void set_limit(size_t limit) { decoder_.set_limit(limit); }

  // Takes the bytes. What is sent after finish() or close() is lost.
  void send(Bytes& bytes);
  size_t unsent() const { return waiting_.size() + writing_.size(); }

  // Sends what is left, and then reads and drops what the client still says until it closes: a socket that
  // is closed with something unread in it takes back what was sent.
  void finish();
  // At once, without a call of closed().
  void close();

  // Closes the connection when one of the times is over. To be called now and then.
  void check_times(LinkClock::time_point now);

  bool inside_frame() const { return decoder_.inside(); }
  LinkClock::time_point last_frame() const { return last_frame_; }

 private:
  void read();
  void take(size_t bytes);
  void write();
  void shut_down_if_sent();
  void lose(std::string why);

  LinkSocket socket_;
  ConnectionTimes times_;
  ConnectionHandler handler_;
  FrameDecoder decoder_{kHelloLimit};
  std::array<std::uint8_t, 64 << 10> input_;
  Bytes waiting_;  // to be sent after writing_
  Bytes writing_;
  bool closed_ = false;
  bool finishing_ = false;
  bool damaged_ = false;
  LinkClock::time_point last_frame_, frame_begun_, write_begun_, finish_begun_;
};

}  // namespace tessera
