// Integers and bytes to and from a buffer, little-endian, without padding.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace tessera::sim {

static_assert(std::endian::native == std::endian::little);

class ByteWriter {
 public:
  template <std::unsigned_integral T>
  void put(T value) {
    put_bytes({reinterpret_cast<const uint8_t*>(&value), sizeof value});
  }
  void put_bytes(std::span<const uint8_t> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  // The length, then the bytes.
  void put_sized(std::span<const uint8_t> bytes) {
    put<uint64_t>(bytes.size());
    put_bytes(bytes);
  }

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

// Every get throws Error(kInput), beginning with `name`, where the bytes do not reach so far.
class ByteReader {
 public:
  // `bytes` have to outlive the reader.
  ByteReader(std::span<const uint8_t> bytes, std::string name) : left_(bytes), name_(std::move(name)) {}

  template <std::unsigned_integral T>
  T get() {
    T value;
    std::memcpy(&value, get_bytes(sizeof value).data(), sizeof value);
    return value;
  }
  std::span<const uint8_t> get_bytes(uint64_t count) {
    if (count > left_.size())
      fail(ErrorKind::kInput, "{}: ends {} bytes too early", name_, count - left_.size());
    const auto bytes = left_.first(count);
    left_ = left_.subspan(count);
    return bytes;
  }
  std::vector<uint8_t> get_rest() {
    const auto bytes = get_bytes(left_.size());
    return {bytes.begin(), bytes.end()};
  }
  std::span<const uint8_t> get_sized() { return get_bytes(get<uint64_t>()); }
  // An integer that has to be below a limit.
  template <std::unsigned_integral T>
  T get_below(uint64_t limit, const char* what) {
    const T value = get<T>();
    if (value >= limit) fail(ErrorKind::kInput, "{}: {} {}, should be below {}", name_, what, value, limit);
    return value;
  }
  // How many things of at least `bytes` each follow. So never more than there is room for.
  uint64_t get_count(uint64_t bytes) {
    const auto count = get<uint64_t>();
    if (count > left_.size() / bytes)
      fail(ErrorKind::kInput, "{}: {} entries of {} bytes in the last {} bytes", name_, count, bytes,
           left_.size());
    return count;
  }
  // Throws unless all was read.
  void finish() const {
    if (!left_.empty()) fail(ErrorKind::kInput, "{}: {} bytes too many", name_, left_.size());
  }

  const std::string& name() const { return name_; }

 private:
  std::span<const uint8_t> left_;
  std::string name_;
};

}  // namespace tessera::sim
