// The memories of a tile, outside the Verilated model.
//
// rtl/memory_sram.sv and rtl/memory_instruction.sv, built with TESSERA_HOST_MEMORY, keep their words here. A
// memory is allocated when it is first written; before that it reads as zeros.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>

#include "sim/word_arena.h"
#include "tessera_constants.h"

namespace tessera::sim {

template <uint32_t kBytes>
class HostMemory {
 public:
  static constexpr uint32_t size() { return kBytes; }

  const uint32_t* words() const { return words_.get(); }  // null before the first write
  uint32_t* writable_words() {
    if (!words_) words_ = allocate_words(kBytes / 4);
    return words_.get();
  }

  // Back door, little-endian. The caller keeps address + size within the memory.
  void read(uint32_t address, std::span<uint8_t> bytes) const {
    if (words_) {
      std::memcpy(bytes.data(), reinterpret_cast<const uint8_t*>(words_.get()) + address, bytes.size());
    } else {
      std::memset(bytes.data(), 0, bytes.size());
    }
  }
  void write(uint32_t address, std::span<const uint8_t> bytes) {
    std::memcpy(reinterpret_cast<uint8_t*>(writable_words()) + address, bytes.data(), bytes.size());
  }

 private:
  ArenaWords words_;
};

struct TileMemory {
  HostMemory<rtl::kSramBytes> sram;
  HostMemory<rtl::kInstructionBytes> instruction;
};

// How many writes the models did that this thread ran.
uint64_t model_writes();

// While it lives, models that this thread creates find their memories through `find`, which is given the
// scope of a memory in the model ("TOP.tile.u_sram.u_memory").
class MemoryBinding {
 public:
  explicit MemoryBinding(std::function<TileMemory&(std::string_view scope)> find);
  ~MemoryBinding();
  MemoryBinding(const MemoryBinding&) = delete;
  MemoryBinding& operator=(const MemoryBinding&) = delete;
};

}  // namespace tessera::sim
