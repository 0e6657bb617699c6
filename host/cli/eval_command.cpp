// tessera eval: what the integers cost against the floats.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/error/error.h"
#include "host/golden/evaluate.h"

namespace tessera {
namespace {

constexpr const char* kFooter =
    R"(Without --text the float model writes the sequences itself; the ratio is then about exp(KL).
Examples:
  tessera eval
  tessera eval --text held_out.txt --limit 8)";

struct Options {
  ModelOptions model;
  std::string text;
  int sequences = 4;
  int length = 128;
  int limit = 0;
  std::uint64_t seed = 1;
  std::string json;
};

void check_at_least(const char* option, int value, int least) {
  if (value < least) fail(ErrorKind::kConfig, "{}: {} should be {} or more", option, value, least);
}

int execute(const Options& options) {
  check_at_least("--sequences", options.sequences, 1);
  check_at_least("--length", options.length, 2);
  check_at_least("--limit", options.limit, 0);
  TextOutput output(options.json);
  const LoadedModel loaded = load_model(options.model);
  const int context = loaded.model.config.context;
  ProgressLine progress(!output.to_stdout());
  progress.show("evaluating");
  std::vector<std::vector<int>> sequences;
  if (options.text.empty()) {
    sequences =
        sample_sequences(loaded.model, options.sequences, std::min(options.length, context), options.seed);
  } else {
    sequences = text_sequences(loaded.tokenizer, read_text(options.text), context);
    if (options.limit > 0 && options.limit < static_cast<int>(sequences.size()))
      sequences.resize(options.limit);
  }
  const EvaluationReport report =
      evaluate(loaded.model, quantize(loaded.model, loaded.model_path), sequences);
  progress.clear();
  if (!output.to_stdout()) {
    fmt::print("  {:<22}{}\n", "model", describe_model(loaded.model));
    fmt::print("  {:<22}{}\n", "predictions", report.predictions);
    fmt::print("  {:<22}{:.4f}\n", "perplexity, float", report.float_perplexity);
    fmt::print("  {:<22}{:.4f} ({:+.2f} %)\n", "perplexity, integer", report.integer_perplexity,
               100 * (report.perplexity_ratio() - 1));
    fmt::print("  {:<22}{:.5f} nats\n", "KL(float || integer)", report.kl_mean);
    fmt::print("  {:<22}{:.1f} %\n", "same likeliest token", 100 * report.top1_agreement);
  }
  if (!options.json.empty()) {
    const nlohmann::ordered_json json = {{"predictions", report.predictions},
                                         {"float_perplexity", report.float_perplexity},
                                         {"integer_perplexity", report.integer_perplexity},
                                         {"perplexity_ratio", report.perplexity_ratio()},
                                         {"kl_mean", report.kl_mean},
                                         {"top1_agreement", report.top1_agreement}};
    output.write(json.dump(2) + "\n");
  }
  return 0;
}

}  // namespace

void add_eval_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("eval", "perplexity of the integers against the floats");
  add_model_options(*command, options->model);
  command->add_option("--text", options->text, "a held-out text (default: what the float model writes)")
      ->type_name("FILE");
  command->add_option("--limit", options->limit, "of a text at most so many contexts")->type_name("N");
  command->add_option("--sequences", options->sequences, "sequences to write")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--length", options->length, "tokens of each")->capture_default_str()->type_name("N");
  command->add_option("--seed", options->seed, "of what is written")->capture_default_str()->type_name("N");
  command->add_option("--json", options->json, "write the result to a file (- is stdout)")->type_name("FILE");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
