// Builds Verilated models as a user would who compares them: one by one, with the same compiler and flags,
// without a compiler cache, and with a note of what that took. Each has a build tree of its own under
// <build>/bench, and is kept until its sources change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace tessera::bench {

enum class ModelKind {
  kTile,          // one tile, as in the tiled engines; of no size
  kFlat,          // a whole wafer
  kFlatThreads,   // a whole wafer with Verilator's --threads 2
  kHierarchical,  // a whole wafer with Verilator's --hierarchical, a block a tile
};

// Verilator's own threads in kFlatThreads.
inline constexpr int kFlatThreads = 2;

struct BuiltModel {
  std::filesystem::path library;   // for sim::FlatEngine; of kTile: the static library
  double compile_seconds = 0;      // of one core: Verilator and the compiler
  double build_seconds = 0;        // of a clock on the wall, with as many jobs as there are cores
  std::uint64_t binary_bytes = 0;  // code and data of the generated part
};

// Called with a line before something takes minutes; may be empty.
using BuildLog = std::function<void(const std::string& line)>;

// Makes the model if there is none that is up to date. Throws Error(kEngine), naming the log, when that
// fails.
BuiltModel build_model(ModelKind kind, int columns, int rows, const BuildLog& log = {});

// The model if it has been made, also if its sources have changed since: for a child of a process that has
// just made it.
BuiltModel built_model(ModelKind kind, int columns, int rows);

// Whether there is one, but its sources have changed since it was made.
bool is_stale(ModelKind kind, int columns, int rows);

// What models are made with: "GNU 12.2.0 -O3, Verilator 5.006".
std::string model_toolchain();

}  // namespace tessera::bench
