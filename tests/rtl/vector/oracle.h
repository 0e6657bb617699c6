// What descriptors do, one after another, straight from docs/tile.md and docs/numerics.md: no cycles, no
// units.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "tessera_constants.h"

namespace tessera::rtl {

struct Word {
  uint32_t color = 0;
  bool last = false;
  uint32_t data = 0;

  bool operator==(const Word&) const = default;
};

using Message = std::vector<uint32_t>;  // header first; the last word has `last`

struct Reductions {
  uint32_t maximum = 0;
  uint32_t index = 0;
  uint64_t sum = 0;
  uint32_t position = 0;  // elements that an indexed maximum has seen

  bool operator==(const Reductions&) const = default;
};

class Oracle {
 public:
  // A list of descriptors at an SRAM address.
  void launch(uint32_t header, uint32_t address, uint32_t count);
  void run(const MacDescriptor& d);
  void run(const MapDescriptor& d, uint32_t header);

  std::array<uint8_t, kSramBytes> sram{};
  std::array<std::array<int32_t, kLaneCount>, kAccEntries> acc{};
  std::array<bool, kAccEntries> full{};
  std::array<uint8_t, kAccEntries> tails{};  // that came with the entries
  uint8_t tail = 0;                          // of the last message
  Reductions reductions;
  std::map<uint32_t, std::deque<Message>> arriving;  // by color; taken as a whole
  std::vector<Word> sent;
  std::vector<uint32_t> length_errors;  // colors

 private:
  uint8_t byte(uint32_t address) const;  // zero beyond the end
  void set_byte(uint32_t address, uint8_t value);
  int64_t element(uint32_t address, uint32_t size) const;  // signed
  Message take(uint32_t color, size_t words);              // exactly so many words: cut, or padded with zeros

  int64_t shift(const MapDescriptor& d, int i) const;
  int64_t operand_a(const MapDescriptor& d, int i, const Message& message) const;
  int64_t operand_b(const MapDescriptor& d, int i) const;
  int64_t operand_c(const MapDescriptor& d, int i) const;
  void reduce(const MapDescriptor& d, const std::vector<int64_t>& values);
  void put(const MapDescriptor& d, uint32_t header, const std::vector<int64_t>& out, int exponent);
};

}  // namespace tessera::rtl
