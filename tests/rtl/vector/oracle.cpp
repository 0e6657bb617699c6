#include "tests/rtl/vector/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "host/numerics/numerics.h"
#include "host/numerics/tables.h"

namespace tessera::rtl {
namespace {

constexpr int64_t kNormLimit = 16383;
constexpr int64_t kLargestWeight = 16383;

// The low bits of a value, signed.
int64_t wrap(int64_t value, int bits) {
  return static_cast<int64_t>(static_cast<uint64_t>(value) << (64 - bits)) >> (64 - bits);
}

int32_t signed_field(uint32_t value, int bits) { return static_cast<int32_t>(wrap(value, bits)); }

// A saturation as a descriptor asks for it.
int64_t saturated(int64_t value, uint32_t width, bool power) {
  if (width == 0) return value;
  const int64_t limit = (int64_t{1} << (width - 1)) - (power ? 0 : 1);
  return std::clamp(value, -limit, limit);
}

int64_t wrapping_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

int64_t sigmoid(int64_t gate) {
  const auto& table = tessera::sigmoid_table();
  const int64_t a = std::abs(gate);
  const int64_t index = a >> 5;
  const int64_t value =
      index >= 256 ? table[256] : table[index] + (((table[index + 1] - table[index]) * (a & 31)) >> 5);
  return gate < 0 ? 32768 - value : value;
}

// The constants of a norm, from the maximum.
struct NormConstants {
  int t, s;
};

NormConstants norm_constants(const MapDescriptor& d, uint32_t maximum) {
  if (d.mode == kNormBfp8) return {0, std::max(0, bit_length(maximum) - 7)};
  const int t = std::max(0, bit_length(maximum) - 14);
  const int64_t largest = std::min(rsh(maximum, t), kNormLimit);
  return {t, std::max(0, bit_length(largest * signed_field(d.b_value, 32)) - 7)};
}

}  // namespace

// ---------------------------------------------------------------- memory and messages

uint8_t Oracle::byte(uint32_t address) const { return address < sram.size() ? sram[address] : 0; }

void Oracle::set_byte(uint32_t address, uint8_t value) {
  if (address < sram.size()) sram[address] = value;
}

int64_t Oracle::element(uint32_t address, uint32_t size) const {
  uint32_t value = 0;
  for (uint32_t i = 0; i < 1u << size; ++i) value |= uint32_t{byte((address + i) & 0xffff)} << (8 * i);
  return wrap(value, 8 << size);
}

Message Oracle::take(uint32_t color, size_t words) {
  Message message = std::move(arriving.at(color).front());
  arriving.at(color).pop_front();
  if (message.size() != words) length_errors.push_back(color);
  message.resize(words);
  return message;
}

void Oracle::launch(uint32_t header, uint32_t address, uint32_t count) {
  for (; count > 0; --count, address += kDescriptorBytes) {
    MapDescriptor map;
    MacDescriptor mac;
    std::memcpy(&map, &sram.at(address), sizeof map);
    std::memcpy(&mac, &sram.at(address), sizeof mac);
    if (map.unit == kUnitMap)
      run(map, header);
    else
      run(mac);
  }
}

// ---------------------------------------------------------------- MAC array

void Oracle::run(const MacDescriptor& d) {
  const bool color = d.x_where == kWhereColor;
  std::vector<int64_t> x(d.count);
  if (color) {
    const size_t words = 1 + d.count / 4;
    const size_t arrived = arriving.at(d.x_address).front().size();
    const Message message = take(d.x_address, words + 1);
    for (size_t k = 0; k < d.count; ++k) x[k] = wrap(message[1 + k / 4] >> (8 * (k % 4)), 8);
    if (arrived > words) tail = static_cast<uint8_t>(message[words]);
  }
  for (uint32_t g = 0; g < d.groups; ++g) {
    ASSERT_FALSE(full[d.entry + g]) << "the list waits for ever";
    full[d.entry + g] = true;
    if (color) tails[d.entry + g] = tail;
    for (uint32_t k = 0; !color && k < d.count; ++k)
      x[k] = element(d.x_address + 16 * g * d.x_group_stride + (k << d.x_wide), d.x_wide ? kSize16 : kSize8);
    for (uint32_t m = 0; m < kLaneCount; ++m) {
      uint32_t sum = 0;
      for (uint32_t k = 0; k < d.count; ++k) {
        const uint32_t word = (d.weight_address / 16 + g * d.group_stride + k * d.weight_stride) % 4096;
        sum += static_cast<uint32_t>(element(16 * word + m, kSize8) * x[k]);
      }
      acc[d.entry + g][m] = static_cast<int32_t>(sum);
    }
  }
}

// ---------------------------------------------------------------- map unit: operands

int64_t Oracle::operand_a(const MapDescriptor& d, int i, const Message& message) const {
  if (d.a_where == kWhereAcc) {
    const int64_t first = acc[d.a_address % 16 + i / 16][i % 16];
    if (d.a_size != kSizePair) return first;
    return wrap(128 * first + acc[d.a_address / 16 % 16 + i / 16][i % 16], 36);
  }
  const uint32_t bytes = 1u << d.a_size;
  if (d.a_where == kWhereSram)
    return element(d.a_address + i * (d.a_stride != 0 ? d.a_stride : bytes), d.a_size);
  const uint32_t offset = i * bytes;
  return wrap(message[1 + offset / 4] >> (8 * (offset % 4)), 8 * bytes);
}

int64_t Oracle::operand_b(const MapDescriptor& d, int i) const { return element(d.b_value + 2 * i, kSize16); }

int64_t Oracle::operand_c(const MapDescriptor& d, int i) const {
  if (d.c_where == kWhereNone) return 0;
  if (d.c_where == kWhereAcc) return acc[d.c_address % 16 + i / 16][i % 16];
  return element(d.c_address + (i << d.c_size), d.c_size);
}

int64_t Oracle::shift(const MapDescriptor& d, int i) const {
  int64_t s = signed_field(d.shift, 16);
  if (d.shift_mode == kShiftPlus) s += element(d.shift_address + i, kSize8);
  if (d.shift_mode == kShiftMinus) s -= element(d.shift_address + i, kSize8);
  if (d.shift_subtract == kSubtractByte) s -= element(d.shift_subtract_address, kSize8);
  if (d.shift_subtract == kSubtractTail) s -= static_cast<int8_t>(tails[d.a_address % 16]);
  return s;
}

// ---------------------------------------------------------------- map unit: operations

void Oracle::run(const MapDescriptor& d, uint32_t header) {
  const int count = static_cast<int>(d.count);
  Message message;
  if (d.a_where == kWhereColor) message = take(d.a_address, 1 + ((count << d.a_size) + 3) / 4);
  if (d.a_where == kWhereAcc) {
    for (uint32_t i = 0; i <= (d.count - 1) / 16; ++i) {
      const uint32_t first = d.a_address % 16 + i;
      const uint32_t second = d.a_size == kSizePair ? d.a_address / 16 % 16 + i : first;
      ASSERT_TRUE((full[first] && full[second]) || !d.acc_wait) << "the list waits for ever";
      if (d.acc_release) full[first] = full[second] = false;
    }
  }

  const NormConstants norm = norm_constants(d, reductions.maximum);
  std::vector<int64_t> out(count), reduced(count);
  for (int i = 0; i < count; ++i) {
    const auto a = [&](int element) { return operand_a(d, element, message); };
    int64_t result = 0;
    int64_t to_reduce = 0;
    switch (d.operation) {
      case kMapMulq: {
        const int64_t offset = signed_field(d.offset_high << 16 | d.offset_low, 32);
        const int64_t b = d.b_vector ? operand_b(d, i) : signed_field(d.b_value, 32);
        const int64_t v = rsh(wrap(a(i) + offset, 36) * b, static_cast<int>(shift(d, i)));
        result = saturated(wrapping_sum(saturated(v, d.inner_width, d.clamp_power), operand_c(d, i)),
                           d.outer_width, false);
        break;
      }
      case kMapNorm: {
        int64_t v = a(i);
        if (d.mode == kNormRms)
          v = std::clamp(rsh(v, norm.t), -kNormLimit, kNormLimit) * signed_field(d.b_value, 32);
        result = saturated(rsh(v, norm.s), d.inner_width, d.clamp_power);
        break;
      }
      case kMapRot: {
        const int pair = d.mode == kRotAdjacent ? i / 2 : i;
        const int64_t cosine = operand_b(d, 2 * pair);
        const int64_t sine = operand_b(d, 2 * pair + 1);
        const int64_t first = d.mode == kRotAdjacent ? a(i & ~1) : a(i);
        const int64_t second = d.mode == kRotAdjacent ? a(i | 1) : operand_c(d, i);
        const bool high = d.mode == kRotHigh || (d.mode == kRotAdjacent && i % 2 == 1);
        result = sat(rsh(high ? first * sine + second * cosine : first * cosine - second * sine, 14), 16);
        break;
      }
      case kMapExpw: {
        const int64_t distance = std::max<int64_t>(0, static_cast<int32_t>(reductions.maximum) - a(i));
        const int64_t p = distance >> 8 > 15
                              ? 0
                              : rsh(tessera::exp_table()[distance & 255], static_cast<int>(distance >> 8));
        const int64_t weight = std::min(kLargestWeight, rsh(p, static_cast<int>(shift(d, i))));
        result = weight;
        to_reduce = p;
        break;
      }
      case kMapGate:
        result = rsh(a(i) * sigmoid(a(i)), 15) * operand_b(d, i);
        break;
      case kMapAdd:
        result = saturated(a(i) + operand_c(d, i), d.outer_width, false);
        break;
    }
    out[i] = wrap(result, 32);
    reduced[i] = d.operation == kMapExpw ? to_reduce : out[i];
  }
  put(d, header, out, signed_field(d.offset_low, 16) + norm.t + norm.s);
  reduce(d, reduced);
}

void Oracle::reduce(const MapDescriptor& d, const std::vector<int64_t>& values) {
  Reductions& r = reductions;
  switch (d.reduce) {
    case kReduceMaxMagnitude:
      if (!d.reduce_continue) r.maximum = 0;
      for (const int64_t value : values)
        r.maximum = std::max(r.maximum, static_cast<uint32_t>(magnitude(value)));
      break;
    case kReduceMaxIndex:
      if (!d.reduce_continue) {
        r.maximum = static_cast<uint32_t>(values[0]);
        r.index = r.position = 0;
      }
      for (const int64_t value : values) {
        if (value > static_cast<int32_t>(r.maximum)) {
          r.maximum = static_cast<uint32_t>(value);
          r.index = r.position;
        }
        ++r.position;
      }
      break;
    case kReduceSum:
    case kReduceSumSquares:
      if (!d.reduce_continue) r.sum = 0;
      for (const int64_t value : values)
        r.sum += static_cast<uint64_t>(d.reduce == kReduceSum ? value : value * value);
      break;
    default:
      break;
  }
}

// ---------------------------------------------------------------- map unit: results

void Oracle::put(const MapDescriptor& d, uint32_t header, const std::vector<int64_t>& out, int exponent) {
  const bool norm = d.operation == kMapNorm;
  const uint32_t size = 1u << d.out_size;
  if (d.out_where == kWhereSram) {
    const uint32_t stride = d.out_stride != 0 ? d.out_stride : size;
    for (uint32_t i = 0; i < out.size(); ++i) {
      for (uint32_t b = 0; b < size; ++b)
        set_byte((d.out_address + i * stride + b) & 0xffff, static_cast<uint8_t>(out[i] >> (8 * b)));
    }
    if (norm) set_byte(d.offset_high, static_cast<uint8_t>(exponent));
  } else if (d.out_where == kWhereColor) {
    Header first = std::bit_cast<Header>(header);
    first.part = d.out_stride;
    Message message{std::bit_cast<uint32_t>(first)};
    message.resize(1 + (out.size() * size + 3) / 4);
    for (uint32_t i = 0; i < out.size(); ++i) {
      const uint32_t offset = i * size;
      const auto value = static_cast<uint32_t>(out[i] & ((int64_t{1} << (8 * size)) - 1));
      message[1 + offset / 4] |= value << (8 * (offset % 4));
    }
    if (norm) message.push_back(static_cast<uint32_t>(static_cast<int8_t>(exponent)));
    for (size_t i = 0; i < message.size(); ++i)
      sent.push_back({d.out_address, i + 1 == message.size(), message[i]});
  } else if (d.out_where == kWhereAcc) {
    // Whole quarters are written: elements that there are not become zero.
    for (uint32_t i = 0; i < (out.size() + 3) / 4 * 4; ++i)
      acc[d.out_address % 16 + i / 16][i % 16] = i < out.size() ? static_cast<int32_t>(out[i]) : 0;
  }
}

}  // namespace tessera::rtl
