#include "tests/rtl/vector/planner.h"

#include <algorithm>

namespace tessera::rtl {
namespace {

constexpr int kMacEntries = 4;  // of each eight; the others are the map unit's
constexpr int kLongest = 200;

}  // namespace

int Planner::random_count() {
  const int longest = chance(30) ? 8 : chance(70) ? 70 : kLongest;
  return between(1, longest);
}

uint32_t Planner::readable(uint32_t bytes, uint32_t alignment) {
  const bool result = chance(15) && bytes <= kResultBytes;
  reads_result_ |= result;
  const uint32_t base = result ? kResultAddress + (1 - half_) * kResultBytes : 0;
  const uint32_t room = (result ? kResultBytes : kResultAddress) - bytes;
  return base + static_cast<uint32_t>(random_() % (room / alignment + 1)) * alignment;
}

uint32_t Planner::writable(uint32_t bytes, uint32_t alignment) {
  const uint32_t room = kResultBytes - bytes;
  return kResultAddress + half_ * kResultBytes +
         static_cast<uint32_t>(random_() % (room / alignment + 1)) * alignment;
}

std::pair<uint32_t, uint32_t> Planner::strided(uint32_t base, uint32_t bytes, uint32_t size, int count) {
  const int steps = std::max(1, count - 1);
  const int longest = static_cast<int>((bytes - size) / steps / size);
  const int stride = static_cast<int>(size) * between(1, chance(50) ? std::min(longest, 8) : longest);
  const int span = stride * (count - 1);
  uint32_t address = base + size * between(0, static_cast<int>(bytes - size - span) / static_cast<int>(size));
  if (chance(70)) return {address, stride};
  return {address + span, (0x10000 - stride) & 0xffff};
}

Message Planner::message(uint32_t words) {
  if (chance(6)) words = between(1, static_cast<int>(words) + 5);  // ErrorLength, mostly
  Message message(words);
  for (uint32_t& word : message) {
    word = static_cast<uint32_t>(random_());
    for (int b = 0; b < 4; ++b)
      if (chance(25)) word &= ~(0xffu << (8 * b));  // zeros, for the MAC array
  }
  return message;
}

Descriptor Planner::next() {
  if (chance(25)) {
    if (const auto mac = next_mac()) return *mac;
  }
  return next_map();
}

// ---------------------------------------------------------------- MAC array

std::optional<MacDescriptor> Planner::next_mac() {
  const int first = 8 * between(0, 1) + between(0, kMacEntries - 1);
  int room = 0;
  while (first % 8 + room < kMacEntries && !full_[first + room]) ++room;
  if (room == 0) return {};
  MacDescriptor d = mac_descriptor(random_count(), between(1, room));
  d.entry = first;
  d.fence = chance(30);
  if (chance(30)) {
    d.x_where = kWhereColor;
    d.count = 4 * between(1, 20);
    d.groups = 1;
    d.x_address = kFirstDataColor + 2 * between(0, 6);
    scenario_.deliver(d.x_address, message(2 + d.count / 4));
  } else {
    d.x_wide = chance(30);
    d.x_address = between(0, kResultAddress - (d.count << d.x_wide)) & ~d.x_wide;
    if (d.fence && chance(50)) {
      // What the last map descriptor wrote: it is complete, but the one after the next may write here again.
      d.x_address = kResultAddress + half_ * kResultBytes +
                    (between(0, kResultBytes - (d.count << d.x_wide)) & ~d.x_wide);
      mac_reads_[half_] = true;
    }
  }
  // x of the groups after the first may be anywhere below kResultAddress.
  if (d.x_where == kWhereSram && d.groups > 1 && d.x_address + (d.count << d.x_wide) <= kResultAddress) {
    const int room = kResultAddress - static_cast<int>(d.x_address + (d.count << d.x_wide));
    d.x_group_stride = chance(50) ? 0 : between(0, room / 16 / static_cast<int>(d.groups - 1));
  }
  // All weight words below kResultAddress; a stride may go backwards.
  const int words = kResultAddress / 16;
  int low = 0, high = 0;
  do {
    const int stride = chance(60) ? 1 : between(-5, 40);
    const int group_stride = between(-100, 200);
    d.weight_stride = stride & 0xffff;
    d.group_stride = group_stride & 0xffff;
    const int ends[] = {0, stride * static_cast<int>(d.count - 1)};
    const int groups[] = {0, group_stride * static_cast<int>(d.groups - 1)};
    low = std::min(ends[0], ends[1]) + std::min(groups[0], groups[1]);
    high = std::max(ends[0], ends[1]) + std::max(groups[0], groups[1]);
  } while (high - low >= words);
  d.weight_address = 16 * between(-low, words - 1 - high);
  for (uint32_t group = 0; group < d.groups; ++group) full_[d.entry + group] = true;
  return d;
}

// ---------------------------------------------------------------- map unit

void Planner::choose_a(MapDescriptor& d) {
  const bool rot = d.operation == kMapRot;
  const bool adjacent = rot && d.mode == kRotAdjacent;
  const bool pair_allowed = d.operation == kMapMulq || d.operation == kMapAdd || d.operation == kMapNorm;
  const uint32_t choice = d.operation == kMapGate ? 0 : between(0, 99);
  if (choice < 50) {
    d.a_where = kWhereSram;
    d.a_size = d.operation == kMapGate   ? uint32_t{kSize16}
               : d.operation == kMapExpw ? uint32_t{kSize32}
                                         : pick({kSize8, kSize16, kSize32});
    if (!adjacent && chance(25)) {
      const auto [address, stride] = strided(0, kResultAddress, 1u << d.a_size, d.count);
      d.a_address = address;
      d.a_stride = stride;
    } else {
      d.a_address = readable(d.count << d.a_size, (rot ? 2 : 4) << d.a_size);
    }
  } else if (choice < 65) {
    d.a_where = kWhereColor;
    d.a_size = adjacent                  ? pick({kSize8, kSize16})
               : d.operation == kMapExpw ? uint32_t{kSize32}
                                         : pick({kSize8, kSize16, kSize32});
    d.a_address = kFirstDataColor + 2 * between(0, 6) + 1;
    scenario_.deliver(d.a_address, message(1 + ((d.count << d.a_size) + 3) / 4));
  } else {
    d.a_where = kWhereAcc;
    d.a_size = pair_allowed && chance(40) ? kSizePair : kSize32;
    choose_entries(d, adjacent);
  }
}

// A in the accumulators: entries that the MAC array has filled, or the map unit's own.
void Planner::choose_entries(MapDescriptor& d, bool even) {
  const auto run = [&](int first) {  // full entries from one on
    int entries = 0;
    while (first % 8 + entries < kMacEntries && full_[first + entries]) ++entries;
    return entries;
  };
  int first = 8 * between(0, 1) + between(0, kMacEntries - 1);
  int second = 8 * between(0, 1) + between(0, kMacEntries - 1);
  int entries = run(first);
  if (d.a_size == kSizePair) entries = std::min(entries, run(second));
  d.acc_wait = entries > 0 && (d.a_size != kSizePair || std::abs(first - second) >= entries);
  if (!d.acc_wait) {
    first += kMacEntries;
    second += kMacEntries;
    entries = 8 - first % 8;
    if (d.a_size == kSizePair) entries = std::min(entries, 8 - second % 8);
  }
  d.count = std::min<uint32_t>(d.count, 16 * entries - (even ? 0 : between(0, 3)));
  d.a_address = first | second << 4;
  if (!d.acc_wait) return;
  d.acc_release = chance(70);
  if (!d.acc_release) return;
  for (int entry = 0; 16 * entry < static_cast<int>(d.count); ++entry) {
    full_[first + entry] = false;
    if (d.a_size == kSizePair) full_[second + entry] = false;
  }
}

void Planner::choose_b(MapDescriptor& d) {
  if (d.operation == kMapRot) {
    d.b_value = d.mode == kRotAdjacent ? readable(2 * d.count, 4) : readable(4 * d.count, 8);
  } else if (d.operation == kMapGate || (d.operation == kMapMulq && chance(50))) {
    d.b_vector = 1;
    d.b_value = readable(2 * d.count, 8);
  } else if (d.operation == kMapNorm) {
    d.b_value = static_cast<uint32_t>(random_()) >> between(5, 31);
  } else {
    d.b_value = static_cast<uint32_t>(static_cast<int32_t>(random_()) >> between(4, 31));
  }
}

void Planner::choose_c(MapDescriptor& d) {
  const bool needed = d.operation == kMapRot && d.mode != kRotAdjacent;
  if (d.operation != kMapMulq && d.operation != kMapAdd && !needed) {
    d.c_where = pick({kWhereNone, kWhereNone, kWhereSram});  // ignored
    return;
  }
  const bool pair = d.a_where == kWhereAcc && d.a_size == kSizePair;
  d.c_where = needed ? pick({kWhereSram, kWhereAcc}) : pick({kWhereNone, kWhereSram, kWhereAcc});
  if (d.c_where == kWhereAcc && (pair || d.count > 16 * kMacEntries)) d.c_where = kWhereSram;
  d.c_size = pick({kSize8, kSize16, kSize32});
  if (d.c_where == kWhereSram) d.c_address = readable(d.count << d.c_size, (needed ? 2 : 4) << d.c_size);
  if (d.c_where == kWhereAcc) {
    const int entries = (d.count + 15) / 16;
    d.c_address = kMacEntries + between(0, kMacEntries - entries) + pick({0, 8});
  }
}

void Planner::choose_shift(MapDescriptor& d) {
  d.shift = (chance(70) ? between(0, 45) : chance(70) ? between(-35, 0) : between(-32768, 32767)) & 0xffff;
  d.shift_mode = chance(60) ? kShiftScalar : pick({kShiftPlus, kShiftMinus});
  d.shift_address = readable(d.count, 4);
  d.shift_subtract = chance(60)               ? uint32_t{kSubtractNone}
                     : d.a_where == kWhereAcc ? pick({kSubtractByte, kSubtractTail})
                                              : uint32_t{kSubtractByte};
  d.shift_subtract_address = readable(1, 1);
}

void Planner::choose_out(MapDescriptor& d) {
  const bool norm = d.operation == kMapNorm;
  const bool rot = d.operation == kMapRot;
  const bool adjacent = rot && d.mode == kRotAdjacent;
  d.out_size = d.operation == kMapExpw ? uint32_t{kSize16} : pick({kSize8, kSize16, kSize32});
  const int choice = between(0, norm ? 79 : 99);
  const bool fits_acc = d.count <= 16 * kMacEntries;
  if (choice < 50 || (choice >= 80 && choice < 95 && !fits_acc)) {
    d.out_where = kWhereSram;
    const uint32_t alignment = (rot ? 2 : 4) << d.out_size;
    if (!adjacent && chance(20)) {
      const auto [address, stride] =
          strided(kResultAddress + half_ * kResultBytes, kResultBytes, 1u << d.out_size, d.count);
      d.out_address = address;
      d.out_stride = stride;
    } else {
      d.out_address = writable(d.count << d.out_size, alignment);
      if (d.a_where == kWhereSram && d.a_stride == 0 && d.a_size == d.out_size && chance(20))
        d.a_address = d.out_address;  // in place
    }
  } else if (choice < 80) {
    d.out_where = kWhereColor;
    if (adjacent) d.out_size = pick({kSize8, kSize16});
    d.out_address = between(kFirstDataColor, kColorCount - 1);
    d.out_stride = between(0, 255);
  } else if (choice < 95) {
    // Where C is, or in the bank in which neither C nor A is.
    d.out_where = kWhereAcc;
    const int entries = (d.count + 15) / 16;
    d.out_address = kMacEntries + between(0, kMacEntries - entries);
    if (d.c_where == kWhereAcc) {
      d.out_address = d.c_address;
      if (d.a_where == kWhereAcc && !d.acc_wait) d.out_where = kWhereNone;
    } else if (d.a_where == kWhereAcc && d.a_size == kSizePair && !d.acc_wait) {
      d.out_where = kWhereNone;
    } else if (d.a_where == kWhereAcc && d.a_address % 16 < 8) {
      d.out_address += 8;
    }
  }
  if (d.operation == kMapNorm) d.offset_high = writable(1, 1);
}

void Planner::choose_reduction(MapDescriptor& d) {
  d.reduce_continue = chance(30);
  if (d.operation == kMapExpw) {
    d.reduce = pick({kReduceNone, kReduceSum});
  } else if (d.operation == kMapAdd && chance(40)) {
    d.reduce = kReduceSumSquares;
    d.outer_width = between(1, 28);
  } else {
    d.reduce = pick({kReduceNone, kReduceMaxMagnitude, kReduceMaxIndex, kReduceSum});
  }
}

MapDescriptor Planner::next_map(std::optional<MapOperation> operation) {
  half_ = 1 - half_;
  MapDescriptor d = map_descriptor(operation.value_or(static_cast<MapOperation>(between(kMapMulq, kMapAdd))),
                                   random_count());
  d.fence = chance(10) || mac_reads_[half_];
  if (d.fence) mac_reads_ = {};
  reads_result_ = false;
  if (d.operation == kMapNorm) d.mode = pick({kNormBfp8, kNormRms});
  if (d.operation == kMapRot) d.mode = pick({kRotAdjacent, kRotLow, kRotHigh});
  if (d.operation == kMapRot && d.mode == kRotAdjacent) d.count += d.count % 2;
  const auto width = [&] {
    return chance(30) ? 0 : chance(50) ? pick({8, 16, 27, 30, 31, 32}) : between(1, 32);
  };
  d.inner_width = width();
  d.outer_width = width();
  d.clamp_power = chance(30);
  const uint32_t offset = chance(60) ? 0 : static_cast<uint32_t>(random_());
  d.offset_low = offset & 0xffff;
  d.offset_high = offset >> 16;
  choose_a(d);
  choose_b(d);
  choose_c(d);
  choose_shift(d);
  choose_out(d);
  choose_reduction(d);
  d.ahead = !reads_result_ && chance(50);
  return d;
}

}  // namespace tessera::rtl
