// What is in an FST file: the signals by their full path, the names that came with them, and their values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tessera {

struct FstSignal {
  std::string range;         // "[37:0]" behind the path in viewers; "" for a single bit
  int width = 0;             // bits
  std::uint32_t handle = 0;  // several signals may share one
  bool parameter = false;    // a constant of its module
  std::string enumeration;   // the type's key in FstFile::enumerations, "" for none
};

struct FstFile {
  std::map<std::string, FstSignal> signals;  // by path without range: "tile_3_4.tile.u_core.state_q"
  std::map<std::string, std::map<std::uint64_t, std::string>> enumerations;  // value -> name
  std::map<std::string, std::uint64_t> parameters;  // values by path, of those of at most 64 bits
  std::map<std::uint32_t, std::uint64_t> changes;   // value changes by handle, the first value not counted
  std::uint64_t first_time = 0, last_time = 0;      // picoseconds
};

// Throws Error(kInput) when the file is not there or is not an FST file.
FstFile read_fst(const std::string& path);

}  // namespace tessera
