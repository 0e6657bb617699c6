// Where the server's clients come in.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <variant>

#include "host/link/link_address.h"
#include "host/link/link_socket.h"

namespace tessera {

class Listener {
 public:
  // Binds. A socket file that nobody listens on any more is replaced; the new one is for this user only.
  // Throws Error(kInput) when the address is taken, is not one of this machine's, or cannot be had.
  Listener(boost::asio::io_context& context, const LinkAddress& address);
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // With the port that was taken.
  const LinkAddress& address() const { return address_; }
  // Other machines can reach it.
  bool is_public() const { return public_; }

  // Calls `take(socket, where it comes from)` for every connection, until close().
  void start(std::function<void(LinkSocket, const std::string&)> take);
  // Removes the socket file, if it is still this listener's.
  void close();

 private:
  using Tcp = boost::asio::ip::tcp;
  using Local = boost::asio::local::stream_protocol;

  void bind_tcp(boost::asio::io_context& context);
  void bind_unix(boost::asio::io_context& context);
  template <typename Protocol>
  void accept(boost::asio::basic_socket_acceptor<Protocol>& acceptor);

  LinkAddress address_;
  bool public_ = false;
  std::variant<std::monostate, Tcp::acceptor, Local::acceptor> acceptor_;
  std::uint64_t device_ = 0, inode_ = 0;  // of the socket file
  std::function<void(LinkSocket, const std::string&)> take_;
  boost::asio::steady_timer pause_;
};

}  // namespace tessera
