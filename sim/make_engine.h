// The engines by name.
#pragma once

#include <memory>
#include <string_view>

#include "sim/engine.h"

namespace tessera::sim {

// "tiled", or "flat", whose model is built when it is not there. Throws Error(kConfig) for another name.
std::unique_ptr<Engine> make_engine(std::string_view name, const WaferShape& shape);

}  // namespace tessera::sim
