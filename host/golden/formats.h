// The formats of docs/numerics.md, section "Formats": fraction bits and the bits they saturate to.
#pragma once

namespace tessera {

inline constexpr int kResidualFraction = 16;  // also of the sum of a linear and of the logits
inline constexpr int kResidualBits = 27;
inline constexpr int kSumBits = 32;
inline constexpr int kQueryFraction = 9;  // query, key and value
inline constexpr int kQueryBits = 16;
inline constexpr int kGateFraction = 10;  // gate and up
inline constexpr int kGateBits = 16;
inline constexpr int kRopeFraction = 14;
inline constexpr int kScoreFraction = 8;
inline constexpr int kScoreBits = 30;
inline constexpr int kProbabilityFraction = 14;
inline constexpr int kLargestProbability = 16383;
inline constexpr int kAttentionFraction = 12;
inline constexpr int kAttentionBits = 31;
inline constexpr int kHiddenFraction = 20;

}  // namespace tessera
