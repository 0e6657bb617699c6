#include "host/link/connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace tessera {

using boost::system::error_code;

Connection::Connection(LinkSocket socket, const ConnectionTimes& times)
    : socket_(std::move(socket)), times_(times) {
  last_frame_ = frame_begun_ = write_begun_ = finish_begun_ = LinkClock::now();
}

void Connection::start(ConnectionHandler handler) {
  handler_ = std::move(handler);
  read();
}

void Connection::read() {
  socket_.async_read_some(boost::asio::buffer(input_),
                          [self = shared_from_this()](const error_code& error, size_t bytes) {
                            if (self->closed_) return;
                            if (error) {
                              self->lose(error == boost::asio::error::eof ? "" : error.message());
                            } else {
                              self->take(bytes);
                              if (!self->closed_) self->read();
                            }
                          });
}

void Connection::take(size_t bytes) {
  if (finishing_ || damaged_) return;
  const bool was_inside = decoder_.inside();
  decoder_.add({input_.data(), bytes});
  try {
    bool any = false;
    while (!closed_ && !finishing_) {
      const std::optional<FrameView> frame = decoder_.next();
      if (!frame) break;
      any = true;
      handler_.frame(*frame);
    }
    if (any) last_frame_ = LinkClock::now();
    if (any || !was_inside) frame_begun_ = LinkClock::now();
  } catch (const ProtocolError& error) {
    damaged_ = true;
    handler_.damaged(error.what());
  }
}

void Connection::send(Bytes& bytes) {
  if (!closed_ && !finishing_) waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
  bytes.clear();
  if (writing_.empty()) write();
}

void Connection::write() {
  if (closed_ || waiting_.empty()) return;
  writing_.swap(waiting_);
  write_begun_ = LinkClock::now();
  boost::asio::async_write(socket_, boost::asio::buffer(writing_),
                           [self = shared_from_this()](const error_code& error, size_t) {
                             if (self->closed_) return;
                             if (error) return self->lose(error.message());
                             self->writing_.clear();
                             self->write();
                             if (self->writing_.empty() && self->handler_.drained) self->handler_.drained();
                             self->shut_down_if_sent();
                           });
}

void Connection::finish() {
  if (closed_ || finishing_) return;
  finishing_ = true;
  finish_begun_ = LinkClock::now();
  shut_down_if_sent();
}

void Connection::shut_down_if_sent() {
  if (closed_ || !finishing_ || unsent() > 0) return;
  error_code ignored;  // a client that is gone already is as good
  socket_.shutdown(LinkSocket::shutdown_send, ignored);
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  error_code ignored;
  socket_.close(ignored);
}

void Connection::lose(std::string why) {
  close();
  // Later, so that whoever called this still finds everything in its place.
  boost::asio::post(socket_.get_executor(),
                    [self = shared_from_this(), why = std::move(why)] { self->handler_.closed(why); });
}

void Connection::check_times(LinkClock::time_point now) {
  if (closed_) return;
  if (!writing_.empty() && now - write_begun_ > times_.write) {
    lose(fmt::format("did not read for {} ms", times_.write.count()));
  } else if (finishing_ && now - finish_begun_ > times_.farewell && unsent() == 0) {
    lose("");
  } else if (!finishing_ && !damaged_ && decoder_.inside() && now - frame_begun_ > times_.frame) {
    lose(fmt::format("stopped in the middle of a frame for {} ms", times_.frame.count()));
  }
}

}  // namespace tessera
