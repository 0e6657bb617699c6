#include "host/golden/linear.h"

#include "host/golden/formats.h"
#include "host/numerics/numerics.h"

// Where the loader can choose at run time, the loops are also compiled for AVX2. Sanitizers instrument the
// choice itself and would run before they are ready.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define TESSERA_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TESSERA_CLONES
#endif

namespace tessera {
namespace {

// Activations are widened once for all rows: products of int16 pairs add into int32 lanes in one instruction.
template <int kLength>
inline std::int32_t dot_fixed(const std::int8_t* weights, const std::int16_t* x) {
  std::int32_t sum = 0;
  for (int i = 0; i < kLength; ++i) sum += static_cast<std::int16_t>(weights[i]) * x[i];
  return sum;
}

inline std::int32_t dot(const std::int8_t* weights, const std::int16_t* x, int length) {
  if (length == kBlock) return dot_fixed<kBlock>(weights, x);
  std::int32_t sum = 0;
  for (int i = 0; i < length; ++i) sum += static_cast<std::int16_t>(weights[i]) * x[i];
  return sum;
}

// sat32(rsh(acc * M, shift)) of a block of at most 32 products, whose acc * M lies below 2^34.
inline std::uint32_t rescale(std::int32_t acc, int multiplier, int shift) {
  const std::int64_t product = static_cast<std::int64_t>(acc) * multiplier;
  // Nearly always: what a shift of 3 or more leaves of 34 bits cannot saturate 32, and rounding cannot
  // overflow.
  constexpr int kShortest = 3;
  constexpr int kLongest = 62;
  if (shift >= kShortest && shift <= kLongest) {
    return static_cast<std::uint32_t>((product + (std::int64_t{1} << (shift - 1))) >> shift);
  }
  return static_cast<std::uint32_t>(sat(rsh(product, shift), 32));
}

// sums[r] = sum modulo 2^32 over blocks of sat32(rsh(acc * M, s - e - 16)).
TESSERA_CLONES
void sum_rows(const QuantizedLinear& linear, const std::int16_t* x, std::span<const BlockRange> blocks,
              const int* exponents, std::int32_t* sums) {
  for (int row = 0; row < linear.rows; ++row) {
    const std::int8_t* weights = linear.weights.data() + static_cast<std::size_t>(row) * linear.columns;
    const int multiplier = linear.multiplier[row];
    const int shift = linear.shift[row] - kResidualFraction;
    std::uint32_t sum = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const std::int32_t acc = dot(weights + blocks[b].begin, x + blocks[b].begin, blocks[b].length);
      sum += rescale(acc, multiplier, shift - exponents[b]);
    }
    sums[row] = static_cast<std::int32_t>(sum);
  }
}

}  // namespace

void linear(const QuantizedLinear& weights, const Tensor& input, std::span<const BlockRange> blocks,
            int fraction_bits, int bits, std::vector<std::int32_t>& out) {
  const std::vector<std::int16_t> x(input.values.begin(), input.values.end());
  out.resize(weights.rows);
  sum_rows(weights, x.data(), blocks, input.exponents.data(), out.data());
  for (int row = 0; row < weights.rows; ++row) {
    std::uint32_t sum = static_cast<std::uint32_t>(out[row]);
    if (!weights.bias.empty()) sum += static_cast<std::uint32_t>(weights.bias[row]);
    const std::int64_t shifted = rsh(static_cast<std::int32_t>(sum), kResidualFraction - fraction_bits);
    out[row] = static_cast<std::int32_t>(sat(shifted, bits));
  }
}

std::int32_t linear_partial(const QuantizedLinear& weights, int row, const Tensor& input,
                            std::span<const BlockRange> blocks, int first, int last) {
  const std::int8_t* row_weights = weights.weights.data() + static_cast<std::size_t>(row) * weights.columns;
  std::uint32_t sum = 0;
  for (int b = first; b < last; ++b) {
    std::int32_t acc = 0;
    for (int i = blocks[b].begin; i < blocks[b].begin + blocks[b].length; ++i) {
      acc += row_weights[i] * input.values[i];
    }
    sum += rescale(acc, weights.multiplier[row], weights.shift[row] - input.exponents[b] - kResidualFraction);
  }
  return static_cast<std::int32_t>(sum);
}

void embed(const QuantizedLinear& weights, int token, std::vector<std::int32_t>& x) {
  const std::int8_t* row = weights.weights.data() + static_cast<std::size_t>(token) * weights.columns;
  x.resize(weights.columns);
  for (int i = 0; i < weights.columns; ++i) {
    const std::int64_t product = static_cast<std::int64_t>(row[i]) * weights.multiplier[token];
    x[i] =
        static_cast<std::int32_t>(sat(rsh(product, weights.shift[token] - kResidualFraction), kResidualBits));
  }
}

}  // namespace tessera
