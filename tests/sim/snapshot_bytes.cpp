#include "tests/sim/snapshot_bytes.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <sstream>

#include "sim/snapshot.h"

namespace tessera::sim {
namespace {

constexpr size_t kHeader = 44;
constexpr size_t kTrailer = 12;

void put_crc(Bytes& file, size_t bytes) {
  const auto crc = static_cast<uint32_t>(crc32(0, file.data(), static_cast<unsigned>(bytes)));
  std::memcpy(file.data() + bytes, &crc, 4);
}

}  // namespace

Bytes bytes_of(Engine& engine, std::span<const uint8_t> host) {
  Bytes file;
  write_snapshot(engine, host, [&](std::span<const uint8_t> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
  });
  return file;
}

WaferSnapshot snapshot_of(const Bytes& file) {
  std::istringstream stream(std::string(file.begin(), file.end()));
  return read_snapshot(stream, file.size(), "file");
}

Bytes content_of(const Bytes& file) {
  Bytes content(size_t{1} << 22);
  const size_t size = ZSTD_decompress(content.data(), content.size(), file.data() + kHeader,
                                      file.size() - kHeader - kTrailer);
  EXPECT_FALSE(ZSTD_isError(size)) << ZSTD_getErrorName(size);
  content.resize(size);
  return content;
}

Bytes with_content(const Bytes& file, const Bytes& content) {
  Bytes frame(ZSTD_compressBound(content.size()));
  frame.resize(ZSTD_compress(frame.data(), frame.size(), content.data(), content.size(), 1));
  Bytes result(file.begin(), file.begin() + kHeader);
  result.insert(result.end(), frame.begin(), frame.end());
  result.resize(result.size() + kTrailer);
  return with_checksums(result);
}

Bytes with_checksums(Bytes file) {
  put_crc(file, kHeader - 4);
  const uint64_t length = file.size();
  std::memcpy(file.data() + file.size() - kTrailer, &length, 8);
  put_crc(file, file.size() - 4);
  return file;
}

std::vector<size_t> section_boundaries(const Bytes& content) {
  std::vector<size_t> boundaries = {0};
  while (boundaries.back() < content.size()) {
    uint64_t length = 0;
    std::memcpy(&length, content.data() + boundaries.back() + 4, 8);
    boundaries.push_back(boundaries.back() + 12 + length);
  }
  EXPECT_EQ(boundaries.back(), content.size());
  return boundaries;
}

}  // namespace tessera::sim
