#include "host/link/listener.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "host/error/error.h"

namespace tessera {
namespace {

using boost::system::error_code;

// When the process has no file descriptor left: until clients have gone.
constexpr std::chrono::milliseconds kPause{100};

// Files made while it lives are for this user only.
class OnlyForThisUser {
 public:
  OnlyForThisUser() : before_(umask(0177)) {}
  ~OnlyForThisUser() { umask(before_); }
  OnlyForThisUser(const OnlyForThisUser&) = delete;
  OnlyForThisUser& operator=(const OnlyForThisUser&) = delete;

 private:
  mode_t before_;
};

[[noreturn]] void fail_listen(const LinkAddress& address, const error_code& error) {
  fail(ErrorKind::kInput, "{}: cannot listen there: {}", describe(address), error.message());
}

std::string origin(boost::asio::ip::tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "tcp";
  LinkAddress from;
  from.host = peer.address().to_string();
  from.port = peer.port();
  return describe(from);
}

std::string origin(boost::asio::local::stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "unix";
  return fmt::format("unix, process {}", peer.pid);
}

void no_delay(boost::asio::ip::tcp::socket& socket) {
  error_code ignored;  // slower, but right without them
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
}
void no_delay(boost::asio::local::stream_protocol::socket&) {}

}  // namespace

Listener::Listener(boost::asio::io_context& context, const LinkAddress& address)
    : address_(address), pause_(context) {
  if (address.kind == LinkAddress::Kind::kTcp) {
    bind_tcp(context);
  } else {
    bind_unix(context);
  }
}

void Listener::bind_tcp(boost::asio::io_context& context) {
  error_code error;
  Tcp::resolver resolver(context);
  const auto found = resolver.resolve(address_.host, std::to_string(address_.port),
                                      Tcp::resolver::passive | Tcp::resolver::numeric_service, error);
  if (error || found.empty()) fail_listen(address_, error);
  const Tcp::endpoint endpoint = *found.begin();
  Tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(Tcp::acceptor::max_listen_connections, error);
  if (error) fail_listen(address_, error);
  address_.host = endpoint.address().to_string();
  address_.port = acceptor.local_endpoint().port();
  public_ = !endpoint.address().is_loopback();
  acceptor_ = std::move(acceptor);
}

void Listener::bind_unix(boost::asio::io_context& context) {
  const std::string& path = address_.path;
  error_code error;
  std::error_code file_error;
  const std::filesystem::file_status status = std::filesystem::symlink_status(path, file_error);
  if (std::filesystem::exists(status)) {
    if (status.type() != std::filesystem::file_type::socket)
      fail(ErrorKind::kInput, "{}: there is a file that is not a socket, should be free", describe(address_));
    Local::socket probe(context);
    probe.connect(Local::endpoint(path), error);
    if (!error) fail(ErrorKind::kInput, "{}: somebody listens there already", describe(address_));
    // Any other error may be about a socket that is in use, if only by another user.
    if (error != boost::asio::error::connection_refused) fail_listen(address_, error);
    std::filesystem::remove(path, file_error);
    error.clear();
  }
  Local::acceptor acceptor(context);
  acceptor.open(Local(), error);
  if (!error) {
    const OnlyForThisUser guard;
    acceptor.bind(Local::endpoint(path), error);
  }
  if (error) fail_listen(address_, error);
  struct stat file {};
  if (stat(path.c_str(), &file) == 0) {
    device_ = file.st_dev;
    inode_ = file.st_ino;
  }
  acceptor.listen(Local::acceptor::max_listen_connections, error);
  acceptor_ = std::move(acceptor);
  if (error) {
    close();
    fail_listen(address_, error);
  }
}

template <typename Protocol>
void Listener::accept(boost::asio::basic_socket_acceptor<Protocol>& acceptor) {
  acceptor.async_accept([this, &acceptor](const error_code& error, typename Protocol::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {
      pause_.expires_after(kPause);
      pause_.async_wait([this, &acceptor](const error_code& stopped) {
        if (!stopped) accept(acceptor);
      });
      return;
    }
    no_delay(socket);
    const std::string from = origin(socket);
    take_(LinkSocket(std::move(socket)), from);
    if (acceptor.is_open()) accept(acceptor);
  });
}

void Listener::start(std::function<void(LinkSocket, const std::string&)> take) {
  take_ = std::move(take);
  if (auto* tcp = std::get_if<Tcp::acceptor>(&acceptor_)) accept(*tcp);
  if (auto* local = std::get_if<Local::acceptor>(&acceptor_)) accept(*local);
}

void Listener::close() {
  error_code ignored;  // it is not used any more
  pause_.cancel(ignored);
  if (auto* tcp = std::get_if<Tcp::acceptor>(&acceptor_)) tcp->close(ignored);
  if (auto* local = std::get_if<Local::acceptor>(&acceptor_)) {
    local->close(ignored);
    struct stat file {};
    if (inode_ != 0 && stat(address_.path.c_str(), &file) == 0 && file.st_dev == device_ &&
        file.st_ino == inode_)
      unlink(address_.path.c_str());
    inode_ = 0;
  }
}

}  // namespace tessera
