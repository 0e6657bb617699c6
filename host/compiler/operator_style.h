// How drawings show an operator.
#pragma once

#include <cstdint>

#include "host/compiler/partition.h"

namespace tessera {

struct OperatorStyle {
  char letter;
  std::uint32_t color;  // 0xrrggbb
  const char* label;
};

inline constexpr OperatorStyle kOperatorStyles[kOperators] = {
    {'e', 0xe58fb1, "embedding"},
    {'r', 0x7fc6d9, "RoPE rows"},
    {'n', 0xf2c14e, "norm before attention"},
    {'q', 0x5b8dd9, "q, k, v"},
    {'a', 0x9673c9, "attention"},
    {'o', 0x4fb3a5, "o"},
    {'m', 0xe0a030, "norm before feed-forward"},
    {'h', 0x6cb35d, "gate, up"},
    {'d', 0xa8b545, "down"},
    {'f', 0xd98a3d, "final norm"},
    {'l', 0xe0704f, "logits"},
    {'x', 0xc0404f, "argmax"},
};

constexpr const OperatorStyle& style_of(Operator op) { return kOperatorStyles[static_cast<int>(op)]; }

// Operators inside a layer carry its number.
constexpr bool has_layer(Operator op) {
  return op != Operator::kEmbedding && op != Operator::kRope && op != Operator::kFinalNorm &&
         op != Operator::kLogits && op != Operator::kArgmax;
}

}  // namespace tessera
