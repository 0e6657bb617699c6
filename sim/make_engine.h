// The engines by name.
#pragma once

#include <memory>
#include <string_view>

#include "sim/engine.h"
#include "sim/engine_options.h"

namespace tessera::sim {

// "tiled"; "flat", whose model is built when it is not there and which has no options; or "distributed", in
// the process that leads the ranks, which have to be there (sim/distributed/ranks.h). Throws Error(kConfig)
// for another name, and for options that the engine does not have.
std::unique_ptr<Engine> make_engine(std::string_view name, const WaferShape& shape,
                                    const EngineOptions& options = {});

}  // namespace tessera::sim
