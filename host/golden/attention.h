// RoPE, the KV cache and attention (docs/numerics.md, sections "RoPE", "KV cache" and "Attention").
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/golden/trace.h"
#include "host/model/quantize.h"

namespace tessera {

// The keys and values of one layer of one slot. Grows with the positions that are written.
struct KvCache {
  std::vector<std::int8_t> keys, values;                    // [position][kv_dim]
  std::vector<std::int8_t> key_exponents, value_exponents;  // [position][kv_heads]
};

// Turns the adjacent pairs of every head of `vector` by the row of the RoPE tables at `position`.
void rotate(const QuantizedModel& model, int position, std::span<const std::int32_t> vector,
            std::vector<std::int32_t>& out);

// BFP8 of every head of a rotated query or key, or of a value.
void head_blocks(std::span<const std::int32_t> vector, int head_dim, Tensor& out);

// Stores a key and a value (of head_blocks) at `position`, which is at most the number of positions stored.
void store(const Tensor& key, const Tensor& value, int position, KvCache& cache);

// What one head needs of the cache.
struct HeadCache {
  const std::int8_t *keys, *values;                    // of position 0; the next is `stride` elements further
  const std::int8_t *key_exponents, *value_exponents;  // of position 0; the next is `exponent_stride` further
  int stride, exponent_stride;
  int tokens;
};
HeadCache head_cache(const KvCache& cache, const ModelConfig& config, int kv_head, int tokens);

// scores[u] = clamp(rsh(q.k[u] * C, Cs - 8 - e_q - e_k[u])) for all tokens. `query` is [head_dim].
void head_scores(const QuantizedModel& model, std::span<const std::int32_t> query, int query_exponent,
                 const HeadCache& cache, std::span<std::int32_t> scores);

// p = rsh(EXP[dl & 255], dl >> 8), 0 where dl >> 8 exceeds 15: 2^(-dl / 256) with 14 fraction bits. dl >= 0.
std::int32_t probability(std::int64_t dl);

// out[i] = o: the mean of the values weighted by the softmax of the scores, 12 fraction bits. [head_dim].
void head_attention(std::span<const std::int32_t> scores, const HeadCache& cache,
                    std::span<std::int32_t> out);

}  // namespace tessera
