# Writes OUTPUT, a header with a number over the contents of SOURCES.
set(contents "")
foreach(source ${SOURCES})
  file(SHA256 ${source} hash)
  string(APPEND contents "${hash}\n")
endforeach()
string(SHA256 hash "${contents}")
string(SUBSTRING "${hash}" 0 16 hash)
file(WRITE ${OUTPUT} "// Generated from the tile's SystemVerilog.
#pragma once

#include <cstdint>

namespace tessera {

// Tiles of the same build behave alike, cycle by cycle.
inline constexpr std::uint64_t kTileBuild = 0x${hash};

}  // namespace tessera
")
