// The whole way from a quantized model and a wafer to an image.
#pragma once

#include <functional>
#include <string>

#include "host/compiler/image.h"

namespace tessera {

// Called with one line as each step begins; may be empty.
using CompileLog = std::function<void(const std::string& line)>;

// Partitions, places, routes, colors, checks. The same input gives the same image.
// Throws Error(kCapacity) when the model does not fit, naming the resource and by how much; Error(kRouting)
// when no routes or colors were found; Error(kConfig) for settings that contradict each other; Error(kInput)
// when a kernel's binary is missing.
Image compile(const QuantizedModel& model, const WaferConfig& config, const Firmware& firmware,
              const CompileLog& log = {});

}  // namespace tessera
