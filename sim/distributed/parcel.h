// What one rank tells another: values and lists of plain structs, one after the other. All ranks run the same
// program, so that what was put can be got in the same order and form.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/error/error.h"

namespace tessera::sim {

class Parcel {
 public:
  Parcel() = default;
  explicit Parcel(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}

  template <typename T>
  void put(const T& value) {
    put_list<T>({&value, 1}, false);
  }
  template <typename T>
  void put_list(std::span<const T> values, bool with_length = true) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (with_length) put<uint64_t>(values.size());
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    bytes_.insert(bytes_.end(), bytes, bytes + values.size_bytes());
  }
  void put_text(std::string_view text) { put_list<char>(text); }

  void append(const Parcel& other) { put_list<uint8_t>(other.bytes_, false); }

  template <typename T>
  T get() {
    T value;
    take(&value, sizeof value);
    return value;
  }
  template <typename T>
  std::vector<T> get_list() {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto count = get<uint64_t>();
    if (count > (bytes_.size() - taken_) / sizeof(T)) too_short();
    std::vector<T> values(count);
    take(values.data(), count * sizeof(T));
    return values;
  }
  std::string get_text() {
    const std::vector<char> letters = get_list<char>();
    return {letters.begin(), letters.end()};
  }

  const std::vector<uint8_t>& bytes() const { return bytes_; }
  bool empty() const { return taken_ == bytes_.size(); }  // all was taken

 private:
  [[noreturn]] static void too_short() {
    fail(ErrorKind::kEngine, "distributed engine: a message ends too early");
  }
  void take(void* to, size_t size) {
    if (size > bytes_.size() - taken_) too_short();
    if (size != 0) std::memcpy(to, bytes_.data() + taken_, size);
    taken_ += size;
  }

  std::vector<uint8_t> bytes_;
  size_t taken_ = 0;
};

}  // namespace tessera::sim
