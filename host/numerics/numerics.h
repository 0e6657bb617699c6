// The integer primitives that RTL, firmware and golden model share (docs/numerics.md, section "Primitives"),
// and the two small generators that must give the same bits everywhere: a hash and a random state.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace tessera {

inline constexpr int kBlock = 32;             // elements that share an exponent in MX
inline constexpr int kLongestLeftShift = 29;  // what rsh shifts left at most

// Bit length of an unsigned value: the smallest n with v < 2^n; 0 for 0.
constexpr int bit_length(std::uint64_t v) { return std::bit_width(v); }

// |v|, defined for every v.
constexpr std::uint64_t magnitude(std::int64_t v) {
  return v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
}

// Symmetric saturation to `bits` bits: to +-(2^(bits-1) - 1). bits: 1 to 63.
constexpr std::int64_t sat(std::int64_t v, int bits) {
  const std::int64_t limit = (std::int64_t{1} << (bits - 1)) - 1;
  return std::clamp(v, -limit, limit);
}

// v * 2^n for n of 0 to 62, saturated to int64. Nothing within the bounds of docs/numerics.md reaches that.
constexpr std::int64_t shift_left(std::int64_t v, int n) {
  const std::int64_t largest = std::numeric_limits<std::int64_t>::max() >> n;
  if (v > largest) return std::numeric_limits<std::int64_t>::max();
  if (v < -largest - 1) return std::numeric_limits<std::int64_t>::min();
  return v * (std::int64_t{1} << n);
}

// v * 2^-s, rounded half up. s >= 63 gives 0; s <= 0 shifts left, by 29 at most: a longer shift of anything
// but 0 has saturated the 27 to 32 bits of every result that it could feed.
constexpr std::int64_t rsh(std::int64_t v, int s) {
  if (s >= 63) return 0;
  // The half that (v + 2^(s-1)) >> s adds carries exactly where bit s - 1 is set; this way no sum can
  // overflow.
  if (s >= 1) return (v >> s) + ((v >> (s - 1)) & 1);
  return shift_left(v, s < -kLongestLeftShift ? kLongestLeftShift : -s);
}

// floor(sqrt(v)).
std::uint32_t isqrt(std::uint64_t v);

// Block floating point: q[i] = sat8(rsh(v[i], sh)) with sh = max(0, bl(max|v|) - 7). v has `fraction_bits`
// fraction bits; q has v's length and may be v itself. Returns the exponent e = sh - fraction_bits: element i
// is worth q[i] * 2^e.
int bfp8(std::span<const std::int32_t> v, int fraction_bits, std::span<std::int32_t> q);

// Blocks of MX in `elements` elements: the last may be shorter.
constexpr int mx_blocks(int elements) { return (elements + kBlock - 1) / kBlock; }

// bfp8 of each block of 32: q has v's length, exponents mx_blocks(v's length).
void mx(std::span<const std::int32_t> v, int fraction_bits, std::span<std::int32_t> q,
        std::span<int> exponents);

// FNV-1a with 64 bits, continued from `hash`. The offset is the project's own (docs/numerics.md, "Known
// answer").
inline constexpr std::uint64_t kFnvOffset = 1469598103934665603u;
inline constexpr std::uint64_t kFnvPrime = 1099511628211u;
std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash = kFnvOffset);

// The next state of Marsaglia's xorshift32 (shifts 13, 17, 5). 0 is a state it never leaves or reaches.
constexpr std::uint32_t xorshift32(std::uint32_t state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

}  // namespace tessera
