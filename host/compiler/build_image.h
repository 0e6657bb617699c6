// From a colored program to the bytes of every tile.
#pragma once

#include "host/compiler/color.h"
#include "host/compiler/image.h"

namespace tessera {

// Everything known about a program when its image is built.
struct Program {
  const QuantizedModel& model;
  const WaferConfig& config;
  const Firmware& firmware;
  const Wafer& region;  // what the program is placed on
  const Forest& forest;
  const KernelGraph& graph;
  const Placement& placement;
  const Routes& routes;
  const Coloring& coloring;
};

// Throws Error(kCapacity) when a kernel does not fit its tile's SRAM or instruction memory, naming the tile
// and by how much; Error(kInput) when a kernel's binary is missing.
Image build_image(const Program& program);

}  // namespace tessera
