// A run whose waveforms are recorded: choice of tiles, window, trace and save file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "host/runtime/bit_flip.h"
#include "host/runtime/session.h"

namespace tessera {

struct Span {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

// "3:8", or "3" for 3:3. `option` begins the error's text. Throws Error(kConfig).
Span parse_span(const std::string& text, const std::string& option);

// The first tile, by kernel, whose name holds `name`: "attention", "layer 2 qkv 5". `option` begins the
// error's text. Throws Error(kConfig).
TilePosition find_kernel_tile(const Image& image, const std::string& name,
                              const std::string& option = "--kernel");

// A stripe, a linear and an attention tile of layer 0.
std::vector<TilePosition> usual_tiles(const Image& image);

struct WaveRequest {
  std::vector<TilePosition> tiles;
  // Cycles since the image was loaded; or from the admission of the first position to the answer of the last.
  std::optional<Span> cycles;
  Span tokens;
  std::filesystem::path folder;
  GenerationRequest request;
  std::vector<BitFlip> flips;  // faults that the run has
};

struct WaveReport {
  std::filesystem::path trace, save_file;
  Span cycles;                       // that were recorded
  std::uint64_t recorded = 0;        // of them, those in which something moved
  std::uint64_t link_hash = 0;       // of the whole run
  std::vector<std::string> missing;  // signals that should be in the save file and are not in the trace
  std::string error;                 // what went wrong on the wafer
};

// Runs until the window is over, or something goes wrong on the wafer; both files are complete then. Throws
// Error(kConfig) for tiles that are not there or a window in which nothing runs, Error(kInput) for a folder
// that cannot be written to.
WaveReport record_waves(const Image& image, const WaveRequest& request);

}  // namespace tessera
