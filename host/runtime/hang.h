// Why an answer does not come: which tile waits for what.
#pragma once

#include <string>

#include "host/runtime/watch.h"

namespace tessera {

// For a wafer on which nothing moves although the token of `tag` has no answer: tile errors, messages stuck
// halfway, and the first tiles that have all they wait for and still did not send. One line.
std::string describe_hang(const Watch& watch, int tag, std::uint64_t cycle);

// "tile 3,4 (layer 0 qkv 1): ErrorNoRoute, PortEast, color 5 in cycle 812", or without a port and a color
// where the error has none
std::string describe(const Image& image, const TileErrorSeen& error);

}  // namespace tessera
