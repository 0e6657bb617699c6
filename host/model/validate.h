// Which models Tessera can run: the shapes and bounds of docs/numerics.md, section "Bounds".
#pragma once

#include <string_view>

#include "host/model/checkpoint.h"

namespace tessera {

inline constexpr int kMaximumDim = 4096;
inline constexpr int kMaximumHiddenDim = 16384;
inline constexpr int kMaximumHeadDim = 128;
inline constexpr int kMaximumContext = 8192;
inline constexpr int kMaximumLayers = 1024;
inline constexpr int kMaximumVocabulary = 1 << 18;  // keeps the sum of all sampling weights below 2^32

// Throws Error(kInput), naming `source` and the field, unless the shapes are consistent and within bounds:
// dim a multiple of heads, an even head_dim, kv_heads a divisor of heads.
void validate_config(const ModelConfig& config, std::string_view source);

// The same for a whole model: every tensor has its config's size and holds finite numbers only.
void validate_model(const FloatModel& model, std::string_view source);

}  // namespace tessera
