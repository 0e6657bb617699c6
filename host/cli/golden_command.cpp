// tessera golden: the integer model alone, without a wafer.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/runtime/golden_run.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(The same integers that the wafer has to compute. Examples:
  tessera golden --prompt "And God said" --tokens 60
  tessera golden --model stories260K.bin --tokenizer tok512.bin --prompt "Once upon a time" --ignore-eos --tokens 256)";

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::string json;
};

int execute(const Options& options) {
  TextOutput output(options.json);
  const LoadedModel loaded = load_model(options.model);
  const GenerationRequest request =
      make_request(options.prompt, loaded.tokenizer, loaded.model.config.context);
  Golden golden(quantize(loaded.model, loaded.model_path));
  const bool quiet = output.to_stdout();
  std::string text;
  int previous = request.prompt.back();
  if (!quiet) fmt::print("{}", options.prompt.prompt);
  const GoldenRun run = run_golden(golden, request, loaded.model.config.context, [&](int token) {
    const std::string piece = loaded.tokenizer.decode(previous, token);
    previous = token;
    text += piece;
    if (quiet) return;
    fmt::print("{}", piece);
    if (stdout_is_terminal()) std::fflush(stdout);
  });
  const std::uint64_t hash = run.logits_hash.empty() ? 0 : run.logits_hash.back();
  if (!quiet) {
    fmt::print("\n\n  ids         {}\n", fmt::join(run.token_ids, " "));
    fmt::print("  positions   {} ({})\n  logits      {:016x}\n", run.positions,
               finish_reason_name(run.finished), hash);
  }
  if (!options.json.empty()) {
    nlohmann::ordered_json json;
    json["prompt_ids"] = request.prompt;
    json["token_ids"] = run.token_ids;
    json["tokens"] = run.token_ids.size();
    json["text"] = text;
    json["finished"] = finish_reason_name(run.finished);
    json["positions"] = run.positions;
    json["logits_hash"] = fmt::format("{:016x}", hash);
    output.write(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }
  return 0;
}

}  // namespace

void add_golden_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  options->prompt = {.prompt = "It was a", .tokens = 48};
  CLI::App* command =
      app.add_subcommand("golden", "run the golden model alone: text, ids, hash of all logits");
  add_prompt_options(*command, options->prompt);
  add_model_options(*command, options->model);
  command->add_option("--json", options->json, "write the result to a file (- is stdout)")->type_name("FILE");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
