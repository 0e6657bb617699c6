// Bench and oracle side by side: lists of descriptors run on both, and everything that can be seen is
// compared.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <variant>
#include <vector>

#include "tests/rtl/vector/bench.h"
#include "tests/rtl/vector/oracle.h"

namespace tessera::rtl {

using Descriptor = std::variant<MapDescriptor, MacDescriptor>;

// Where lists of descriptors lie; below are operands and results, above is the bench's scratch.
inline constexpr uint32_t kListAddress = 0xa000;
inline constexpr uint32_t kListEnd = kScratchAddress;

class Scenario {
 public:
  explicit Scenario(uint64_t seed = 1, StallRates stalls = {});

  // Random bytes, accumulators and reductions: values of all magnitudes.
  void fill();
  template <typename T>
  void store(uint32_t address, std::span<const T> values) {
    std::memcpy(&oracle.sram.at(address), values.data(), values.size_bytes());
  }
  template <typename T>
  std::vector<T> load(uint32_t address, size_t count) const {  // what the oracle left
    std::vector<T> values(count);
    std::memcpy(values.data(), &oracle.sram.at(address), count * sizeof(T));
    return values;
  }
  // A message to both.
  void deliver(uint32_t color, const Message& message);

  // Writes the list, launches it, waits for the units, compares. The units are idle before and after.
  void run(std::span<const Descriptor> list, uint32_t header = 0);
  void run(const Descriptor& descriptor, uint32_t header = 0) { run(std::span(&descriptor, 1), header); }
  // The parts of run(): memories to the bench; the list at an address; comparison.
  void load_bench();
  void place(uint32_t address, std::span<const Descriptor> list);
  void compare();
  uint64_t last_cycles = 0;  // from the launch until the units were done

  VectorBench bench;
  Oracle oracle;
  std::mt19937_64 random;
};

// Fields that every descriptor of a kind has.
MapDescriptor map_descriptor(MapOperation operation, uint32_t count);
MacDescriptor mac_descriptor(uint32_t count, uint32_t groups);
std::string describe(const Descriptor& descriptor);

}  // namespace tessera::rtl
