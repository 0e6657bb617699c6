// Choosing a token from integer logits (docs/numerics.md, section "Sampling"): the same text everywhere.
#pragma once

#include <cstdint>
#include <span>

namespace tessera {

inline constexpr double kLowestTemperature = 0.01;
inline constexpr double kHighestTemperature = 10.0;

// The index of the largest logit; of equal ones the lowest.
int argmax(std::span<const std::int32_t> logits);

// A random state and a temperature, which becomes an integer once.
struct Sampler {
  std::uint32_t state = 1;               // of xorshift32, never 0
  std::int64_t inverse_temperature = 0;  // round(log2(e) / temperature * 2^16); 0: argmax
};

// Throws Error(kRequest) unless the temperature is 0 (argmax) or 0.01 to 10. A seed of 0 counts as 1.
Sampler make_sampler(double temperature, std::uint32_t seed);

// The next token. Advances the state once, unless the sampler takes the argmax. `logits` is not empty and
// holds at most 2^18 elements with 16 fraction bits.
int sample(Sampler& sampler, std::span<const std::int32_t> logits);

}  // namespace tessera
