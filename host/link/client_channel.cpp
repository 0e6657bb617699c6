#include "host/link/client_channel.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "host/error/error.h"

namespace tessera {

using boost::asio::ip::tcp;
using boost::asio::local::stream_protocol;
using boost::system::error_code;

ClientChannel::ClientChannel(const LinkAddress& address, std::chrono::milliseconds patience)
    : name_(describe(address)) {
  connect(address, patience);
}

void ClientChannel::connect(const LinkAddress& address, std::chrono::milliseconds patience) {
  const auto refuse = [&](const std::string& why) {
    fail(ErrorKind::kInput, "{}: {}, should be where tessera wafer listens", name_, why);
  };
  std::optional<error_code> done;
  if (address.kind == LinkAddress::Kind::kUnix) {
    stream_protocol::socket socket(context_);
    socket.async_connect(stream_protocol::endpoint(address.path),
                         [&](const error_code& error) { done = error; });
    if (!wait(done, patience)) refuse("no answer");
    if (*done) refuse(done->message());
    socket_ = std::move(socket);
    return;
  }
  error_code error;
  tcp::resolver resolver(context_);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::numeric_service, error);
  if (error) refuse(error.message());
  tcp::socket socket(context_);
  boost::asio::async_connect(socket, found,
                             [&](const error_code& outcome, const tcp::endpoint&) { done = outcome; });
  if (!wait(done, patience)) refuse("no answer");
  if (*done) refuse(done->message());
  socket.set_option(tcp::no_delay(true), error);
  socket.set_option(boost::asio::socket_base::keep_alive(true), error);
  socket_ = std::move(socket);
}

bool ClientChannel::wait(const std::optional<error_code>& done, std::chrono::milliseconds patience) {
  context_.restart();
  context_.run_for(patience);
  return done.has_value();
}

void ClientChannel::write(const Bytes& bytes, std::chrono::milliseconds patience) {
  if (!is_open()) lose("the connection is closed");
  std::optional<error_code> done;
  boost::asio::async_write(socket_, boost::asio::buffer(bytes),
                           [&](const error_code& error, size_t) { done = error; });
  if (!wait(done, patience)) lose(fmt::format("the wafer takes nothing for {} ms", patience.count()));
  // A wafer that has closed may have said why before.
  if (*done && *done != boost::asio::error::broken_pipe && *done != boost::asio::error::connection_reset)
    lose(done->message());
}

FrameView ClientChannel::read(std::chrono::milliseconds patience) {
  if (!is_open()) lose("the connection is closed");
  while (true) {
    try {
      if (const std::optional<FrameView> frame = decoder_.next()) return *frame;
    } catch (const ProtocolError& error) {
      lose(error.what());
    }
    std::optional<error_code> done;
    size_t bytes = 0;
    socket_.async_read_some(boost::asio::buffer(input_), [&](const error_code& error, size_t read) {
      done = error;
      bytes = read;
    });
    if (!wait(done, patience)) lose(fmt::format("the wafer is silent for {} ms", patience.count()));
    if (*done == boost::asio::error::eof) lose("the wafer has closed the connection");
    if (*done) lose(done->message());
    decoder_.add({input_.data(), bytes});
  }
}

void ClientChannel::close() {
  error_code ignored;
  socket_.close(ignored);
  // What was under way refers to its caller.
  context_.restart();
  context_.run();
}

void ClientChannel::lose(const std::string& why) {
  close();
  fail(ErrorKind::kEngine, "{}: {}", name_, why);
}

}  // namespace tessera
