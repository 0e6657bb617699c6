// A wafer and the ways to simulate it, drawn from a seed.
#pragma once

#include <string>
#include <vector>

#include "sim/engine_options.h"
#include "sim/wafer_shape.h"
#include "tests/sim/traffic.h"

namespace tessera::sim {

enum class EngineKind { kFlat, kTiled, kDistributed };

// The defaults are the reference.
struct Way {
  EngineKind engine = EngineKind::kTiled;
  EngineOptions options;
  int ranks = 1;  // of the distributed engine
};

// "tiled engine, 3 threads, eval(), sleepers evaluated"
std::string describe(const Way& way);

struct Case {
  unsigned seed = 0;  // of everything here
  WaferShape shape;
  unsigned traffic_seed = 0;
  std::vector<Way> ways;  // other ones than the reference, and no two alike
};

// Always the same cases: 6 wafers with 4 ways each.
std::vector<Case> draw_cases();

// Runs it in this process, which leads the ranks if there are any.
TrafficResult run_way(const Case& from, const Way& way);

// All of it on one line.
std::string to_text(const TrafficResult& result);

}  // namespace tessera::sim
