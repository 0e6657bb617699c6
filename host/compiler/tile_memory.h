// What one kernel finds in its SRAM: parameters, weights, tables.
#pragma once

#include <vector>

#include "host/compiler/image.h"
#include "host/compiler/memory_map.h"

namespace tessera {

// The SRAM segments of kernel `index`, whose streams have the given colors, and where its receive buffers
// are.
struct TileMemory {
  std::vector<Segment> segments;
  std::uint32_t used = 0;  // bytes
};
TileMemory fill_memory(const QuantizedModel& model, const KernelGraph& graph, int index,
                       const std::vector<int>& colors, int in_flight);

// Where a kernel's receive buffer begins and how far apart the contexts are.
BufferPlace buffer_place(const Work& work, Buffer buffer, int in_flight);

}  // namespace tessera
