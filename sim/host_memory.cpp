#include "sim/host_memory.h"

#include <cstdio>
#include <cstdlib>

namespace tessera::sim {
namespace {

thread_local std::function<TileMemory&(std::string_view)> find_memory;
thread_local uint64_t writes = 0;

TileMemory& memory_of(const char* scope) {
  if (!find_memory) {  // called from generated code, through which no exception may pass
    std::fprintf(stderr, "no MemoryBinding while the model with %s was created\n", scope);
    std::abort();
  }
  return find_memory(scope);
}

using Sram = HostMemory<rtl::kSramBytes>;
using InstructionMemory = HostMemory<rtl::kInstructionBytes>;

// The bits of a word whose byte enable is set, by the four enables.
constexpr uint32_t kByteMask[16] = {0x00000000, 0x000000ff, 0x0000ff00, 0x0000ffff, 0x00ff0000, 0x00ff00ff,
                                    0x00ffff00, 0x00ffffff, 0xff000000, 0xff0000ff, 0xff00ff00, 0xff00ffff,
                                    0xffff0000, 0xffff00ff, 0xffffff00, 0xffffffff};

void write_word(uint32_t& word, uint32_t be, uint32_t data) {
  word = (word & ~kByteMask[be]) | (data & kByteMask[be]);
}

}  // namespace

MemoryBinding::MemoryBinding(std::function<TileMemory&(std::string_view)> find) {
  find_memory = std::move(find);
}
MemoryBinding::~MemoryBinding() { find_memory = nullptr; }

uint64_t model_writes() { return writes; }

}  // namespace tessera::sim

// The functions that the memories' SystemVerilog imports.
using tessera::sim::InstructionMemory;
using tessera::sim::Sram;

extern "C" {

void* tessera_sram_open(const char* scope) { return &tessera::sim::memory_of(scope).sram; }

void tessera_sram_read(void* memory, uint32_t address, uint32_t* data) {
  const uint32_t* words = static_cast<Sram*>(memory)->words();
  if (words != nullptr && address < tessera::rtl::kSramWords) {
    std::memcpy(data, words + size_t{4} * address, 16);
  } else {
    std::memset(data, 0, 16);
  }
}

void tessera_sram_write(void* memory, uint32_t address, uint32_t be, const uint32_t* data) {
  if (address >= tessera::rtl::kSramWords) return;
  ++tessera::sim::writes;
  uint32_t* words = static_cast<Sram*>(memory)->writable_words() + size_t{4} * address;
  if (be == 0xffff) {
    std::memcpy(words, data, 16);
  } else {
    for (int i = 0; i < 4; ++i) tessera::sim::write_word(words[i], be >> (4 * i) & 15, data[i]);
  }
}

void* tessera_instruction_open(const char* scope) { return &tessera::sim::memory_of(scope).instruction; }

uint32_t tessera_instruction_read(void* memory, uint32_t address) {
  const uint32_t* words = static_cast<InstructionMemory*>(memory)->words();
  return words != nullptr ? words[address] : 0;
}

void tessera_instruction_write(void* memory, uint32_t address, uint32_t be, uint32_t data) {
  ++tessera::sim::writes;
  tessera::sim::write_word(static_cast<InstructionMemory*>(memory)->writable_words()[address], be, data);
}

}  // extern "C"
