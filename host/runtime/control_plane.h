// Sends control plane messages into all trees of the forest side by side, and gathers their responses.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/runtime/requests.h"
#include "host/runtime/wafer_port.h"

namespace tessera {

struct ControlProgress {
  std::uint64_t words_done = 0;
  std::uint64_t words = 0;
};

// Where the requests of a tree of the forest enter.
EdgeAddress root_edge(const Forest& forest, int root);

// Sends the messages, those of one tree in their order, and waits for all responses; a response is what a
// message asked for, in the messages' order, without the operation word. Throws Error(kFabric) when a
// response is missing or wrong, naming the tile.
std::vector<std::vector<std::uint32_t>> run_control(
    WaferPort& port, const Forest& forest, std::vector<ControlMessage> messages,
    const std::function<void(const ControlProgress&)>& progress = {});

// Runs until nothing moves. Throws Error(kFabric), beginning with `doing`, when that takes absurdly long.
void run_to_quiescence(WaferPort& port, const char* doing);

}  // namespace tessera
