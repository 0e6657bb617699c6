// tessera run: generate text through the wafer.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/cli/wafer_source.h"
#include "host/error/error.h"
#include "host/runtime/run.h"
#include "host/runtime/snapshot_file.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(Every tensor that leaves a tile is compared with the golden model.
Exit status: 0 all agreed, 1 something differed or the wafer failed, 2 the input was wrong.

Examples:
  tessera run --prompt "In the beginning" --tokens 100
  tessera run --size 12x12 --dead 3,4 --dead 7,7 --profile
  tessera run --temperature 0.8 --seed 7 --json run.json
  tessera run --connect unix:/tmp/wafer               on a wafer that tessera wafer hosts
  tessera run --tokens 100 --save text.snapshot && tessera run --restore text.snapshot --tokens 20
  tessera run --tokens 8 --flip-bit "layer 0 qkv 0:0x480:6"      a fault on purpose, and where it is found
  tessera run --model stories260K.bin --tokenizer tok512.bin --engine tiled
  mpirun -n 2 tessera run --engine distributed)";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  SourceOptions source;
  PromptOptions prompt;
  std::string load = "control";
  std::vector<std::string> flips;
  std::string json;
  std::string save;
  std::string restore;
  bool quiet = false;
  bool no_check = false;
  bool profile = false;
};

LoadMode load_mode(const std::string& name) {
  if (name == "control") return LoadMode::kControl;
  if (name == "backdoor") return LoadMode::kBackDoor;
  fail(ErrorKind::kConfig, "--load: {} should be control or backdoor", name);
}

// Prints a text token by token.
class TextStream {
 public:
  TextStream(const Tokenizer& tokenizer, const std::vector<int>& prompt, bool quiet)
      : tokenizer_(tokenizer), quiet_(quiet) {
    for (const int token : prompt) add(token, true);
    text_.clear();
  }
  void add(int token, bool of_prompt = false) {
    if (!of_prompt || previous_ >= 0) {
      const std::string piece = tokenizer_.decode(previous_, token);
      text_ += piece;
      if (!quiet_) fmt::print("{}", piece);
    }
    previous_ = token;
    if (!quiet_ && stdout_is_terminal()) std::fflush(stdout);
  }
  const std::string& text() const { return text_; }

 private:
  const Tokenizer& tokenizer_;
  bool quiet_;
  int previous_ = -1;
  std::string text_;
};

// A snapshot that the run begins with.
struct Restored {
  sim::WaferSnapshot wafer;
  SavedRun run;
};

std::optional<Restored> load_restored(const std::string& path) {
  if (path.empty()) return std::nullopt;
  Restored restored;
  restored.wafer = load_snapshot(path);
  restored.run = unpack_saved_run(restored.wafer.host, path);
  require_unfinished_text(restored.run.request);
  return restored;
}

// Before anything is compiled, or a model of the engine is built, which takes minutes.
void require_snapshots(const Options& options) {
  const std::string& engine = options.source.engine.name;
  if (engine == "tiled" || engine == "distributed" || (options.save.empty() && options.restore.empty()))
    return;
  fail(ErrorKind::kConfig, "--engine: the {} engine has no snapshots, should be tiled or distributed",
       engine);
}

int execute(const Options& options) {
  const JoinedRanks ranks(options.source.engine);
  if (ranks.served()) return 0;
  require_snapshots(options);
  TextOutput output(options.json);
  std::optional<OutputFile> snapshot;
  if (!options.save.empty()) snapshot.emplace(options.save);
  std::optional<Restored> restored = load_restored(options.restore);
  const LoadMode mode = load_mode(options.load);
  WaferSource source =
      restored ? WaferSource(parse_wafer_config(restored->run.wafer, options.restore), options.source.engine)
               : WaferSource(options.wafer, options.source);
  const LoadedModel loaded = load_model(options.model);
  if (restored) require_model_shape(restored->run, loaded.model.config, options.restore);
  const QuantizedModel model = quantize(loaded.model, loaded.model_path);
  const WaferConfig& config = source.config();
  // A prompt that cannot be is refused before anything takes long.
  const int context = config.context == 0 ? loaded.model.config.context
                                          : std::min(config.context, loaded.model.config.context);
  RunOptions run_options;
  run_options.load = mode;
  run_options.check = !options.no_check;
  if (restored && options.prompt.tokens < 1)
    fail(ErrorKind::kRequest, "--tokens: {} should be 1 or more", options.prompt.tokens);
  if (restored)
    run_options.request.tokens = options.prompt.tokens;
  else
    run_options.request = make_request(options.prompt, loaded.tokenizer, context);

  const bool quiet = options.quiet || output.to_stdout();
  const Image image = compile_image(model, config, quiet);
  const std::vector<BitFlip> flips = read_bit_flips(options.flips, image);
  const std::unique_ptr<WaferPort> port = source.power_on(image);
  EnginePort* simulated = source.simulated();
  if (restored) {
    restore_run(*simulated, image, restored->run, std::move(restored->wafer), options.restore);
    run_options.resume = restored->run.request;
  }
  if (!quiet) {
    fmt::print("wafer: {}\n", source.describe());
    fmt::print("model: {}, on {} tiles and {} that only forward, {} tokens in flight\n",
               describe_model(loaded.model), image.graph.kernels.size(),
               image.tiles.size() - image.graph.kernels.size(), image.in_flight);
    for (const BitFlip& flip : flips) fmt::print("fault: {}\n", describe(flip, image));
    fmt::print("\n");
    std::fflush(stdout);
  }
  ProgressLine progress(!quiet);
  std::unique_ptr<TextStream> text;
  const auto loaded_wafer = [&] {
    apply_bit_flips(*port, flips);
    progress.clear();
    const auto& resume = run_options.resume;
    const std::vector<int>& prompt = resume ? resume->request.prompt : run_options.request.prompt;
    text = std::make_unique<TextStream>(loaded.tokenizer, prompt, quiet);
    if (resume) {
      for (size_t i = prompt.size(); i < resume->sequence.size(); ++i) text->add(resume->sequence[i]);
    }
  };
  RunReport report = run(
      *port, image, model, run_options,
      {.loading = [&](const ControlProgress& at) { progress.show_share("loading", at.words_done, at.words); },
       .loaded = loaded_wafer,
       .generated = [&](int token) { text->add(token); },
       .answered = {},
       .finished =
           [&](const Session& session, int request) {
             if (snapshot) save_run(*simulated, image, session, request, *snapshot);
           }});
  report.engine = source.engine();
  report.ranks = port->workers().ranks;
  report.threads = port->workers().threads;
  report.text = text->text();
  if (!quiet) {
    fmt::print("\n\n{}", describe(report));
    if (options.profile) fmt::print("{}", describe_profile(report));
  }
  std::fflush(stdout);
  if (output.wanted()) output.write(to_json(report));
  if (report.first_mismatch) fmt::print(stderr, "tessera: mismatch: {}\n", describe(*report.first_mismatch));
  if (!report.error.empty()) fmt::print(stderr, "tessera: {}\n", report.error);
  return exit_status(report);
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  options->prompt = {.prompt = "It was a", .tokens = 48};
  CLI::App* command = app.add_subcommand("run", "generate text through the wafer, every tensor compared");
  add_prompt_options(*command, options->prompt);
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  add_source_options(*command, options->source);
  command->add_option("--load", options->load, "control: through the fabric; backdoor: memories at once")
      ->capture_default_str()
      ->type_name("WAY");
  add_flip_option(*command, options->flips);
  command->add_option("--json", options->json, "write the report to a file (- is stdout)")->type_name("FILE");
  CLI::Option* save =
      command->add_option("--save", options->save, "write the wafer and the text to a file, to go on later")
          ->type_name("FILE");
  CLI::Option* restore =
      command->add_option("--restore", options->restore, "go on with a text that was saved, by --tokens more")
          ->type_name("FILE");
  for (const char* other : {"--prompt", "--temperature", "--seed", "--ignore-eos", "--wafer", "--size",
                            "--dead", "--dead-link", "--in-flight", "--context", "--load"})
    restore->excludes(command->get_option(other));  // of them the file tells
  // A snapshot is of a wafer in this process.
  for (CLI::Option* option : {save, restore}) option->excludes(command->get_option("--connect"));
  command->add_flag("--no-check", options->no_check, "do not compare with the golden model");
  command->add_flag("--profile", options->profile, "say where a token's cycles go");
  command->add_flag("--quiet", options->quiet, "no text and no table, only the exit status");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
