// Measures one engine under one load, in this process: a fresh one each time, so that its memory is its own.
#pragma once

#include "host/bench/load.h"
#include "host/bench/models.h"
#include "host/bench/row.h"
#include "host/bench/variants.h"
#include "host/config/wafer_config.h"

namespace tessera::bench {

// The link hash is taken this long after the load has started, in the same cycle on every engine.
inline constexpr std::uint64_t kCheckCycles = 500;

// Runs for about this many seconds after that, however many cycles they are.
Row measure_load(const Variant& variant, LoadKind kind, int columns, int rows, int awake, double seconds);

// Streams the tokens through the model's own kernels. Throws Error(kFabric) when anything differs from the
// golden model (`check`) or the wafer fails.
Row measure_model(const Variant& variant, const ModelLoad& load, const FloatModel& model,
                  const WaferConfig& wafer, bool check);

}  // namespace tessera::bench
