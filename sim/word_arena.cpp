#include "sim/word_arena.h"

#include <sys/mman.h>

#include <atomic>
#include <mutex>
#include <new>

#include "sim/zero_pages.h"

namespace tessera::sim {
namespace {

constexpr size_t kRegionBytes = kHugePage;
constexpr size_t kLineBytes = 64;

// The beginning of each region, which lies at a multiple of its size.
struct Region {
  std::atomic<uint32_t> users;  // blocks, and the arena while it fills it
};

// Fresh pages of the kernel are zeros, and no block is used twice: nothing has to be cleared.
Region* map_region() { return new (map_zeros(kRegionBytes)) Region{1}; }

void leave(Region* region) {
  if (region->users.fetch_sub(1, std::memory_order_acq_rel) == 1) munmap(region, kRegionBytes);
}

class Arena {
 public:
  ~Arena() {
    if (region_ != nullptr) leave(region_);
  }

  uint32_t* allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    // A line between blocks: otherwise the same address of every tile falls into the same set of the caches.
    const size_t taken = (bytes + kLineBytes - 1) / kLineBytes * kLineBytes + kLineBytes;
    if (region_ == nullptr || used_ + taken > kRegionBytes) {
      Region* next = map_region();
      if (region_ != nullptr) leave(region_);
      region_ = next;
      used_ = kLineBytes;
    }
    region_->users.fetch_add(1, std::memory_order_relaxed);
    void* block = reinterpret_cast<std::byte*>(region_) + used_;
    used_ += taken;
    return static_cast<uint32_t*>(block);
  }

 private:
  std::mutex mutex_;
  Region* region_ = nullptr;
  size_t used_ = 0;  // bytes of the region
};

}  // namespace

void FreeWords::operator()(uint32_t* words) const {
  leave(reinterpret_cast<Region*>(reinterpret_cast<uintptr_t>(words) / kRegionBytes * kRegionBytes));
}

ArenaWords allocate_words(size_t count) {
  static Arena arena;
  if (count > kRegionBytes / 2 / sizeof(uint32_t)) throw std::bad_alloc();
  return ArenaWords(arena.allocate(count * sizeof(uint32_t)));
}

}  // namespace tessera::sim
