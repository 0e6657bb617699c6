// An array that begins as zeros and takes memory only where it was written: what a wafer of a million tiles
// keeps for each of them, of which a program touches a few hundred. What it touches lies far apart, a page
// each at worst: so arrays that are not small ask for huge pages, of which a core's TLB holds enough.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>

#include "sim/zero_pages.h"

namespace tessera::sim {

template <typename T>
class ZeroedArray {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  // All zero bits must be the T that T{} is. Throws std::bad_alloc.
  explicit ZeroedArray(size_t size) : size_(size) {
    const size_t bytes = size * sizeof(T);
    bytes_ = bytes >= kWorthHugePages ? (bytes + kHugePage - 1) / kHugePage * kHugePage : bytes;
    data_ = static_cast<T*>(map_zeros(bytes_));
  }
  ~ZeroedArray() { munmap(data_, bytes_); }
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;

  // Zeros again, and the memory is given back.
  void clear() {
    if (madvise(data_, bytes_, MADV_DONTNEED) != 0) throw std::bad_alloc();
  }

  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kWorthHugePages = kHugePage / 4;  // bytes: less lies on few pages as it is

  size_t size_;
  size_t bytes_;
  T* data_;
};

}  // namespace tessera::sim
