// RMSNorm to MX and SwiGLU (docs/numerics.md, sections "RMSNorm to MX" and "SwiGLU").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/golden/trace.h"
#include "host/model/quantize.h"

namespace tessera {

// The factor of a norm: inv * 2^-31 * 2^(16 - half_exponent) ~ 1 / sqrt(sum of squares).
struct NormFactor {
  std::int32_t inv = 0;   // 2^15 to 2^16
  int half_exponent = 0;  // k / 2
};

// From the sum of squares with epsilon, which is at least 1.
NormFactor norm_factor(std::uint64_t square_sum);

// The sum of squares of each block of 32 of x. 32 fraction bits.
void block_squares(std::span<const std::int32_t> x, std::vector<std::uint64_t>& squares);

// One block of a norm: q [x's length, at most 32] from x and its gains. Returns the block's exponent.
int norm_block(std::span<const std::int32_t> x, std::span<const std::int16_t> gain, int gain_exponent,
               NormFactor factor, std::span<std::int32_t> q);

// A whole norm of x [dim], whose block_squares are given.
void norm(const QuantizedNorm& weights, std::span<const std::int32_t> x,
          std::span<const std::uint64_t> squares, Tensor& out);

// The sigmoid of a gate with 10 fraction bits: 15 fraction bits, 0 to 2^15.
std::int32_t sigmoid(std::int32_t gate);

// hh = rsh(gate * sigmoid(gate), 15) * up, 20 fraction bits.
std::int32_t gated_hidden(std::int32_t gate, std::int32_t up);

}  // namespace tessera
