#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "host/error/error.h"
#include "sim/flat_engine.h"
#include "sim/folder_lock.h"

namespace tessera::sim {
namespace {

const std::filesystem::path kBuildFolder = TESSERA_BUILD_FOLDER;

}  // namespace

std::filesystem::path flat_library_path(int columns, int rows) {
  return kBuildFolder / "lib" / fmt::format("libtessera_flat_{}x{}.so", columns, rows);
}

void build_flat_library(int columns, int rows) {
  const std::string size = fmt::format("{}x{}", columns, rows);
  const std::filesystem::path log = kBuildFolder / fmt::format("flat_{}.log", size);
  const FolderLock lock(kBuildFolder / "flat.lock");

  std::string command;
  if (!std::filesystem::exists(flat_library_path(columns, rows))) {
    fmt::print(stderr, "building the flat engine for {} tiles (log: {})\n", size, log.string());
    command = fmt::format("'{0}' -DTESSERA_FLAT_ADD={2} '{1}' > '{3}' 2>&1 && ", TESSERA_CMAKE,
                          kBuildFolder.string(), size, log.string());
  }
  command += fmt::format("'{0}' --build '{1}' --target tessera_flat_{2} >> '{3}' 2>&1", TESSERA_CMAKE,
                         kBuildFolder.string(), size, log.string());
  if (std::system(command.c_str()) != 0)
    fail(ErrorKind::kEngine, "the flat engine for {} tiles could not be built; {} says why", size,
         log.string());
}

}  // namespace tessera::sim
