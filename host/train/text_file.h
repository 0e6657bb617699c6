// Reading a whole file into memory.
#pragma once

#include <string>

namespace tessera {

// The bytes of a regular file of at most 1 GB; throws Error(kInput) naming it where it cannot be read.
std::string read_text_file(const std::string& path);

}  // namespace tessera
