#include "host/numerics/numerics.h"

#include <cmath>

namespace tessera {

std::uint32_t isqrt(std::uint64_t v) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  // A double holds 53 bits of v, so the first guess is off by one at most.
  std::uint64_t root = std::min(kLargest, static_cast<std::uint64_t>(std::sqrt(static_cast<double>(v))));
  if (root * root > v) --root;
  if (root < kLargest && (root + 1) * (root + 1) <= v) ++root;
  return static_cast<std::uint32_t>(root);
}

int bfp8(std::span<const std::int32_t> v, int fraction_bits, std::span<std::int32_t> q) {
  std::uint64_t largest = 0;
  for (const std::int32_t element : v) largest = std::max(largest, magnitude(element));
  const int shift = std::max(0, bit_length(largest) - 7);
  for (std::size_t i = 0; i < v.size(); ++i) q[i] = static_cast<std::int32_t>(sat(rsh(v[i], shift), 8));
  return shift - fraction_bits;
}

void mx(std::span<const std::int32_t> v, int fraction_bits, std::span<std::int32_t> q,
        std::span<int> exponents) {
  for (std::size_t begin = 0, block = 0; begin < v.size(); begin += kBlock, ++block) {
    const std::size_t length = std::min<std::size_t>(kBlock, v.size() - begin);
    exponents[block] = bfp8(v.subspan(begin, length), fraction_bits, q.subspan(begin, length));
  }
}

std::uint64_t fnv1a(std::span<const std::byte> bytes, std::uint64_t hash) {
  for (const std::byte byte : bytes) hash = (hash ^ static_cast<std::uint64_t>(byte)) * kFnvPrime;
  return hash;
}

}  // namespace tessera
