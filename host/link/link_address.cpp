#include "host/link/link_address.h"

#include <sys/un.h>

#include <charconv>
#include <system_error>

#include "host/error/error.h"

namespace tessera {
namespace {

constexpr std::string_view kLoopback = "127.0.0.1";
constexpr size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1;

std::uint16_t parse_port(std::string_view text, std::string_view source) {
  unsigned long port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port > 65535)
    fail(ErrorKind::kConfig, "{}: port \"{}\" should be a number from 0 to 65535", source, text);
  return static_cast<std::uint16_t>(port);
}

LinkAddress parse_tcp(std::string_view rest, std::string_view source) {
  LinkAddress address;
  const size_t colon = rest.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? rest : rest.substr(colon + 1);
  std::string_view host = colon == std::string_view::npos ? kLoopback : rest.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    fail(ErrorKind::kConfig, "{}: host \"{}\" should be a name or a number, in brackets if it has colons",
         source, host);
  }
  if (host.empty())
    fail(ErrorKind::kConfig, "{}: \"tcp:{}\" names no host, should be tcp:HOST:PORT or tcp:PORT", source,
         rest);
  address.host = host == "localhost" ? kLoopback : host;
  address.port = parse_port(port, source);
  return address;
}

LinkAddress parse_unix(std::string_view path, std::string_view source) {
  if (path.empty()) fail(ErrorKind::kConfig, "{}: \"unix:\" names no file, should be unix:PATH", source);
  if (path.size() > kLongestPath)
    fail(ErrorKind::kConfig, "{}: a path of {} bytes, a socket's has at most {}", source, path.size(),
         kLongestPath);
  LinkAddress address;
  address.kind = LinkAddress::Kind::kUnix;
  address.path = path;
  return address;
}

}  // namespace

LinkAddress parse_link_address(std::string_view text, std::string_view source) {
  if (text.starts_with("tcp:")) return parse_tcp(text.substr(4), source);
  if (text.starts_with("unix:")) return parse_unix(text.substr(5), source);
  fail(ErrorKind::kConfig, "{}: \"{}\" should be tcp:PORT, tcp:HOST:PORT or unix:PATH", source, text);
}

std::string describe(const LinkAddress& address) {
  if (address.kind == LinkAddress::Kind::kUnix) return "unix:" + address.path;
  const bool brackets = address.host.find(':') != std::string::npos;
  return fmt::format("tcp:{}{}{}:{}", brackets ? "[" : "", address.host, brackets ? "]" : "", address.port);
}

}  // namespace tessera
