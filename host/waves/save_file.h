// A GTKWave save file for traced tiles: their signals in groups, with names for states, opcodes, colors and
// instructions.
//
// GTKWave drops a line whose signal is not there without a word. So paths are looked up in the trace first,
// and those that were not found are reported.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/compiler/image.h"

namespace tessera {

struct SaveFile {
  std::vector<std::string> missing;  // paths
  std::vector<std::filesystem::path> name_files;
};

// Writes `path` for a finished trace, and the names' files into the folder "names" beside it.
SaveFile write_save_file(const Image& image, const std::vector<TilePosition>& tiles,
                         const std::filesystem::path& trace, const std::filesystem::path& path);

}  // namespace tessera
