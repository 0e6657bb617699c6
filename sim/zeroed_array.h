// An array that begins as zeros and takes memory only where it was written: what a wafer of a million tiles
// keeps for each of them, of which a program touches a few hundred. What it touches lies far apart, a page
// each at worst: so arrays that are not small ask for huge pages, of which a core's TLB holds enough.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace tessera::sim {

template <typename T>
class ZeroedArray {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  // All zero bits must be the T that T{} is. Throws std::bad_alloc.
  explicit ZeroedArray(size_t size) : size_(size) {
    const bool huge = size * sizeof(T) >= kWorthHugePages;
    bytes_ = huge ? (size * sizeof(T) + 2 * kHugePage - 1) / kHugePage * kHugePage : size * sizeof(T);
    mapping_ =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping_ == MAP_FAILED) throw std::bad_alloc();
    void* data = mapping_;
    if (huge) {
      size_t room = bytes_;
      std::align(kHugePage, size * sizeof(T), data, room);
      madvise(data, room, MADV_HUGEPAGE);  // which the kernel may not have
    }
    data_ = static_cast<T*>(data);
  }
  ~ZeroedArray() { munmap(mapping_, bytes_); }
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;

  // Zeros again, and the memory is given back.
  void clear() {
    if (madvise(mapping_, bytes_, MADV_DONTNEED) != 0) throw std::bad_alloc();
  }

  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kHugePage = size_t{1} << 21;
  static constexpr size_t kWorthHugePages = kHugePage / 4;  // bytes: less lies on few pages as it is

  size_t size_;
  size_t bytes_;
  void* mapping_;
  T* data_;
};

}  // namespace tessera::sim
