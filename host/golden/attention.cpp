#include "host/golden/attention.h"

#include <algorithm>
#include <array>

#include "host/golden/formats.h"
#include "host/model/validate.h"
#include "host/numerics/numerics.h"
#include "host/numerics/tables.h"

namespace tessera {
namespace {

constexpr int kHalfBits = 7;  // a weight is split into two halves, each an operand of an int8 MAC
constexpr int kInverseFraction = 31;

std::int32_t turned(std::int64_t value) {
  return static_cast<std::int32_t>(sat(rsh(value, kRopeFraction), kQueryBits));
}

// The two int8 passes over the values: sum over tokens of each half of the weight times the value.
struct HalfSums {
  std::array<std::int32_t, kMaximumHeadDim> high{}, low{};
};

// Each product is at most 127 * 127, which 16 bits hold: that is what makes the loop vectorise well.
void accumulate(const std::int8_t* value, std::int32_t weight, int head_dim, HalfSums& sums) {
  const auto high = static_cast<std::int16_t>(weight >> kHalfBits);
  const auto low = static_cast<std::int16_t>(weight & ((1 << kHalfBits) - 1));
  for (int i = 0; i < head_dim; ++i) {
    sums.high[i] += static_cast<std::int16_t>(high * value[i]);
    sums.low[i] += static_cast<std::int16_t>(low * value[i]);
  }
}

}  // namespace

void rotate(const QuantizedModel& model, int position, std::span<const std::int32_t> vector,
            std::vector<std::int32_t>& out) {
  const std::size_t pairs = model.config.head_dim() / 2;
  const std::int16_t* cosine = model.rope_cosine.data() + position * pairs;
  const std::int16_t* sine = model.rope_sine.data() + position * pairs;
  out.resize(vector.size());
  for (std::size_t i = 0; i < vector.size(); i += 2) {
    const std::int64_t a = vector[i];
    const std::int64_t b = vector[i + 1];
    const std::size_t pair = i / 2 % pairs;
    out[i] = turned(a * cosine[pair] - b * sine[pair]);
    out[i + 1] = turned(a * sine[pair] + b * cosine[pair]);
  }
}

void head_blocks(std::span<const std::int32_t> vector, int head_dim, Tensor& out) {
  out.values.resize(vector.size());
  out.exponents.resize(vector.size() / head_dim);
  const std::span<std::int32_t> values = out.values;
  for (std::size_t head = 0; head < out.exponents.size(); ++head) {
    const std::size_t begin = head * head_dim;
    out.exponents[head] =
        bfp8(vector.subspan(begin, head_dim), kQueryFraction, values.subspan(begin, head_dim));
  }
}

void store(const Tensor& key, const Tensor& value, int position, KvCache& cache) {
  const auto put = [position](const auto& from, std::vector<std::int8_t>& to) {
    const std::size_t begin = position * from.size();
    to.resize(begin + from.size());
    std::transform(from.begin(), from.end(), to.begin() + begin,
                   [](std::int32_t element) { return static_cast<std::int8_t>(element); });
  };
  put(key.values, cache.keys);
  put(key.exponents, cache.key_exponents);
  put(value.values, cache.values);
  put(value.exponents, cache.value_exponents);
}

HeadCache head_cache(const KvCache& cache, const ModelConfig& config, int kv_head, int tokens) {
  const int offset = kv_head * config.head_dim();
  return {cache.keys.data() + offset,
          cache.values.data() + offset,
          cache.key_exponents.data() + kv_head,
          cache.value_exponents.data() + kv_head,
          config.kv_dim(),
          config.kv_heads,
          tokens};
}

void head_scores(const QuantizedModel& model, std::span<const std::int32_t> query, int query_exponent,
                 const HeadCache& cache, std::span<std::int32_t> scores) {
  const int head_dim = static_cast<int>(query.size());
  const int shift = model.attention_shift - kScoreFraction - query_exponent;
  std::array<std::int16_t, kMaximumHeadDim> q{};
  std::copy(query.begin(), query.end(), q.begin());
  for (int u = 0; u < cache.tokens; ++u) {
    const std::int8_t* key = cache.keys + static_cast<std::size_t>(u) * cache.stride;
    std::int32_t acc = 0;
    for (int i = 0; i < head_dim; ++i) acc += static_cast<std::int16_t>(key[i]) * q[i];
    const std::int64_t product = static_cast<std::int64_t>(acc) * model.attention_scale;
    const std::int64_t score = rsh(product, shift - cache.key_exponents[u * cache.exponent_stride]);
    constexpr std::int64_t kLimit = std::int64_t{1} << (kScoreBits - 1);
    scores[u] = static_cast<std::int32_t>(std::clamp(score, -kLimit, kLimit));
  }
}

std::int32_t probability(std::int64_t dl) {
  if (dl >> 8 > 15) return 0;
  return static_cast<std::int32_t>(rsh(exp_table()[dl & 255], static_cast<int>(dl >> 8)));
}

void head_attention(std::span<const std::int32_t> scores, const HeadCache& cache,
                    std::span<std::int32_t> out) {
  const int head_dim = static_cast<int>(out.size());
  const std::int64_t largest = *std::max_element(scores.begin(), scores.end());
  int value_exponent = cache.value_exponents[0];  // vm
  for (int u = 1; u < cache.tokens; ++u) {
    value_exponent = std::max<int>(value_exponent, cache.value_exponents[u * cache.exponent_stride]);
  }
  HalfSums sums;
  std::uint64_t sum = 0;
  for (int u = 0; u < cache.tokens; ++u) {
    const std::int32_t p = probability(largest - scores[u]);
    sum += p;
    const std::int64_t aligned = rsh(p, value_exponent - cache.value_exponents[u * cache.exponent_stride]);
    const auto weight = static_cast<std::int32_t>(std::min<std::int64_t>(kLargestProbability, aligned));
    if (weight != 0) {
      accumulate(cache.values + static_cast<std::size_t>(u) * cache.stride, weight, head_dim, sums);
    }
  }
  const int kk = bit_length(sum) - 16;
  const std::uint64_t mantissa = kk >= 0 ? sum >> kk : sum << -kk;
  const auto reciprocal = static_cast<std::int64_t>((std::uint64_t{1} << kInverseFraction) / mantissa);
  const int shift = kInverseFraction + kk - value_exponent - kAttentionFraction;
  for (int i = 0; i < head_dim; ++i) {
    const std::int64_t total = (std::int64_t{sums.high[i]} * (1 << kHalfBits)) + sums.low[i];
    out[i] = static_cast<std::int32_t>(sat(rsh(total * reciprocal, shift), kAttentionBits));
  }
}

}  // namespace tessera
