// The ways of simulating a wafer that are compared.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "host/bench/model_build.h"
#include "sim/engine.h"

namespace tessera::bench {

enum class VariantKind { kWhole, kTiled, kDistributed };

struct Variant {
  const char* name;   // of rows and of the command line
  const char* label;  // for people
  VariantKind kind = VariantKind::kTiled;
  ModelKind model = ModelKind::kTile;  // what is compiled for it
  // Of those that are not a whole wafer in one model:
  bool eval = false;  // through Verilator's eval() instead of direct calls
  bool skip = true;   // sleeping tiles are left out
  int threads = 1;    // 0: chosen by the engine; of kFlatThreads: Verilator's
  int ranks = 1;
};

// In the order of tables.
std::span<const Variant> variants();
// Throws Error(kConfig) for a name that none has.
const Variant& find_variant(std::string_view name);

// Its engine in this process. What has to be compiled must have been. Throws Error(kEngine) where it cannot
// be.
std::unique_ptr<sim::Engine> make_variant(const Variant& variant, const sim::WaferShape& shape);

}  // namespace tessera::bench
