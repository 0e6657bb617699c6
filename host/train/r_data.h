// Character vectors out of R's "lazy-load" data bases, the form in which R packages carry their data: an
// index NAME.rdx (gzip) of where each variable lies in NAME.rdb, whose entries are zlib streams of R's
// serialization (format X: big-endian, version 2 or 3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera {

struct RVariable {
  std::string name;
  std::vector<std::string> lines;  // bytes as they are stored (UTF-8 or ASCII)
};

// Every variable of `stem`.rdx and `stem`.rdb, in the index's order. Throws Error(kInput) where a file is
// missing or damaged, or a variable is anything but a vector of strings.
std::vector<RVariable> read_r_data(const std::string& stem);

// The strings of one serialized character vector; `source` names it in errors.
std::vector<std::string> parse_r_strings(std::string_view serialized, std::string_view source);

// Decompresses a whole zlib or gzip stream of at most `limit` bytes.
std::string inflate_bytes(std::string_view compressed, size_t limit, std::string_view source);

}  // namespace tessera
