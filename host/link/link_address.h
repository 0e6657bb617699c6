// Where a wafer is hosted: an address of TCP, or a socket in the file system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera {

struct LinkAddress {
  enum class Kind { kTcp, kUnix };
  Kind kind = Kind::kTcp;
  std::string host;  // of TCP: a name or a number, without brackets
  std::uint16_t port = 0;
  std::string path;  // of the socket
};

// "tcp:PORT", "tcp:HOST:PORT", "tcp:[::1]:PORT" or "unix:PATH". Without a host, and for "localhost", it is
// 127.0.0.1. `source` begins the error's text. Throws Error(kConfig).
LinkAddress parse_link_address(std::string_view text, std::string_view source);

// As parse_link_address() takes it.
std::string describe(const LinkAddress& address);

}  // namespace tessera
