// What a message should hold, from the golden model's activations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/compiler/kernel_graph.h"
#include "host/golden/trace.h"
#include "host/model/quantize.h"

namespace tessera {

// The payload of a message of this tensor in the pass that gave `trace`.
void expected_words(const QuantizedModel& model, const Trace& trace, const MessageTensor& tensor,
                    std::vector<std::uint32_t>& words);

// Values of the golden model that such a message holds; padding does not count.
int value_count(const MessageTensor& tensor);

// The first value that differs between two payload words.
struct ValueDifference {
  std::string name;  // the golden tensor: "hidden", "exponent of hidden", "squares of ffn_norm"
  int index = 0;     // in the golden tensor
  std::int64_t expected = 0;
  std::int64_t got = 0;
};
ValueDifference find_difference(const MessageTensor& tensor, const ModelConfig& config, int word,
                                std::uint32_t expected, std::uint32_t got);

}  // namespace tessera
