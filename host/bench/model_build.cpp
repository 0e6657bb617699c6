#include "host/bench/model_build.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "bench_toolchain.h"
#include "host/bench/process.h"
#include "host/error/error.h"
#include "host/model/files.h"
#include "sim/folder_lock.h"

namespace tessera::bench {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = toolchain::kSourceFolder;
const fs::path kBench = fs::path(toolchain::kBuildFolder) / "bench";

// Everything that all models are made from, and how; and what only the tile's is, or only the wafers'.
const std::vector<const char*> kSources = {".cmake",
                                           "rtl",
                                           "sim/host_memory.cpp",
                                           "sim/host_memory.h",
                                           "sim/word_arena.cpp",
                                           "sim/word_arena.h",
                                           "sim/zero_pages.h"};
const std::vector<const char*> kTileSources = {"sim/generate_tile_cycle.cpp", "sim/tile.vlt",
                                               "sim/tile_cycle_writer.cpp",   "sim/tile_cycle_writer.h",
                                               "sim/tile_parts.cpp",          "sim/tile_parts.h",
                                               "sim/tile_schedule.cpp",       "sim/tile_schedule.h",
                                               "sim/verilated_code.cpp",      "sim/verilated_code.h"};
const std::vector<const char*> kWaferSources = {"sim/flat_hierarchical.vlt", "sim/flat_model.cpp",
                                                "sim/flat_model.h",          "sim/flat_share_tiles.vlt",
                                                "sim/flat_wafer.vlt",        "sim/wavelet.h"};

std::string model_name(ModelKind kind, int columns, int rows) {
  switch (kind) {
    case ModelKind::kTile:
      return "tile";
    case ModelKind::kFlat:
      return fmt::format("flat_{}x{}", columns, rows);
    case ModelKind::kFlatThreads:
      return fmt::format("flat_threads_{}x{}", columns, rows);
    case ModelKind::kHierarchical:
      return fmt::format("hierarchical_{}x{}", columns, rows);
  }
  return "";
}

struct Places {
  fs::path folder;  // the build tree
  fs::path record;  // what the build took
  fs::path log;
  fs::path library;   // what an engine loads
  fs::path archive;   // the generated part of it
  std::string model;  // target: the generated part
  std::string whole;  // target: the library
};

Places places_of(ModelKind kind, int columns, int rows) {
  Places places;
  places.folder = kBench / model_name(kind, columns, rows);
  places.record = places.folder / "record.json";
  places.log = kBench / (model_name(kind, columns, rows) + ".log");
  places.whole =
      kind == ModelKind::kTile ? "tessera_tile_model" : fmt::format("tessera_flat_{}x{}", columns, rows);
  places.model = kind == ModelKind::kTile ? places.whole : places.whole + "_model";
  places.archive = places.folder / "sim" / fmt::format("lib{}.a", places.model);
  places.library = kind == ModelKind::kTile ? places.archive
                                            : places.folder / "lib" / fmt::format("lib{}.so", places.whole);
  return places;
}

std::uint64_t add_bytes(std::uint64_t hash, std::string_view bytes) {  // FNV-1a
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return hash;
}

// Equal as long as the same model would come out.
std::string fingerprint(ModelKind kind) {
  std::set<fs::path> files;
  std::vector<const char*> names = kSources;
  const std::vector<const char*>& own = kind == ModelKind::kTile ? kTileSources : kWaferSources;
  names.insert(names.end(), own.begin(), own.end());
  for (const char* name : names) {
    if (fs::is_directory(kSource / name)) {
      for (const auto& entry : fs::directory_iterator(kSource / name)) files.insert(entry.path());
    } else if (fs::exists(kSource / name)) {
      files.insert(kSource / name);
    } else {
      fail(ErrorKind::kEngine, "{}: not there, and models are made from it", (kSource / name).string());
    }
  }
  std::uint64_t hash = add_bytes(0xcbf29ce484222325u, model_toolchain());
  for (const fs::path& file : files) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    hash = add_bytes(add_bytes(hash, file.filename().string()), text.view());
  }
  return fmt::format("{:016x}", hash);
}

ProcessResult run_step(const std::vector<std::string>& command, const Places& places, const char* what) {
  const ProcessResult result =
      run_process(command, {.environment = {"CCACHE_DISABLE=1"}, .log = places.log, .capture_stdout = false});
  if (result.status != 0)
    fail(ErrorKind::kEngine, "{}: {} failed, {} says why", places.folder.filename().string(), what,
         places.log.string());
  return result;
}

std::vector<std::string> build_command(const Places& places, const std::vector<std::string>& targets) {
  std::vector<std::string> command = {toolchain::kCmake,
                                      "--build",
                                      places.folder.string(),
                                      "--parallel",
                                      std::to_string(std::max(1u, std::thread::hardware_concurrency())),
                                      "--target"};
  command.insert(command.end(), targets.begin(), targets.end());
  return command;
}

std::string define(const char* name, const char* value) { return fmt::format("-D{}={}", name, value); }

std::vector<std::string> configure_command(ModelKind kind, int columns, int rows, const Places& places) {
  std::vector<std::string> command = {toolchain::kCmake,
                                      "-S",
                                      kSource.string(),
                                      "-B",
                                      places.folder.string(),
                                      "-G",
                                      toolchain::kGenerator,
                                      "-DCMAKE_BUILD_TYPE=Release",
                                      define("CMAKE_C_COMPILER", toolchain::kCCompiler),
                                      define("CMAKE_CXX_COMPILER", toolchain::kCxxCompiler),
                                      "-DBUILD_TESTING=OFF",
                                      "-DCCACHE=OFF",
                                      define("TESSERA_MODEL_OPTIMIZE", toolchain::kOptimize),
                                      define("TESSERA_FLAT_OPTIMIZE", toolchain::kOptimize)};
  if (kind != ModelKind::kTile) command.push_back(fmt::format("-DTESSERA_FLAT_SIZES={}x{}", columns, rows));
  if (kind == ModelKind::kFlatThreads)
    command.push_back(fmt::format("-DTESSERA_FLAT_THREADS={}", kFlatThreads));
  if (kind == ModelKind::kHierarchical) command.push_back("-DTESSERA_FLAT_HIERARCHICAL=ON");
  return command;
}

// Code and data of an archive's members, as binutils' size adds them up.
std::uint64_t code_and_data(const Places& places) {
  const ProcessResult result =
      run_process({"size", "--totals", places.archive.string()}, {.environment = {}, .log = places.log});
  std::uint64_t text = 0, data = 0, bss = 0;
  const size_t last = result.out.rfind('\n', result.out.size() - 2);
  std::istringstream totals(last == std::string::npos ? "" : result.out.substr(last + 1));
  if (result.status != 0 || !(totals >> text >> data >> bss))
    fail(ErrorKind::kEngine, "{}: size could not read it", places.archive.string());
  return text + data + bss;
}

BuiltModel make_model(ModelKind kind, int columns, int rows, const Places& places) {
  fs::remove_all(places.folder);
  fs::remove(places.log);
  run_step(configure_command(kind, columns, rows, places), places, "configuring");
  // What all models share is not of this one's cost.
  run_step(build_command(places, {"tessera_verilated", "tessera_constants_files", "tessera_tables",
                                  "generate_tile_cycle"}),
           places, "building");
  const ProcessResult model = run_step(build_command(places, {places.model}), places, "building");
  run_step(build_command(places, {places.whole}), places, "building");
  return {places.library, model.cpu_seconds, model.wall_seconds, code_and_data(places)};
}

void write_record(const Places& places, const std::string& sources, const BuiltModel& model) {
  const nlohmann::ordered_json json = {{"fingerprint", sources},
                                       {"compile_seconds", model.compile_seconds},
                                       {"build_seconds", model.build_seconds},
                                       {"binary_bytes", model.binary_bytes}};
  const std::string text = json.dump(2) + "\n";
  OutputFile file(places.record.string());
  file.write(text.data(), text.size());
  file.commit();
}

// Null without a record.
nlohmann::json read_record(const Places& places) {
  std::ifstream stream(places.record);
  return stream ? nlohmann::json::parse(stream, nullptr, false) : nlohmann::json();
}

BuiltModel from_record(const Places& places, const nlohmann::json& record) {
  return {places.library, record.value("compile_seconds", 0.0), record.value("build_seconds", 0.0),
          record.value("binary_bytes", std::uint64_t{0})};
}

std::string duration_hint(ModelKind kind, int columns, int rows) {
  const int tiles = columns * rows;
  if (kind == ModelKind::kTile || kind == ModelKind::kHierarchical) return "a minute or so";
  return fmt::format("about {} minutes on one core", std::max(1, tiles / 8));
}

}  // namespace

BuiltModel build_model(ModelKind kind, int columns, int rows, const BuildLog& log) {
  const Places places = places_of(kind, columns, rows);
  fs::create_directories(kBench);
  const sim::FolderLock lock(kBench / "lock");
  const nlohmann::json record = read_record(places);
  const std::string sources = fingerprint(kind);  // before: who edits them meanwhile has them built again
  if (record.is_object() && record.value("fingerprint", "") == sources && fs::exists(places.library))
    return from_record(places, record);
  if (log)
    log(fmt::format("building {} without a compiler cache, {} (log: {})", model_name(kind, columns, rows),
                    duration_hint(kind, columns, rows), places.log.string()));
  const BuiltModel model = make_model(kind, columns, rows, places);
  write_record(places, sources, model);
  return model;
}

BuiltModel built_model(ModelKind kind, int columns, int rows) {
  const Places places = places_of(kind, columns, rows);
  const nlohmann::json record = read_record(places);
  if (!record.is_object() || !fs::exists(places.library))
    fail(ErrorKind::kEngine, "{} is not built; tessera bench engines builds it",
         model_name(kind, columns, rows));
  return from_record(places, record);
}

bool is_stale(ModelKind kind, int columns, int rows) {
  const nlohmann::json record = read_record(places_of(kind, columns, rows));
  return record.is_object() && record.value("fingerprint", "") != fingerprint(kind);
}

std::string model_toolchain() { return toolchain::kName; }

}  // namespace tessera::bench
