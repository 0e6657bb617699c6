// Numbers as bytes, little-endian, and back. What is read is bounded by what is there.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/error/error.h"

namespace tessera {

using Bytes = std::vector<std::uint8_t>;

// What came over the link is not the link's language: damaged, cut off, out of range or out of turn.
class ProtocolError : public Error {
 public:
  explicit ProtocolError(const std::string& message) : Error(ErrorKind::kInput, message) {}
};

template <typename... Args>
[[noreturn]] void fail_protocol(fmt::format_string<Args...> format, Args&&... args) {
  throw ProtocolError(fmt::format(format, std::forward<Args>(args)...));
}

template <std::unsigned_integral Number>
void put(Bytes& out, Number number) {
  for (size_t i = 0; i < sizeof(Number); ++i)
    out.push_back(static_cast<std::uint8_t>(std::uint64_t{number} >> 8 * i));
}

inline void put_words(Bytes& out, std::span<const std::uint32_t> words) {
  for (const std::uint32_t word : words) put(out, word);
}

// 7 bits a byte, low ones first; all bytes but the last have their highest bit set.
inline void put_varint(Bytes& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
}

// Small numbers of either sign become small ones: 0, -1, 1, -2, ... are 0, 1, 2, 3, ...
constexpr std::uint64_t zigzag(std::int64_t number) {
  return static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t number) {
  return static_cast<std::int64_t>(number >> 1 ^ (~(number & 1) + 1));
}

// A length of 16 bits, then the text.
inline void put_text(Bytes& out, std::string_view text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

// Throws ProtocolError, naming `what` is read, when bytes are missing or left over.
class ByteReader {
 public:
  ByteReader(std::span<const std::uint8_t> bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  size_t left() const { return bytes_.size(); }

  template <std::unsigned_integral Number>
  Number number() {
    const std::span<const std::uint8_t> from = bytes(sizeof(Number));
    std::uint64_t value = 0;
    for (size_t i = 0; i < sizeof(Number); ++i) value |= std::uint64_t{from[i]} << 8 * i;
    return static_cast<Number>(value);
  }

  // Throws also unless the number is at most `greatest`.
  template <std::unsigned_integral Number>
  Number number(std::string_view name, Number greatest) {
    const Number value = number<Number>();
    if (value > greatest) fail_protocol("{}: {} is {}, should be at most {}", what_, name, value, greatest);
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = number<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    fail_protocol("{}: a number of more than 64 bits", what_);
  }

  std::span<const std::uint8_t> bytes(size_t count) {
    if (count > bytes_.size())
      fail_protocol("{}: {} bytes are missing at its end", what_, count - bytes_.size());
    const std::span<const std::uint8_t> taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  // All that is left, in whole words.
  std::vector<std::uint32_t> words() {
    if (bytes_.size() % 4 != 0) fail_protocol("{}: words of {} bytes", what_, bytes_.size());
    std::vector<std::uint32_t> words(bytes_.size() / 4);
    for (std::uint32_t& word : words) word = number<std::uint32_t>();
    return words;
  }

  std::string text() {
    const std::span<const std::uint8_t> from = bytes(number<std::uint16_t>());
    return {from.begin(), from.end()};
  }

  void end() const {
    if (!bytes_.empty()) fail_protocol("{}: {} bytes too many", what_, bytes_.size());
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::string_view what_;
};

}  // namespace tessera
