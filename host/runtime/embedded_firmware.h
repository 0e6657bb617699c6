// The kernels' binaries, as the build made them, inside the program.
#pragma once

#include <cstdint>
#include <span>

#include "host/compiler/image.h"

namespace tessera {

// Those that models are made of.
Firmware embedded_firmware();

// The kernel that engines are measured on.
std::span<const std::uint8_t> embedded_bench_load();

}  // namespace tessera
