// tessera bench: how fast the engine simulates.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/run.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(Example:
  tessera bench --tokens 32 --json bench.json)";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  PromptOptions prompt;
  EngineChoice engine;
  std::string json;
};

int execute(const Options& options) {
  const JoinedRanks ranks(options.engine);
  if (ranks.served()) return 0;
  TextOutput output(options.json);
  const LoadedModel loaded = load_model(options.model);
  const QuantizedModel model = quantize(loaded.model, loaded.model_path);
  const bool quiet = output.to_stdout();
  const Image image = compile_image(model, options.wafer, quiet);
  RunOptions run_options;
  run_options.load = LoadMode::kBackDoor;
  run_options.check = false;
  run_options.request = make_request(options.prompt, loaded.tokenizer, image.context);
  EnginePort port(make_engine(options.engine, image.wafer, work_by_row(image)));
  ProgressLine progress(!quiet);
  int tokens = 0;
  RunEvents events;
  events.generated = [&](int) {
    progress.show(fmt::format("{} engine: {} tokens", options.engine.name, ++tokens));
  };
  RunReport report = run(port, image, model, run_options, events);
  progress.clear();
  report.engine = options.engine.name;
  report.ranks = port.engine().ranks();
  report.threads = port.engine().threads();
  if (!quiet) {
    fmt::print("{}, {} x {} tiles, {}\n", describe_engine(options.engine, port.engine()), image.wafer.columns,
               image.wafer.rows, describe_model(loaded.model));
    fmt::print("{}", describe(report));
  }
  if (output.wanted()) output.write(to_json(report));
  if (!report.error.empty()) fmt::print(stderr, "tessera: {}\n", report.error);
  return exit_status(report);
}

}  // namespace

void add_bench_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  options->prompt = {.prompt = "It was a", .tokens = 16, .ignore_eos = true};
  CLI::App* command = app.add_subcommand("bench", "measure how fast an engine simulates");
  add_prompt_options(*command, options->prompt);
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  add_engine_options(*command, options->engine);
  command->add_option("--json", options->json, "write the report to a file (- is stdout)")->type_name("FILE");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
