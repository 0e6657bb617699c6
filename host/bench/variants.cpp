#include "host/bench/variants.h"

#include "host/error/error.h"
#include "sim/flat_engine.h"
#include "sim/make_engine.h"

namespace tessera::bench {
namespace {

constexpr Variant kVariants[] = {
    {.name = "flat", .label = "flat", .kind = VariantKind::kWhole, .model = ModelKind::kFlat},
    {.name = "flat_threads",
     .label = "flat, 2 Verilator threads",
     .kind = VariantKind::kWhole,
     .model = ModelKind::kFlatThreads,
     .threads = kFlatThreads},
    {.name = "hierarchical",
     .label = "hierarchical",
     .kind = VariantKind::kWhole,
     .model = ModelKind::kHierarchical},
    {.name = "tiled_eval", .label = "tiled, eval", .eval = true, .skip = false},
    {.name = "tiled_direct", .label = "tiled, direct", .skip = false},
    {.name = "tiled", .label = "tiled, skipping"},
    {.name = "threaded", .label = "2 threads", .threads = 2},
    {.name = "automatic", .label = "automatic threads", .threads = 0},
    {.name = "distributed", .label = "2 MPI ranks", .kind = VariantKind::kDistributed, .ranks = 2},
};

}  // namespace

std::span<const Variant> variants() { return kVariants; }

const Variant& find_variant(std::string_view name) {
  std::string names;
  for (const Variant& variant : kVariants) {
    if (name == variant.name) return variant;
    names += names.empty() ? variant.name : std::string(", ") + variant.name;
  }
  fail(ErrorKind::kConfig, "engine \"{}\": should be one of {}", name, names);
}

std::unique_ptr<sim::Engine> make_variant(const Variant& variant, const sim::WaferShape& shape) {
  if (variant.kind == VariantKind::kWhole)
    return std::make_unique<sim::FlatEngine>(shape,
                                             built_model(variant.model, shape.columns, shape.rows).library);
  sim::EngineOptions options;
  options.threads = variant.threads;
  options.evaluation = variant.eval ? sim::Evaluation::kEval : sim::Evaluation::kDirect;
  options.skip = variant.skip;
  return sim::make_engine(variant.kind == VariantKind::kDistributed ? "distributed" : "tiled", shape,
                          options);
}

}  // namespace tessera::bench
