#include "sim/make_engine.h"

#include "host/error/error.h"
#include "sim/distributed/distributed_engine.h"
#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"

namespace tessera::sim {

std::unique_ptr<Engine> make_engine(std::string_view name, const WaferShape& shape,
                                    const EngineOptions& options) {
  validate(shape);
  if (name == "tiled") return std::make_unique<TiledEngine>(shape, options);
  if (name == "flat") {
    if (options.threads > 1)
      fail(ErrorKind::kConfig, "the flat engine runs on 1 thread, not on {}", options.threads);
    build_flat_library(shape.columns, shape.rows);
    return std::make_unique<FlatEngine>(shape);
  }
  if (name == "distributed") {
    Ranks* ranks = Ranks::of_process();
    if (ranks == nullptr)
      fail(ErrorKind::kEngine, "distributed engine: this process has not joined any ranks");
    return std::make_unique<DistributedEngine>(shape, options, *ranks);
  }
  fail(ErrorKind::kConfig, "engine \"{}\": should be tiled, flat or distributed", name);
}

}  // namespace tessera::sim
