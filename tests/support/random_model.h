// Small models with random weights, for tests that need a shape and not a language.
#pragma once

#include <cstdint>

#include "host/model/checkpoint.h"
#include "host/model/tokenizer.h"

namespace tessera {

// Gaussian weights of deviation 1 / sqrt(columns), gains of 1 with a deviation of 0.1. The same seed gives
// the same model on every platform whose libm rounds alike. config.tied decides whether there are logits of
// their own.
FloatModel random_model(const ModelConfig& config, std::uint64_t seed);

// The ids of a llama2.c tokenizer without merges: <unk>, <s>, </s>, the 256 bytes, then pieces "<id>" that no
// text encodes to. With fewer than 259 pieces the bytes that are left out encode to <unk>. vocabulary: at
// least 3.
Tokenizer byte_tokenizer(int vocabulary);

// The seed of a random test: TESSERA_TEST_SEED, else `otherwise`. Prints it, so that a failure can be run
// again.
std::uint64_t test_seed(std::uint64_t otherwise = 1);

}  // namespace tessera
