#include "tests/end_to_end/cases.h"

#include <gtest/gtest.h>

#include "host/compiler/compile.h"
#include "host/runtime/embedded_firmware.h"
#include "host/runtime/golden_run.h"
#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"

namespace tessera {

ModelConfig tiny_config() {
  return {
      .dim = 32, .hidden_dim = 64, .layers = 1, .heads = 2, .kv_heads = 1, .vocabulary = 64, .context = 32};
}

Case make_case(const FloatModel& model, const WaferConfig& wafer, const Firmware& firmware) {
  Case made;
  made.model = quantize(model);
  made.image = compile(made.model, wafer, firmware);
  return made;
}

Case make_case(const FloatModel& model, const WaferConfig& wafer) {
  return make_case(model, wafer, embedded_firmware());
}

WaferConfig make_wafer(int columns, int rows) {
  WaferConfig wafer;
  wafer.columns = columns;
  wafer.rows = rows;
  return wafer;
}

std::unique_ptr<EnginePort> make_port(const Case& on, EngineKind kind) {
  const sim::WaferShape shape = engine_shape(on.image.wafer);
  std::unique_ptr<sim::Engine> engine;
  if (kind == EngineKind::kFlat) {
    engine = std::make_unique<sim::FlatEngine>(shape);
  } else {
    engine = std::make_unique<sim::TiledEngine>(shape);
  }
  return std::make_unique<EnginePort>(std::move(engine));
}

RunReport run_case(const Case& on, const RunOptions& options, EngineKind engine) {
  const std::unique_ptr<EnginePort> port = make_port(on, engine);
  return run(*port, on.image, on.model, options);
}

RunOptions greedy(std::vector<int> prompt, int tokens) {
  RunOptions options;
  options.request.prompt = std::move(prompt);
  options.request.tokens = tokens;
  options.request.ignore_end_of_text = true;
  return options;
}

void expect_exact(const Case& on, const RunReport& report, const RunOptions& options) {
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(report.mismatches, 0u) << describe(*report.first_mismatch);
  EXPECT_EQ(report.compared > 0, options.check);
  Golden golden(on.model);
  EXPECT_EQ(report.token_ids, run_golden(golden, options.request, on.image.context).token_ids);
}

}  // namespace tessera
