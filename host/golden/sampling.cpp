#include "host/golden/sampling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/error/error.h"
#include "host/golden/attention.h"
#include "host/numerics/numerics.h"

namespace tessera {
namespace {

constexpr int kTemperatureFraction = 16;
constexpr int kScoreShift = 24;  // from the 32 fraction bits of the product to the 8 of the table

}  // namespace

int argmax(std::span<const std::int32_t> logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

Sampler make_sampler(double temperature, std::uint32_t seed) {
  Sampler sampler;
  sampler.state = seed == 0 ? 1 : seed;
  if (temperature == 0) return sampler;
  if (!(temperature >= kLowestTemperature && temperature <= kHighestTemperature)) {
    fail(ErrorKind::kRequest, "temperature {} is out of range, expected 0 or {} to {}", temperature,
         kLowestTemperature, kHighestTemperature);
  }
  const double scale = std::ldexp(std::numbers::log2e / temperature, kTemperatureFraction);
  sampler.inverse_temperature = static_cast<std::int64_t>(std::round(scale));
  return sampler;
}

int sample(Sampler& sampler, std::span<const std::int32_t> logits) {
  const int best = argmax(logits);
  if (sampler.inverse_temperature == 0) return best;
  const auto weight = [&](std::int32_t logit) {
    const std::int64_t below = static_cast<std::int64_t>(logits[best]) - logit;
    return static_cast<std::uint64_t>(probability(rsh(below * sampler.inverse_temperature, kScoreShift)));
  };
  std::uint64_t sum = 0;
  for (const std::int32_t logit : logits) sum += weight(logit);
  sampler.state = xorshift32(sampler.state);
  // Below the sum, because the state is below 2^32: some running sum always exceeds it.
  const std::uint64_t draw = (sampler.state * sum) >> 32;
  std::uint64_t running = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    running += weight(logits[i]);
    if (running > draw) return static_cast<int>(i);
  }
  return best;
}

}  // namespace tessera
