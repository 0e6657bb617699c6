#include "host/numerics/tables.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

std::array<std::uint16_t, kExpEntries> compute_exp() {
  std::array<std::uint16_t, kExpEntries> table{};
  for (int i = 0; i < kExpEntries; ++i) {
    const double exact = std::ldexp(std::exp2(-i / 256.0), 14);
    // 2^14 itself would need a 15th bit
    table[i] = static_cast<std::uint16_t>(std::min(16383.0, std::round(exact)));
  }
  return table;
}

std::array<std::uint16_t, kSigmoidEntries> compute_sigmoid() {
  std::array<std::uint16_t, kSigmoidEntries> table{};
  for (int i = 0; i < kSigmoidEntries; ++i) {
    const double exact = std::ldexp(1.0 / (1.0 + std::exp(-i / 32.0)), 15);
    table[i] = static_cast<std::uint16_t>(std::round(exact));
  }
  return table;
}

}  // namespace

const std::array<std::uint16_t, kExpEntries>& exp_table() {
  static const std::array<std::uint16_t, kExpEntries> table = compute_exp();
  return table;
}

const std::array<std::uint16_t, kSigmoidEntries>& sigmoid_table() {
  static const std::array<std::uint16_t, kSigmoidEntries> table = compute_sigmoid();
  return table;
}

}  // namespace tessera
