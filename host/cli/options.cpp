#include "host/cli/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "host/cli/terminal.h"
#include "host/compiler/compile.h"
#include "host/error/error.h"
#include "host/runtime/embedded_firmware.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/golden_run.h"
#include "host/waves/record.h"
#include "sim/distributed/serve.h"
#include "sim/make_engine.h"

namespace tessera {
namespace {

// host/model/shipped, beside the sources or where the program was installed to.
std::filesystem::path shipped_folder() {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& folder :
       {program / "../../host/model/shipped", program / "../share/tessera/models/shipped",
        std::filesystem::path(TESSERA_SHIPPED_MODELS)}) {
    if (std::filesystem::exists(folder / "model.bin", ignored)) return folder.lexically_normal();
  }
  fail(ErrorKind::kInput, "{}/model.bin: the shipped model is not there, should be named with --model FILE",
       TESSERA_SHIPPED_MODELS);
}

// An empty text is what a script gives whose variable is not set; it must not mean the default.
CLI::Validator not_empty() {
  return CLI::Validator(
      [](std::string& text) {
        return text.empty() ? std::string("is empty, should be given or left out") : "";
      },
      "");
}

}  // namespace

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("--model", options.model, "llama2.c checkpoint (default: the shipped model)")
      ->check(not_empty())
      ->type_name("FILE");
  command
      .add_option("--tokenizer", options.tokenizer, "its tokenizer (default: tokenizer.bin beside the model)")
      ->check(not_empty())
      ->type_name("FILE");
}

void add_wafer_options(CLI::App& command, WaferOptions& options) {
  command.add_option("--wafer", options.file, "settings of the wafer (default: the built-in one)")
      ->check(not_empty())
      ->type_name("FILE.yaml");
  command.add_option("--size", options.size, "another size, without dead tiles unless --wafer has some")
      ->check(not_empty())
      ->type_name("COLSxROWS");
  command.add_option("--dead", options.dead_tiles, "a dead tile; may be given again")
      ->type_name("X,Y")
      ->allow_extra_args(false);
  command.add_option("--dead-link", options.dead_links, "a dead link, as 3,4,east; may be given again")
      ->type_name("X,Y,DIRECTION")
      ->allow_extra_args(false);
  command.add_option("--in-flight", options.in_flight, "tokens on the wafer at a time, 1 to 4")
      ->type_name("N");
  command.add_option("--context", options.context, "positions of a sequence (default: the model's)")
      ->type_name("N");
}

void add_engine_options(CLI::App& command, EngineChoice& choice) {
  command
      .add_option("--engine", choice.name,
                  "tiled, flat (the reference; small wafers only), or distributed (under mpirun)")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--threads", choice.threads,
                  "of the tiled engine, or of each rank; auto: as many as are faster")
      ->capture_default_str()
      ->type_name("N|auto");
  command
      .add_option("--evaluation", choice.evaluation, "of a tile: direct, or eval (Verilator's own; slower)")
      ->capture_default_str()
      ->type_name("WAY");
  command.add_flag("--no-skip", choice.no_skip, "evaluate sleeping tiles too (slower, the same run)");
  command.add_flag("--audit", choice.audit, "... and fail when that changes anything in one of them");
}

void add_prompt_options(CLI::App& command, PromptOptions& options) {
  command.add_option("--prompt", options.prompt, "the text to go on from")
      ->capture_default_str()
      ->type_name("TEXT");
  command.add_option("--tokens", options.tokens, "tokens to generate")->capture_default_str()->type_name("N");
  command.add_option("--temperature", options.temperature, "0: always the likeliest token; else 0.01 to 10")
      ->capture_default_str()
      ->type_name("T");
  command.add_option("--seed", options.seed, "of the sampling; the same seed gives the same text")
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--ignore-eos", options.ignore_eos, "go on behind the end of a text");
}

void add_flip_option(CLI::App& command, std::vector<std::string>& flips) {
  command
      .add_option("--flip-bit", flips,
                  "break a bit of a tile's memory after loading, to see it found; may be given again")
      ->type_name("TILE:ADDRESS:BIT")
      ->allow_extra_args(false);
}

LoadedModel load_model(const ModelOptions& options) {
  LoadedModel loaded;
  std::filesystem::path tokenizer = options.tokenizer;
  if (options.model.empty()) {
    loaded.model_path = (shipped_folder() / "model.bin").string();
  } else {
    loaded.model_path = options.model;
  }
  loaded.model = read_checkpoint(loaded.model_path);
  if (tokenizer.empty()) tokenizer = std::filesystem::path(loaded.model_path).parent_path() / "tokenizer.bin";
  loaded.tokenizer = read_tokenizer(tokenizer.string(), loaded.model.config.vocabulary);
  return loaded;
}

sim::EngineOptions engine_options(const EngineChoice& choice) {
  sim::EngineOptions options;
  options.threads = 0;
  if (choice.threads != "auto") {
    const char* end = choice.threads.data() + choice.threads.size();
    const auto [rest, error] = std::from_chars(choice.threads.data(), end, options.threads);
    if (error != std::errc() || rest != end || options.threads < 1 || options.threads > 1024)
      fail(ErrorKind::kConfig, "--threads: {} should be 1 to 1024, or auto", choice.threads);
  }
  if (choice.evaluation == "eval") {
    options.evaluation = sim::Evaluation::kEval;
  } else if (choice.evaluation != "direct") {
    fail(ErrorKind::kConfig, "--evaluation: {} should be direct or eval", choice.evaluation);
  }
  options.skip = !choice.no_skip;
  options.audit = choice.audit;
  return options;
}

std::unique_ptr<sim::Engine> make_engine(const EngineChoice& choice, const WaferConfig& config,
                                         std::vector<std::uint32_t> work_by_row) {
  sim::EngineOptions options = engine_options(choice);
  options.work_by_row = std::move(work_by_row);
  return sim::make_engine(choice.name, engine_shape(config), options);
}

std::vector<std::uint32_t> work_by_row(const Image& image) {
  std::vector<std::uint32_t> work(image.wafer.rows);
  for (const TileImage& tile : image.tiles) ++work[tile.position.y];
  return work;
}

std::string describe_engine(const EngineChoice& choice, const sim::Engine& engine) {
  std::string text = choice.name + " engine";
  if (choice.name == "distributed")
    text += fmt::format(" on {} {}", engine.ranks(), engine.ranks() == 1 ? "rank" : "ranks");
  return text;
}

JoinedRanks::JoinedRanks(const EngineChoice& choice) {
  if (choice.name != "distributed") return;
  ranks_ = std::make_unique<sim::Ranks>();
  if (served()) sim::serve(*ranks_);
}

void override_settings(const WaferOptions& options, WaferConfig& config) {
  if (options.in_flight) config.in_flight = *options.in_flight;
  if (options.context) config.context = *options.context;
}

WaferConfig make_wafer_config(const WaferOptions& options) {
  WaferConfig config;
  if (!options.file.empty()) {
    config = read_wafer_config(options.file);
  } else if (options.size.empty()) {
    config = default_wafer_config();
  }
  if (!options.size.empty()) parse_size(options.size, "--size", config);
  for (const std::string& tile : options.dead_tiles) config.dead_tiles.push_back(parse_tile(tile, "--dead"));
  for (const std::string& link : options.dead_links)
    config.dead_links.push_back(parse_link(link, "--dead-link"));
  override_settings(options, config);
  validate_wafer_config(config, options.file.empty() ? "wafer" : options.file);
  return config;
}

std::vector<BitFlip> read_bit_flips(const std::vector<std::string>& flips, const Image& image) {
  std::vector<BitFlip> read;
  for (std::string flip : flips) {
    const size_t end = flip.find(':');
    if (end != std::string::npos && flip.find_first_of("abcdefghijklmnopqrstuvwxyz") < end) {
      const TilePosition tile = find_kernel_tile(image, flip.substr(0, end), "--flip-bit");
      flip.replace(0, end, fmt::format("{},{}", tile.x, tile.y));
    }
    read.push_back(parse_bit_flip(flip, "--flip-bit"));
    check_bit_flip(read.back(), image.wafer, "--flip-bit");
  }
  return read;
}

GenerationRequest make_request(const PromptOptions& options, const Tokenizer& tokenizer, int context) {
  if (options.tokens < 1) fail(ErrorKind::kRequest, "--tokens: {} should be 1 or more", options.tokens);
  GenerationRequest request;
  request.prompt = tokenizer.encode(options.prompt);
  request.tokens = options.tokens;
  request.temperature = options.temperature;
  request.seed = options.seed;
  request.ignore_end_of_text = options.ignore_eos;
  check_request(request, context, static_cast<int>(tokenizer.pieces.size()));
  make_sampler(request.temperature, request.seed);
  return request;
}

Image compile_image(const QuantizedModel& model, const WaferOptions& options, bool quiet) {
  return compile_image(model, make_wafer_config(options), quiet);
}

Image compile_image(const QuantizedModel& model, const WaferConfig& config, bool quiet) {
  ProgressLine progress(!quiet);
  return compile(model, config, embedded_firmware(), [&](const std::string& line) {
    progress.show("compiling: " + line.substr(0, line.find('\n')));
  });
}

std::string describe_model(const FloatModel& model) {
  const ModelConfig& config = model.config;
  const long long dim = config.dim;
  const long long layer = dim * dim * 2 + 2 * dim * config.kv_dim() + 3 * dim * config.hidden_dim + 2 * dim;
  const long long parameters = dim * config.vocabulary * (config.tied ? 1 : 2) + config.layers * layer + dim;
  return fmt::format("dim {}, {} layers, {} heads, vocabulary {}, {} parameters", config.dim, config.layers,
                     config.heads, config.vocabulary, parameters);
}

TextOutput::TextOutput(const std::string& path) : path_(path) {
  if (wanted() && !to_stdout()) file_.emplace(path);
}

void TextOutput::write(const std::string& text) {
  if (to_stdout()) {
    fmt::print("{}", text);
    std::fflush(stdout);
  } else if (file_) {
    file_->write(text.data(), text.size());
    file_->commit();
  }
}

}  // namespace tessera
