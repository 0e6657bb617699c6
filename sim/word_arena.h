// The arena of the tiles' memories: blocks of zeros, one after the other on huge pages where the kernel has
// them. A tile's memories are touched at a few places in every cycle, and so are those of its neighbours: on
// small pages each place is a page of its own, of which a core's TLB holds too few for a thousand tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tessera::sim {

// Gives a block back; its region returns to the system with the last of its blocks. A block says by its
// address where it belongs, so any binary may free what another one allocated.
struct FreeWords {
  void operator()(uint32_t* words) const;
};
using ArenaWords = std::unique_ptr<uint32_t[], FreeWords>;

// `count` words that are zero, the first at the beginning of a cache line. 1 MiB at most. Any thread. Throws
// std::bad_alloc.
ArenaWords allocate_words(size_t count);

}  // namespace tessera::sim
