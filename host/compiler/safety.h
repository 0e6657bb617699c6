// The last word on every program: nothing in an image that this accepts waits for ever or goes astray.
//
// Checked on the finished image, from its register writes, not on what the compiler meant to write:
//   - every route reaches exactly the consumers of its stream, over live links only, and there are no others;
//   - a multicast is a tree, a merge an in-tree without forks; no two streams share a color on a link, a ramp
//     injection or a ramp delivery;
//   - every delivery has a receive rule of the right length into SRAM, joins expect what comes;
//   - the order of message begins and ends has no cycle, and an answer frees no context that is still in use.
#pragma once

#include "host/compiler/image.h"

namespace tessera {

// Throws Error(kRouting) with the first violation: the stream, the tile, and what is wrong there.
void check_safety(const Image& image);

// The parts of it.
void check_routes(const Image& image);
void check_receives(const Image& image);
void check_waits(const KernelGraph& graph, int in_flight);

}  // namespace tessera
