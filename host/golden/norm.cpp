#include "host/golden/norm.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "host/golden/formats.h"
#include "host/numerics/numerics.h"
#include "host/numerics/tables.h"

namespace tessera {
namespace {

constexpr int kGainShift = 15;
constexpr int kScaledBits = 14;  // bits of |w|
constexpr std::int64_t kLargestScaled = (1 << kScaledBits) - 1;
constexpr int kInverseFraction = 31;
constexpr int kSigmoidFraction = 15;
constexpr int kSigmoidStep = 5;  // a gate's bits below one step of the table

}  // namespace

NormFactor norm_factor(std::uint64_t square_sum) {
  int k = bit_length(square_sum) - 32;
  if (k % 2 != 0) ++k;  // an even exponent has a root
  const std::uint64_t m = k >= 0 ? square_sum >> k : square_sum << -k;
  return {static_cast<std::int32_t>((std::uint64_t{1} << kInverseFraction) / isqrt(m)), k / 2};
}

void block_squares(std::span<const std::int32_t> x, std::vector<std::uint64_t>& squares) {
  squares.assign(mx_blocks(static_cast<int>(x.size())), 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares[i / kBlock] += static_cast<std::uint64_t>(static_cast<std::int64_t>(x[i]) * x[i]);
  }
}

int norm_block(std::span<const std::int32_t> x, std::span<const std::int16_t> gain, int gain_exponent,
               NormFactor factor, std::span<std::int32_t> q) {
  std::array<std::int64_t, kBlock> u{};
  std::uint64_t largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    u[i] = rsh(static_cast<std::int64_t>(x[i]) * gain[i], kGainShift);
    largest = std::max(largest, magnitude(u[i]));
  }
  const int t = std::max(0, bit_length(largest) - kScaledBits);
  const std::int64_t largest_scaled = std::min(rsh(static_cast<std::int64_t>(largest), t), kLargestScaled);
  const int shift = std::max(0, bit_length(largest_scaled * factor.inv) - 7);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t w = std::clamp(rsh(u[i], t), -kLargestScaled, kLargestScaled);
    q[i] = static_cast<std::int32_t>(sat(rsh(w * factor.inv, shift), 8));
  }
  return shift + t + kGainShift - gain_exponent - kInverseFraction - factor.half_exponent;
}

void norm(const QuantizedNorm& weights, std::span<const std::int32_t> x,
          std::span<const std::uint64_t> squares, Tensor& out) {
  const NormFactor factor = norm_factor(std::accumulate(squares.begin(), squares.end(), weights.epsilon));
  const std::span<const std::int16_t> gain = weights.gain;
  out.values.resize(x.size());
  out.exponents.resize(squares.size());
  const std::span<std::int32_t> values = out.values;
  for (std::size_t b = 0; b < squares.size(); ++b) {
    const std::size_t begin = b * kBlock;
    const std::size_t length = std::min<std::size_t>(kBlock, x.size() - begin);
    out.exponents[b] = norm_block(x.subspan(begin, length), gain.subspan(begin, length),
                                  weights.gain_exponent, factor, values.subspan(begin, length));
  }
}

std::int32_t sigmoid(std::int32_t gate) {
  const auto& table = sigmoid_table();
  const std::int32_t a = gate < 0 ? -gate : gate;
  const std::int32_t index = a >> kSigmoidStep;
  std::int32_t result = table[kSigmoidEntries - 1];
  if (index < kSigmoidEntries - 1) {
    const std::int32_t rise = table[index + 1] - table[index];
    result = table[index] + ((rise * (a & ((1 << kSigmoidStep) - 1))) >> kSigmoidStep);
  }
  return gate < 0 ? (1 << kSigmoidFraction) - result : result;
}

std::int32_t gated_hidden(std::int32_t gate, std::int32_t up) {
  const std::int64_t gated = rsh(static_cast<std::int64_t>(gate) * sigmoid(gate), kSigmoidFraction);
  return static_cast<std::int32_t>(gated * up);
}

}  // namespace tessera
