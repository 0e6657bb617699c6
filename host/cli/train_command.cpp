// tessera train: a tokenizer and a model from texts.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "host/cli/commands.h"
#include "host/cli/terminal.h"
#include "host/error/error.h"
#include "host/train/train.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(The defaults are the recipe of the shipped model. Examples:
  tessera train --output mine
  tessera train --text book1.txt --text book2.txt --output mine --dim 64 --layers 3 --steps 4000
  tessera train --output mine --resume)";

int execute(const TrainOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.output_folder, error);
  if (error)
    fail(ErrorKind::kInput, "{}: {}, should be a folder for the model", options.output_folder,
         error.message());
  ProgressLine line(true);
  const TrainReport report = train(options, [&](const TrainProgress& progress) {
    line.show(fmt::format("step {}/{}  loss {:.4f}  {:.0f} tokens/s", progress.step, progress.steps,
                          progress.training_loss, progress.tokens_per_second));
    if (progress.validation_loss == 0) return;
    line.clear();
    fmt::print("step {:>6}  training {:.4f}  validation {:.4f}\n", progress.step, progress.training_loss,
               progress.validation_loss);
    std::fflush(stdout);
  });
  line.clear();
  fmt::print("  {:<18}{}\n", "parameters", report.parameters);
  fmt::print("  {:<18}{:.4f} nats per token\n", "training loss", report.training_loss);
  fmt::print("  {:<18}{:.4f} nats per token, {:.4f} bits per byte (step {})\n", "validation loss",
             report.validation_loss, report.validation_bits_per_byte, report.best_step);
  fmt::print("  {:<18}{:.0f} s\n", "took", report.seconds);
  fmt::print("  {:<18}{}/model.bin, {}/tokenizer.bin\n", "written", options.output_folder,
             options.output_folder);
  return 0;
}

}  // namespace

void add_train_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "train a tokenizer and a model from texts");
  const auto number = [&](const char* name, auto& value, const char* help) {
    command->add_option(name, value, help)->capture_default_str()->type_name("N");
  };
  command
      ->add_option("--text", options->corpus.text_files,
                   "a plain text; may be given again (default: old books)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--output", options->output_folder, "folder for the model")
      ->capture_default_str()
      ->type_name("FOLDER");
  number("--dim", options->config.dim, "width of the residual stream");
  number("--hidden-dim", options->config.hidden_dim, "width of the feed-forward layers");
  number("--layers", options->config.layers, "layers");
  number("--heads", options->config.heads, "query heads");
  number("--kv-heads", options->config.kv_heads, "key and value heads");
  number("--vocabulary", options->config.vocabulary, "pieces of the tokenizer");
  number("--context", options->config.context, "positions of a sequence");
  number("--steps", options->steps, "updates of the weights");
  number("--batch", options->batch, "sequences in a step");
  number("--learning-rate", options->learning_rate, "the highest");
  number("--warmup", options->warmup_steps, "steps up to it");
  number("--decay", options->decay_steps, "steps down to zero at the end");
  number("--seed", options->seed, "of the first weights and of the order of the text");
  number("--validate-every", options->validation_interval, "steps between measurements");
  command->add_flag("--resume", options->resume, "go on from the folder's training.state");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
