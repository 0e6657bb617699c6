// Loads an image through the control plane, and starts it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/compiler/image.h"
#include "host/runtime/control_plane.h"

namespace tessera {

enum class LoadMode {
  kControl,   // everything through the control plane, verified by checksums
  kBackDoor,  // memories through the back door, registers through the control plane
};

struct LoadReport {
  std::uint64_t cycles = 0;  // of the wafer, until it is quiet
  std::uint64_t words = 0;   // sent into the edge links
  std::uint64_t messages = 0;
  std::uint64_t floods = 0;
};

// The messages that load an image, before its cores are started: trees and groups, registers, memories,
// checksums.
std::vector<ControlMessage> load_messages(const Image& image, LoadMode mode);

// The messages that start the cores of all tiles with kernels.
std::vector<ControlMessage> start_messages(const Image& image);

// Loads, starts, waits until the kernels wait, sets the epoch and clears the counters. The first token can go
// at once, in a cycle that no longer depends on how the image was loaded.
LoadReport load(WaferPort& port, const Image& image, LoadMode mode,
                const std::function<void(const ControlProgress&)>& progress = {});

// The counters of the image's tiles (counter_e), in the order of image.tiles. Changes the link hash.
std::vector<std::vector<std::uint32_t>> read_counters(WaferPort& port, const Image& image);

}  // namespace tessera
