// The kernels' binaries, as the build made them, inside the program.
#pragma once

#include "host/compiler/image.h"

namespace tessera {

Firmware embedded_firmware();

}  // namespace tessera
