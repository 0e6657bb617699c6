// What numbers in a waveform mean, as tables from a value to a name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "host/compiler/image.h"
#include "host/waves/fst_file.h"

namespace tessera {

using NameTable = std::map<std::uint64_t, std::string>;

NameTable port_names();
NameTable error_kind_names();
NameTable map_operation_names();

// The streams that pass through a tile, by color.
NameTable color_names(const Image& image, TilePosition tile);
// The instructions of a tile's kernel, as text.
NameTable instruction_names(const Image& image, TilePosition tile);
// The states of a signal: of its enum type, or the constants State* of its module.
NameTable state_names(const FstFile& file, const std::string& path);

}  // namespace tessera
