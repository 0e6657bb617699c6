// The two look-up tables of the arithmetic (docs/numerics.md, sections "Attention" and "SwiGLU"). The ROMs of
// the RTL are generated from these functions, so this file depends on nothing else.
#pragma once

#include <array>
#include <cstdint>

namespace tessera {

inline constexpr int kExpEntries = 256;
inline constexpr int kSigmoidEntries = 257;

// EXP[i] = min(16383, round(2^14 * 2^(-i/256))): the fractional part of a power of one half, 14 fraction
// bits. Values 8214 to 16383, falling.
const std::array<std::uint16_t, kExpEntries>& exp_table();

// SIG[i] = round(2^15 * sigmoid(i/32)): the sigmoid of 0 to 8, 15 fraction bits. Values 16384 to 32757,
// rising.
const std::array<std::uint16_t, kSigmoidEntries>& sigmoid_table();

}  // namespace tessera
