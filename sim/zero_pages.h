// Pages of zeros from the system, huge ones where the kernel has them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace tessera::sim {

inline constexpr size_t kHugePage = size_t{1} << 21;  // bytes

// Takes memory only where it is written. At a multiple of kHugePage, and on huge pages, if `bytes` is one.
// To be given back by munmap(). Throws std::bad_alloc.
inline void* map_zeros(size_t bytes) {
  const bool huge = bytes % kHugePage == 0;
  const size_t room = huge ? bytes + kHugePage : bytes;
  void* mapping =
      mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) throw std::bad_alloc();
  if (!huge) return mapping;
  auto* begin = static_cast<std::byte*>(mapping);
  const size_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  if (before != 0) munmap(begin, before);
  munmap(begin + before + bytes, kHugePage - before);
  madvise(begin + before, bytes, MADV_HUGEPAGE);  // which the kernel may not have
  return begin + before;
}

}  // namespace tessera::sim
