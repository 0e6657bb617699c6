// tessera bench: engines measured side by side, and one of them alone.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/bench/measure.h"
#include "host/bench/plot.h"
#include "host/bench/suite.h"
#include "host/bench/table.h"
#include "host/bench/targets.h"
#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/error/error.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(Examples:
  tessera bench engines --json bench.json --svg bench.svg
  tessera bench engines --quick
  tessera bench engine --engine tiled --size 64x64 --awake 41
  tessera bench engine --load shipped_model --check)";
constexpr const char* kEnginesFooter =
    R"(Every engine runs the same cycles of the same wafer, which their link hashes prove, each time in a fresh process.
Whole wafers as one model are compiled first, without a compiler cache, and kept: 8 x 8 tiles take minutes, 16 x 16
(--flat-16) about half an hour a model.

Examples:
  tessera bench engines --json bench.json --svg bench.svg
  tessera bench engines --sizes 8x8 --sizes 32x32 --engines tiled --engines threaded --repeats 9)";
constexpr const char* kEngineFooter = R"(Examples:
  tessera bench engine --engine tiled --size 64x64 --awake 41
  tessera bench engine --engine flat --size 8x8 --load stream --json -
  tessera bench engine --load shipped_model --check)";

std::pair<int, int> parse_sides(const std::string& text, const char* source) {
  WaferConfig config;
  parse_size(text, source, config);
  return {config.columns, config.rows};
}

// ---- engines

struct EnginesOptions {
  std::vector<std::string> sizes;
  std::vector<std::string> engines;
  std::string json;
  std::string svg;
  int repeats = 0;  // 0: as many as it takes
  bool flat_16 = false;
  bool quick = false;
};

bench::SuiteOptions suite_options(const EnginesOptions& options) {
  bench::SuiteOptions suite = options.quick ? bench::quick_options() : bench::SuiteOptions();
  if (!options.sizes.empty()) suite.sizes.clear();
  for (const std::string& size : options.sizes) suite.sizes.push_back(parse_sides(size, "--sizes"));
  suite.engines = options.engines;
  if (options.flat_16) suite.flat_tiles = 16 * 16;
  if (options.repeats < 0) fail(ErrorKind::kRequest, "--repeats: {} should be 1 or more", options.repeats);
  if (options.repeats > 0) suite.repeats = options.repeats;
  return suite;
}

int execute_engines(const EnginesOptions& options) {
  TextOutput json(options.json), svg(options.svg);
  const bool quiet = json.to_stdout() || svg.to_stdout();
  ProgressLine progress(!quiet);
  const auto say = [&](const std::string& line) {
    progress.clear();
    fmt::print(stderr, "{}\n", line);
  };
  const std::vector<bench::Row> rows = bench::run_suite(
      suite_options(options), std::filesystem::read_symlink("/proc/self/exe").string(),
      {.building = say, .left_out = say, .measuring = [&](int done, int all, const std::string& what) {
         progress.show(fmt::format("{} of {}: {}", done + 1, all, what));
       }});
  progress.clear();
  if (!quiet)
    fmt::print("{}\n{}\n{}", bench::describe(rows), bench::describe_builds(rows),
               bench::describe(bench::judge(rows)));
  if (json.wanted()) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const bench::Row& row : rows) list.push_back(bench::to_json(row));
    json.write(list.dump(2) + "\n");
  }
  if (svg.wanted()) svg.write(bench::draw_svg(rows));
  return 0;
}

void add_engines_command(CLI::App& bench, int& status) {
  const auto options = std::make_shared<EnginesOptions>();
  CLI::App* command = bench.add_subcommand("engines", "measure all engines side by side");
  command->add_option("--json", options->json, "write all rows to a file (- is stdout)")->type_name("FILE");
  command->add_option("--svg", options->svg, "draw speed over size into a file (- is stdout)")
      ->type_name("FILE");
  command->add_option("--sizes", options->sizes, "other sizes; may be given again")
      ->type_name("COLSxROWS")
      ->allow_extra_args(false);
  command->add_option("--engines", options->engines, "only this engine; may be given again")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--repeats", options->repeats, "measurements of each row (default: 5, --quick 1)")
      ->type_name("N");
  command->add_flag("--flat-16", options->flat_16,
                    "16 x 16 tiles as one model too: compiles for half an hour");
  command->add_flag("--quick", options->quick, "a smoke run: small wafers, once, a minute or so");
  command->footer(kEnginesFooter);
  command->callback([options, &status] { status = execute_engines(*options); });
}

// ---- engine

struct EngineOptions {
  std::string engine = "tiled";
  std::string load = "mixed";
  std::string size;
  int awake = 0;
  double seconds = 0.5;
  bool check = false;
  std::string json;
};

void note_if_stale(const bench::Variant& variant, int columns, int rows) {
  if (variant.kind == bench::VariantKind::kWhole && bench::is_stale(variant.model, columns, rows))
    fmt::print(stderr,
               "note: the sources of this model have changed since it was built; "
               "tessera bench engines builds it again\n");
}

bench::Row measure_model(const bench::Variant& variant, const bench::ModelLoad& load,
                         const EngineOptions& options) {
  const bool shipped = load.config.dim == 0;
  WaferConfig wafer;
  if (options.size.empty() && shipped) {
    wafer = default_wafer_config();
  } else {
    std::tie(wafer.columns, wafer.rows) =
        options.size.empty() ? std::pair(load.columns, load.rows) : parse_sides(options.size, "--size");
  }
  note_if_stale(variant, wafer.columns, wafer.rows);
  const FloatModel model = shipped ? load_model({}).model : bench::random_weights(load);
  return bench::measure_model(variant, load, model, wafer, options.check);
}

bench::Row measure(const EngineOptions& options) {
  const bench::Variant& variant = bench::find_variant(options.engine);
  if (const bench::ModelLoad* load = bench::find_model_load(options.load); load != nullptr)
    return measure_model(variant, *load, options);
  const bench::LoadKind kind = bench::parse_load(options.load);
  const auto [columns, rows] = parse_sides(options.size.empty() ? "16x16" : options.size, "--size");
  if (options.check) fail(ErrorKind::kRequest, "--check: the load {} is no model", options.load);
  if (!(options.seconds > 0)) fail(ErrorKind::kRequest, "--seconds: {} should be positive", options.seconds);
  note_if_stale(variant, columns, rows);
  return bench::measure_load(variant, kind, columns, rows,
                             options.awake == 0 ? columns * rows : options.awake, options.seconds);
}

int execute_engine(const EngineOptions& options) {
  // The variant "distributed" is the engine of that name.
  const JoinedRanks ranks({.name = options.engine});
  if (ranks.served()) return 0;
  TextOutput json(options.json);
  const bench::Row row = measure(options);
  if (!json.to_stdout()) fmt::print("{}", bench::describe({row}));
  if (json.wanted()) json.write(bench::to_json(row).dump() + "\n");
  return 0;
}

void add_engine_command(CLI::App& bench, int& status) {
  const auto options = std::make_shared<EngineOptions>();
  CLI::App* command = bench.add_subcommand("engine", "measure one engine, once");
  std::string names, loads;
  for (const bench::Variant& variant : bench::variants()) names += std::string(variant.name) + " ";
  for (const bench::LoadKind kind : bench::kLoadKinds) loads += std::string(bench::load_name(kind)) + " ";
  for (const bench::ModelLoad& load : bench::model_loads()) loads += std::string(load.name) + " ";
  command->add_option("--engine", options->engine, "one of " + names)
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--load", options->load, "one of " + loads)->capture_default_str()->type_name("NAME");
  command->add_option("--size", options->size, "of the wafer (default: 16x16, of a model its own)")
      ->type_name("COLSxROWS");
  command->add_option("--awake", options->awake, "tiles that are awake (default: all)")->type_name("N");
  command->add_option("--seconds", options->seconds, "how long to measure")
      ->capture_default_str()
      ->type_name("S");
  command->add_flag("--check", options->check, "of a model: compare every message with the golden model");
  command->add_option("--json", options->json, "write the row to a file (- is stdout)")->type_name("FILE");
  command->footer(kEngineFooter);
  command->callback([options, &status] { status = execute_engine(*options); });
}

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("bench", "measure how fast the engines simulate");
  command->require_subcommand(1);
  command->footer(kFooter);
  add_engines_command(*command, status);
  add_engine_command(*command, status);
}

}  // namespace tessera
