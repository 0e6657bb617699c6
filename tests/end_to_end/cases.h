// Whole runs: a model, compiled for a wafer, on the RTL of an engine with the real kernels.
#pragma once

#include <memory>
#include <string>

#include "host/compiler/image.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/run.h"

namespace tessera {

struct Case {
  QuantizedModel model;
  Image image;
};

enum class EngineKind { kTiled, kFlat };

// Small enough for 16 tiles.
ModelConfig tiny_config();

Case make_case(const FloatModel& model, const WaferConfig& wafer);
Case make_case(const FloatModel& model, const WaferConfig& wafer, const Firmware& firmware);
WaferConfig make_wafer(int columns, int rows);

std::unique_ptr<EnginePort> make_port(const Case& on, EngineKind engine);
RunReport run_case(const Case& on, const RunOptions& options, EngineKind engine = EngineKind::kTiled);
RunOptions greedy(std::vector<int> prompt, int tokens);

// All that was generated, equal to the golden model's; nothing differed, nothing was missing.
void expect_exact(const Case& on, const RunReport& report, const RunOptions& options);

}  // namespace tessera
