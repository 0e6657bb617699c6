#include "host/train/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numbers>

#include "host/error/error.h"
#include "host/model/tokenizer.h"
#include "host/model/validate.h"
#include "host/train/batches.h"
#include "host/train/bpe.h"
#include "host/train/parameters.h"
#include "host/train/training_state.h"
#include "host/train/transformer.h"

namespace tessera {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_options(const TrainOptions& options) {
  validate_config(options.config, "training options");
  const auto at_least = [](const char* name, double value, double least) {
    if (!(value >= least)) fail(ErrorKind::kConfig, "{} is {}, expected at least {}", name, value, least);
  };
  at_least("steps", options.steps, 1);
  at_least("batch", options.batch, 1);
  at_least("context", options.config.context, 2);
  at_least("warmup_steps", options.warmup_steps, 0);
  at_least("decay_begin", options.decay_begin, 0);
  at_least("decay_steps", options.decay_steps, 0);
  at_least("cooldown_steps", options.cooldown_steps, 0);
  at_least("learning_rate", options.learning_rate, 0);
  at_least("clip", options.clip, 1e-6);
  at_least("report_interval", options.report_interval, 1);
  at_least("validation_interval", options.validation_interval, 1);
  at_least("validation_stride", options.validation_stride, 1);
  if (!std::filesystem::is_directory(options.output_folder)) {
    fail(ErrorKind::kConfig, "{}: the output folder does not exist", options.output_folder);
  }
}

// The loss over windows of a stream, without touching the weights.
TextLoss measure_windows(const FloatModel& model, const Tokenizer& tokenizer, const TokenStream& stream,
                         const std::vector<int>& starts, Workspace& workspace) {
  TransposedWeights transposed;
  refresh_transposes(model, transposed);
  Window window;
  TextLoss loss;
  double nats = 0.0;
  std::int64_t bytes = 0;
  for (const int start : starts) {
    fill_window(stream, start, workspace.length, window);
    forward_sequence(model, transposed, window.tokens, workspace);
    nats += cross_entropy(model.config, window.targets, 0.0f, workspace);
    bytes += count_bytes(tokenizer, window.targets);
    loss.tokens += workspace.length;
  }
  loss.nats_per_token = nats / static_cast<double>(loss.tokens);
  loss.bits_per_byte = nats / std::numbers::ln2 / static_cast<double>(bytes);
  return loss;
}

// A run in progress: the texts as tokens, and everything a step works on.
struct Run {
  const TrainOptions& options;
  Tokenizer tokenizer;
  TokenStream training, validation;
  TrainingState state;
  FloatModel gradient;
  TransposedWeights transposed;
  Workspace workspace;
  Window window;

  std::string path(const char* name) const {
    return (std::filesystem::path(options.output_folder) / name).string();
  }

  // One update; returns the mean loss of its windows before it. Sets `norm` to the gradient's.
  double step(float learning_rate, double& norm) {
    const int length = options.config.context;
    const float scale = 1.0f / static_cast<float>(options.batch * length);
    refresh_transposes(state.model, transposed);
    set_to_zero(gradient);
    double loss = 0.0;
    for (int i = 0; i < options.batch; ++i) {
      fill_window(training, choose_start(training, options.seed, state.step, i), length, window);
      forward_sequence(state.model, transposed, window.tokens, workspace);
      loss += cross_entropy(options.config, window.targets, scale, workspace);
      backward_sequence(state.model, window.tokens, workspace, gradient);
    }
    norm = clip_gradient(gradient, options.clip);
    ++state.step;
    adamw_step(state.model, gradient, state.moments, options.adam, learning_rate, state.step);
    return loss / (static_cast<double>(options.batch) * length);
  }

  // Measures the held-out text, keeps the weights if they are the best so far, and saves the run's state.
  double validate(const std::vector<int>& starts) {
    const TextLoss loss = measure_windows(state.model, tokenizer, validation, starts, workspace);
    if (!std::isfinite(loss.nats_per_token)) {
      fail(ErrorKind::kInput, "training diverged at step {}: the validation loss is not a number",
           state.step);
    }
    if (state.best_step == 0 || loss.nats_per_token < state.best_validation) {
      state.best_step = state.step;
      state.best_validation = loss.nats_per_token;
      write_checkpoint(path("model.bin"), state.model);
    }
    write_training_state(path("training.state"), state);
    return loss.nats_per_token;
  }
};

Run start_run(const TrainOptions& options) {
  check_options(options);
  const Corpus corpus = read_corpus(options.corpus);
  Run run{options, train_tokenizer(corpus.training, options.config.vocabulary), {}, {}, {}, {}, {}, {}, {}};
  write_tokenizer(run.path("tokenizer.bin"), run.tokenizer);
  run.training = make_token_stream(run.tokenizer, corpus.training);
  run.validation = make_token_stream(run.tokenizer, corpus.validation);
  keep_whole_windows(run.training, options.config.context, "training");
  keep_whole_windows(run.validation, options.config.context, "validation");
  const std::string saved = run.path("training.state");
  const bool resume = options.resume && std::filesystem::exists(saved);
  run.state = resume ? read_training_state(saved, options.config, options.seed)
                     : make_training_state(options.config, options.seed);
  run.gradient = make_zero_model(options.config);
  run.workspace = make_workspace(options.config, options.config.context);
  return run;
}

TrainReport make_report(Run& run) {
  const int length = run.options.config.context;
  const FloatModel best = read_checkpoint(run.path("model.bin"));
  const std::vector<int> held_out = successive_starts(run.validation, length, 1);
  const std::vector<int> seen = successive_starts(run.training, length, 1);
  const int thinning = std::max(1, static_cast<int>(seen.size() / held_out.size()));
  const TextLoss validation = measure_windows(best, run.tokenizer, run.validation, held_out, run.workspace);
  const TextLoss training = measure_windows(best, run.tokenizer, run.training,
                                            successive_starts(run.training, length, thinning), run.workspace);
  TrainReport report;
  report.parameters = count_parameters(run.options.config);
  report.training_tokens = static_cast<std::int64_t>(run.training.tokens.size());
  report.validation_tokens = validation.tokens;
  report.best_step = run.state.best_step;
  report.training_loss = training.nats_per_token;
  report.validation_loss = validation.nats_per_token;
  report.validation_bits_per_byte = validation.bits_per_byte;
  return report;
}

}  // namespace

TrainReport train(const TrainOptions& options, const std::function<void(const TrainProgress&)>& progress) {
  const Clock::time_point started = Clock::now();
  Run run = start_run(options);
  const std::vector<int> held_out =
      successive_starts(run.validation, options.config.context, options.validation_stride);
  const Schedule schedule{options.learning_rate, options.warmup_steps,   options.decay_begin,
                          options.decay_steps,   options.cooldown_steps, options.steps};
  double loss_sum = 0.0;
  int losses = 0;
  Clock::time_point last_report = Clock::now();
  while (run.state.step < options.steps) {
    TrainProgress now;
    now.steps = options.steps;
    now.learning_rate = learning_rate_at(schedule, run.state.step + 1);
    loss_sum += run.step(static_cast<float>(now.learning_rate), now.gradient_norm);
    now.step = run.state.step;
    ++losses;
    const bool last = now.step == options.steps;
    const bool measure = last || now.step % options.validation_interval == 0;
    if (!measure && now.step % options.report_interval != 0) continue;
    now.tokens_per_second =
        static_cast<double>(losses) * options.batch * options.config.context / seconds_since(last_report);
    if (measure) now.validation_loss = run.validate(held_out);
    now.training_loss = loss_sum / losses;
    if (progress) progress(now);
    loss_sum = 0.0;
    losses = 0;
    last_report = Clock::now();
  }
  TrainReport report = make_report(run);
  report.seconds = seconds_since(started);
  return report;
}

TextLoss measure_text(const FloatModel& model, const Tokenizer& tokenizer,
                      const std::vector<std::string>& chapters, int stride) {
  TokenStream stream = make_token_stream(tokenizer, chapters);
  keep_whole_windows(stream, model.config.context, "measured");
  Workspace workspace = make_workspace(model.config, model.config.context);
  return measure_windows(model, tokenizer, stream, successive_starts(stream, model.config.context, stride),
                         workspace);
}

}  // namespace tessera
