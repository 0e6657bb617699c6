// Rows of the quantized model in the order of the tiles: padded, and woven for the MAC array.
#pragma once

#include <cstdint>
#include <vector>

#include "host/compiler/kernel_graph.h"

namespace tessera {

// Rows of one linear tile: weights int8 [groups][columns][16], multipliers int16 [rows], shifts int8 [rows],
// biases int32 [rows] (empty without). Padding has zero weights and biases, and a legal scale.
struct LinearRows {
  std::vector<std::int8_t> weights;
  std::vector<std::uint16_t> multipliers;
  std::vector<std::int8_t> shifts;
  std::vector<std::int32_t> biases;
};

// The rows of a kernel of operator kQkv, kOutput, kHidden, kDown.
LinearRows linear_rows(const QuantizedModel& model, const ModelShape& shape, const Kernel& kernel);

// Rows [first, first + groups * 16) of the logits.
LinearRows logits_rows(const QuantizedModel& model, const ModelShape& shape, const LogitsWork& work);

}  // namespace tessera
