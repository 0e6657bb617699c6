#include "host/bench/suite.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "host/bench/load.h"
#include "host/bench/measure.h"
#include "host/bench/process.h"
#include "host/error/error.h"

namespace tessera::bench {
namespace {

constexpr const char* kMainLoad = "mixed";

class Cases {
 public:
  explicit Cases(const SuiteOptions& options) : options_(options) {
    for (const Variant& variant : variants()) {
      const auto& chosen = options.engines;
      if (chosen.empty() || std::find(chosen.begin(), chosen.end(), variant.name) != chosen.end())
        variants_.push_back(&variant);
    }
    for (const std::string& name : options.engines) find_variant(name);
  }

  std::vector<Case> take() { return std::move(cases_); }

  // All engines, all shares of awake tiles.
  void add_grid() {
    for (const auto& [columns, rows] : options_.sizes) {
      std::set<int> awake;
      for (const double percent : options_.percents) awake.insert(awake_tiles(columns, rows, percent));
      for (const int tiles : awake) add_all(kMainLoad, columns, rows, tiles);
    }
  }
  // What a tile does matters to its cost.
  void add_loads() {
    for (const auto& [columns, rows] : options_.sizes) {
      if (columns * rows != 64 && columns * rows != 256) continue;
      for (const LoadKind kind : kLoadKinds) {
        if (load_name(kind) == std::string(kMainLoad)) continue;
        for (const char* engine : {"flat", "tiled"})
          add(engine, load_name(kind), columns, rows, columns * rows);
      }
    }
  }
  void add_models() {
    for (const ModelLoad& load : model_loads()) {
      const bool large = load.columns * load.rows > 64;
      for (const Variant* variant : variants_) {
        // The shipped model keeps most tiles asleep; evaluating them all the same takes minutes and shows
        // nothing new.
        if (large && !variant->skip && variant->kind == VariantKind::kTiled) continue;
        add(*variant, load.name, load.columns, load.rows, 0, false);
      }
      add("tiled", load.name, load.columns, load.rows, 0, true);
    }
  }
  // Wafers of which nearly everything sleeps.
  void add_large() {
    for (const double percent : {5, 25}) add("tiled", kMainLoad, 128, 128, awake_tiles(32, 32, percent));
    add("tiled", kMainLoad, 1000, 1000, 256);
    add("tiled", model_loads().back().name, 1000, 1000, 0);
    add("tiled", model_loads().back().name, 1000, 1000, 0, true);
  }

 private:
  void add_all(const std::string& load, int columns, int rows, int awake) {
    for (const Variant* variant : variants_) add(*variant, load, columns, rows, awake, false);
  }
  void add(std::string_view engine, const std::string& load, int columns, int rows, int awake,
           bool check = false) {
    for (const Variant* variant : variants_) {
      if (engine == variant->name) add(*variant, load, columns, rows, awake, check);
    }
  }
  void add(const Variant& variant, const std::string& load, int columns, int rows, int awake, bool check) {
    if (variant.kind == VariantKind::kWhole && columns * rows > options_.flat_tiles) return;
    cases_.push_back({&variant, load, columns, rows, awake, check});
  }

  const SuiteOptions& options_;
  std::vector<const Variant*> variants_;
  std::vector<Case> cases_;
};

std::string describe(const Case& of) {
  return fmt::format("{}, {} x {} tiles, {}{}{}", of.variant->label, of.columns, of.rows, of.load,
                     of.awake > 0 ? fmt::format(", {} awake", of.awake) : "", of.check ? ", checked" : "");
}

std::vector<std::string> command_of(const Case& of, const SuiteOptions& options, const std::string& program) {
  std::vector<std::string> command;
  if (of.variant->kind == VariantKind::kDistributed)
    command = {"mpirun", "--oversubscribe", "-n", std::to_string(of.variant->ranks)};
  for (const std::string& word :
       {program, std::string("bench"), std::string("engine"), std::string("--engine"),
        std::string(of.variant->name), std::string("--load"), of.load, std::string("--size"),
        fmt::format("{}x{}", of.columns, of.rows), std::string("--json"), std::string("-")})
    command.push_back(word);
  if (of.awake > 0) {
    command.push_back("--awake");
    command.push_back(std::to_string(of.awake));
    command.push_back("--seconds");
    command.push_back(fmt::format("{}", options.seconds));
  }
  if (of.check) command.push_back("--check");
  return command;
}

ProcessResult run_child(const Case& of, const SuiteOptions& options, const std::string& program) {
  return run_process(
      command_of(of, options, program),
      {.environment = {"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"}, .log = {}});
}

Row measure_in_child(const Case& of, const SuiteOptions& options, const std::string& program) {
  const ProcessResult result = run_child(of, options, program);
  if (result.status != 0) fail(ErrorKind::kEngine, "{}: exit status {}", describe(of), result.status);
  const auto json = nlohmann::ordered_json::parse(result.out, nullptr, false);
  if (json.is_discarded()) fail(ErrorKind::kEngine, "{}: it did not print a row", describe(of));
  return row_from_json(json);
}

// Why this machine cannot measure a variant; empty: it can.
std::string obstacle(const Variant& variant, const SuiteOptions& options, const std::string& program) {
  if (variant.kind != VariantKind::kDistributed) return "";
  if (find_program("mpirun").empty()) return "mpirun is not in PATH";
  const Case smallest{&variant, kMainLoad, 2, 2, 1, false};
  const int status = run_child(smallest, options, program).status;
  return status == 0 ? "" : fmt::format("a trial on 2 x 2 tiles ended with exit status {}", status);
}

// By kind and, of whole wafers, by size.
std::map<std::tuple<ModelKind, int, int>, BuiltModel> build_models(const std::vector<Case>& cases,
                                                                   const BuildLog& log) {
  std::map<std::tuple<ModelKind, int, int>, BuiltModel> models;
  for (const Case& of : cases) {
    const bool sized = of.variant->model != ModelKind::kTile;
    const std::tuple key{of.variant->model, sized ? of.columns : 0, sized ? of.rows : 0};
    if (!models.contains(key)) models[key] = build_model(of.variant->model, of.columns, of.rows, log);
  }
  return models;
}

}  // namespace

SuiteOptions quick_options() {
  SuiteOptions options;
  options.sizes = {{2, 2}, {16, 16}};
  options.percents = {5, 100};
  options.flat_tiles = 4;
  options.repeats = 1;
  options.seconds = 0.05;
  options.models = false;
  return options;
}

std::vector<Case> suite_cases(const SuiteOptions& options) {
  Cases cases(options);
  cases.add_grid();
  cases.add_loads();
  if (options.models) {
    cases.add_models();
    cases.add_large();
  }
  return cases.take();
}

std::vector<Row> run_suite(const SuiteOptions& options, const std::string& program,
                           const SuiteEvents& events) {
  std::vector<Case> cases = suite_cases(options);
  std::map<const Variant*, std::string> obstacles;
  for (const Case& of : cases) {
    if (obstacles.contains(of.variant)) continue;
    const std::string& why = obstacles[of.variant] = obstacle(*of.variant, options, program);
    if (!why.empty() && events.left_out)
      events.left_out(fmt::format("{} is left out: {}", of.variant->label, why));
  }
  std::erase_if(cases, [&](const Case& of) { return !obstacles[of.variant].empty(); });
  const auto models = build_models(cases, events.building);

  std::vector<std::vector<Row>> measured(cases.size());
  const int all = static_cast<int>(cases.size()) * options.repeats;
  for (int round = 0; round < options.repeats; ++round) {
    for (size_t i = 0; i < cases.size(); ++i) {
      const int done = round * static_cast<int>(cases.size()) + static_cast<int>(i);
      if (events.measuring) events.measuring(done, all, describe(cases[i]));
      measured[i].push_back(measure_in_child(cases[i], options, program));
    }
  }

  std::vector<Row> rows;
  for (size_t i = 0; i < cases.size(); ++i) {
    const Case& of = cases[i];
    Row row = median_row(measured[i]);
    const bool sized = of.variant->model != ModelKind::kTile;
    const BuiltModel& model = models.at({of.variant->model, sized ? of.columns : 0, sized ? of.rows : 0});
    row.compile_seconds = model.compile_seconds;
    row.build_seconds = model.build_seconds;
    row.binary_bytes = model.binary_bytes;
    rows.push_back(row);
  }
  check_alike(rows);
  return rows;
}

void check_alike(const std::vector<Row>& rows) {
  std::map<std::tuple<std::string, int, int, int>, const Row*> first;
  for (const Row& row : rows) {
    const Row& other =
        *first.try_emplace({row.load, row.columns, row.rows, row.asked_tiles}, &row).first->second;
    if (row.link_hash != other.link_hash || row.check_cycle != other.check_cycle)
      fail(ErrorKind::kEngine,
           "{} and {} disagree on {} x {} tiles, {}: link hash {} and {}, cycle {} and {}; nothing is "
           "compared",
           other.engine, row.engine, row.columns, row.rows, row.load, other.link_hash, row.link_hash,
           other.check_cycle, row.check_cycle);
  }
}

}  // namespace tessera::bench
