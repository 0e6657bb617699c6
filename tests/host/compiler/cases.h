// Random models on random wafers, and what a message of them should hold.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/compiler/compile.h"
#include "host/golden/golden.h"
#include "tests/host/compiler/slow_wafer.h"

namespace tessera {

// Stand-ins for the kernels' binaries, which these tests do not run.
Firmware fake_firmware();

// Shapes that meet every kind of padding: odd head lengths, one head, grouped heads, short last blocks.
ModelConfig random_shape(std::mt19937_64& random);

// A wafer of up to 16x16 with up to a fifth of its tiles and a tenth of its links dead.
WaferConfig random_wafer(std::mt19937_64& random);

QuantizedModel quantized_random_model(const ModelConfig& config, std::uint64_t seed);

std::string name_of(const ModelConfig& config);

// The payload that a message should have, from the golden model's pass.
std::vector<std::uint32_t> golden_payload(const QuantizedModel& model, const Trace& trace,
                                          const MessageTensor& tensor);

}  // namespace tessera
