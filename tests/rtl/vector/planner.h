// Random lists of legal descriptors without races: what runs at the same time on the two units never depends
// on which is faster.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {

// Operands lie below kResultAddress, where nothing writes. Results go to one of two halves above it, turn
// about, so that a descriptor may read what the one before has written. Of each eight entries of the
// accumulators, the MAC array has the first four; the others belong to the map unit. The MAC array takes from
// even colors, the map unit from odd ones.
inline constexpr uint32_t kResultAddress = 0x8000;
inline constexpr uint32_t kResultBytes = 0x1000;  // of a half

class Planner {
 public:
  explicit Planner(Scenario& scenario) : scenario_(scenario), random_(scenario.random) {}

  // Delivers the messages that it takes.
  Descriptor next();
  MapDescriptor next_map(std::optional<MapOperation> operation = {});
  std::optional<MacDescriptor> next_mac();  // nothing where its entries would be full

 private:
  int between(int low, int high) { return low + static_cast<int>(random_() % (high - low + 1)); }
  bool chance(int percent) { return between(1, 100) <= percent; }
  uint32_t pick(std::initializer_list<uint32_t> values) { return values.begin()[random_() % values.size()]; }
  int random_count();
  uint32_t header();

  // An address of `bytes` bytes that may be read, at a multiple of `alignment`.
  uint32_t readable(uint32_t bytes, uint32_t alignment);
  uint32_t writable(uint32_t bytes, uint32_t alignment);
  // A stride for elements of a size, and the address of the first so that all lie within bytes from `base`
  // on.
  std::pair<uint32_t, uint32_t> strided(uint32_t base, uint32_t bytes, uint32_t size, int count);

  void choose_a(MapDescriptor& d);
  void choose_entries(MapDescriptor& d, bool even);
  void choose_b(MapDescriptor& d);
  void choose_c(MapDescriptor& d);
  void choose_shift(MapDescriptor& d);
  void choose_out(MapDescriptor& d);
  void choose_reduction(MapDescriptor& d);
  Message message(uint32_t words);

  Scenario& scenario_;
  std::mt19937_64& random_;
  uint32_t half_ = 0;                     // where the descriptor at hand writes
  std::array<bool, kAccEntries> full_{};  // entries, when the list has come here
  std::array<bool, 2> mac_reads_{};       // halves that a MAC descriptor may still be reading
  bool reads_result_ = false;             // the descriptor at hand may read what the one before writes
};

}  // namespace tessera::rtl
