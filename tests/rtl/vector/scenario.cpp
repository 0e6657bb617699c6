#include "tests/rtl/vector/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

namespace tessera::rtl {

Scenario::Scenario(uint64_t seed, StallRates stalls) : bench(seed, stalls), random(seed) {}

void Scenario::fill() {
  // Runs of 256 bytes, each of 32-bit numbers of one range, so that small values meet large ones.
  for (uint32_t run = 0; run < kSramBytes; run += 256) {
    const int shift = static_cast<int>(random() % 32);
    for (uint32_t i = run; i < run + 256; i += 4) {
      const int32_t value = static_cast<int32_t>(random()) >> shift;
      std::memcpy(&oracle.sram[i], &value, 4);
    }
  }
  for (auto& entry : oracle.acc) {
    const int shift = static_cast<int>(random() % 32);
    for (int32_t& lane : entry) lane = static_cast<int32_t>(random()) >> shift;
  }
}

void Scenario::deliver(uint32_t color, const Message& message) {
  bench.deliver(color, message);
  oracle.arriving[color].push_back(message);
}

void Scenario::load_bench() {
  bench.set_sram(oracle.sram);
  for (uint32_t entry = 0; entry < kAccEntries; ++entry) bench.set_acc(entry, oracle.acc[entry]);
}

void Scenario::place(uint32_t address, std::span<const Descriptor> list) {
  ASSERT_LE(address + list.size() * kDescriptorBytes, kListEnd);
  for (const Descriptor& descriptor : list) {
    std::visit([&](const auto& d) { std::memcpy(&oracle.sram.at(address), &d, sizeof d); }, descriptor);
    address += kDescriptorBytes;
  }
}

void Scenario::run(std::span<const Descriptor> list, uint32_t header) {
  place(kListAddress, list);
  load_bench();
  const auto count = static_cast<uint32_t>(list.size());
  const uint64_t start = bench.counts.cycles;
  bench.launch(header, kListAddress, count);
  bench.wait_units();
  last_cycles = bench.counts.cycles - start;
  oracle.launch(header, kListAddress, count);
  compare();
}

void Scenario::compare() {
  bench.cycles(20);
  EXPECT_FALSE(bench.busy());
  EXPECT_TRUE(bench.delivered());

  const std::vector<uint8_t> got = bench.sram();
  for (uint32_t address = 0; address < kScratchAddress; ++address) {
    ASSERT_EQ(static_cast<int>(got[address]), static_cast<int>(oracle.sram[address]))
        << "SRAM byte " << address;
  }
  for (uint32_t entry = 0; entry < kAccEntries; ++entry) {
    ASSERT_EQ(bench.acc(entry), oracle.acc[entry]) << "accumulator entry " << entry;
  }
  ASSERT_EQ(bench.sent.size(), oracle.sent.size());
  for (size_t i = 0; i < bench.sent.size(); ++i) {
    const Word& word = bench.sent[i];
    const Word& expected = oracle.sent[i];
    ASSERT_EQ(word, expected) << "sent word " << i << ": " << std::hex << word.data << " on " << word.color
                              << (word.last ? " last" : "") << ", expected " << expected.data << " on "
                              << expected.color << (expected.last ? " last" : "");
  }
  std::vector<ErrorEvent> errors;
  for (const uint32_t color : oracle.length_errors) errors.push_back({kErrorLength, color});
  // Which unit is first is not said.
  const auto by_color = [](std::vector<ErrorEvent> events) {
    std::ranges::stable_sort(events, {}, &ErrorEvent::color);
    return events;
  };
  EXPECT_EQ(by_color(bench.errors), by_color(errors));
  Reductions expected = oracle.reductions;
  expected.position = 0;
  EXPECT_EQ(bench.reductions(), expected);
  EXPECT_EQ(bench.full(), oracle.full);
  EXPECT_EQ(bench.model().mac_tail_o, oracle.tail);
}

MapDescriptor map_descriptor(MapOperation operation, uint32_t count) {
  MapDescriptor d{};
  d.unit = kUnitMap;
  d.operation = operation;
  d.count = count;
  return d;
}

MacDescriptor mac_descriptor(uint32_t count, uint32_t groups) {
  MacDescriptor d{};
  d.unit = kUnitMac;
  d.x_where = kWhereSram;
  d.count = count;
  d.groups = groups;
  d.weight_stride = 1;
  return d;
}

std::string describe(const Descriptor& descriptor) {
  std::ostringstream text;
  text << std::hex;
  if (const auto* mac = std::get_if<MacDescriptor>(&descriptor)) {
    text << "MAC count " << mac->count << " groups " << mac->groups << " entry " << mac->entry << " x "
         << where_name(mac->x_where) << " " << mac->x_address << " wide " << mac->x_wide << " x stride "
         << mac->x_group_stride << " weights " << mac->weight_address << " strides " << mac->weight_stride
         << ", " << mac->group_stride << " fence " << mac->fence;
  } else {
    const auto& d = std::get<MapDescriptor>(descriptor);
    text << map_operation_name(d.operation) << " mode " << d.mode << " count " << d.count << " A "
         << where_name(d.a_where) << " " << size_name(d.a_size) << " " << d.a_address << " stride "
         << d.a_stride << " wait " << d.acc_wait << " release " << d.acc_release << " B " << d.b_vector << " "
         << d.b_value << " C " << where_name(d.c_where) << " " << size_name(d.c_size) << " " << d.c_address
         << " shift " << shift_mode_name(d.shift_mode) << " " << d.shift << " " << d.shift_address << " "
         << shift_subtract_name(d.shift_subtract) << " widths " << d.inner_width << ", " << d.outer_width
         << " power " << d.clamp_power << " offset " << d.offset_high << " " << d.offset_low << " out "
         << where_name(d.out_where) << " " << size_name(d.out_size) << " " << d.out_address << " stride "
         << d.out_stride << " " << reduce_name(d.reduce) << " continue " << d.reduce_continue << " fence "
         << d.fence << " ahead " << d.ahead;
  }
  return text.str();
}

}  // namespace tessera::rtl
