// tessera debug waves: waveforms of chosen tiles.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/error/error.h"
#include "host/waves/record.h"

namespace tessera {
namespace {

constexpr const char* kFooter =
    R"(A tile is stated by its place, or by the kernel on it. Without either: a stripe, a linear and an attention
tile of layer 0. A nanosecond in the file is a cycle of the wafer, counted from the end of loading.
Exit status: 0, 1 when the wafer failed (the files are complete up to there), 2 the input was wrong.

Examples:
  tessera debug waves
  tessera debug waves --kernel "layer 1 attention" --tokens 2:3
  tessera debug waves --tile 3,4 --tile 4,4 --cycles 20000:21000 --out somewhere)";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  PromptOptions prompt;
  std::vector<std::string> tiles;
  std::vector<std::string> kernels;
  std::vector<std::string> flips;
  std::string tokens;
  std::string cycles;
  std::string out = "out/waves";
  bool no_viewer = false;
};

// The program's full path; "" when it is not installed.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string program = folder + "/" + name;
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

bool has_display() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  return set("DISPLAY") || set("WAYLAND_DISPLAY");
}

// Starts the viewer and lets it live on its own. Twice forked, so that nobody has to wait for it.
void open_viewer(const std::string& program, const std::string& save_file) {
  const pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) {
      setsid();
      if (std::freopen("/dev/null", "w", stdout) != nullptr &&
          std::freopen("/dev/null", "w", stderr) != nullptr)
        execl(program.c_str(), program.c_str(), save_file.c_str(), static_cast<char*>(nullptr));
    }
    _exit(0);
  }
  if (child > 0) waitpid(child, nullptr, 0);
}

void show(const std::string& save_file, bool no_viewer) {
  const std::string viewer = find_program("gtkwave");
  if (!no_viewer && has_display() && !viewer.empty()) {
    open_viewer(viewer, save_file);
    fmt::print("opened in GTKWave\n");
  } else {
    fmt::print("to look at them: gtkwave {}{}\n", save_file,
               viewer.empty() ? "  (Debian: apt-get install gtkwave)" : "");
  }
}

std::vector<TilePosition> chosen_tiles(const Options& options, const Image& image) {
  std::vector<TilePosition> tiles;
  for (const std::string& tile : options.tiles) tiles.push_back(parse_tile(tile, "--tile"));
  for (const std::string& kernel : options.kernels) tiles.push_back(find_kernel_tile(image, kernel));
  return tiles.empty() ? usual_tiles(image) : tiles;
}

int execute(Options options) {
  WaveRequest request;
  if (!options.tokens.empty() && !options.cycles.empty())
    fail(ErrorKind::kConfig, "--tokens and --cycles: only one of them can say what is recorded");
  if (!options.cycles.empty()) request.cycles = parse_span(options.cycles, "--cycles");
  if (!options.tokens.empty()) request.tokens = parse_span(options.tokens, "--tokens");
  const LoadedModel loaded = load_model(options.model);
  const Image image = compile_image(quantize(loaded.model, loaded.model_path), options.wafer, false);
  request.request = make_request(options.prompt, loaded.tokenizer, image.context);
  request.tiles = chosen_tiles(options, image);
  request.flips = read_bit_flips(options.flips, image);
  request.folder = options.out;
  for (const TilePosition tile : request.tiles) check_tile(image.wafer, tile, "--tile");

  const WaveReport report = record_waves(image, request);
  fmt::print("cycles {} to {} of {} tiles:\n  {}\n  {}\n", report.cycles.first, report.cycles.last,
             request.tiles.size(), report.trace.string(), report.save_file.string());
  for (const std::string& path : report.missing) fmt::print("not in the trace: {}\n", path);
  if (!report.error.empty()) {
    std::fflush(stdout);
    fmt::print(stderr, "tessera: {}\n", report.error);
  }
  show(report.save_file.string(), options.no_viewer);
  return report.error.empty() ? 0 : 1;
}

}  // namespace

void add_debug_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  options->prompt = {.prompt = "It was a", .tokens = 48};
  CLI::App* debug = app.add_subcommand("debug", "look into a run");
  debug->require_subcommand(1);
  debug->footer("What each takes: tessera debug waves --help, tessera debug trace --help");
  add_trace_command(*debug, status);
  CLI::App* command = debug->add_subcommand("waves", "waveforms of chosen tiles, with a GTKWave save file");
  command->add_option("--tile", options->tiles, "a tile; may be given again")
      ->type_name("X,Y")
      ->allow_extra_args(false);
  command->add_option("--kernel", options->kernels, "the first tile of a kernel; may be given again")
      ->type_name("NAME")
      ->allow_extra_args(false);
  // Not the prompt's tokens: positions of the sequence.
  command->add_option("--tokens", options->tokens, "positions to record (default: 0, the first)")
      ->type_name("FIRST:LAST");
  command->add_option("--cycles", options->cycles, "cycles to record, as other reports name them")
      ->type_name("FIRST:LAST");
  command->add_option("--prompt", options->prompt.prompt, "the text to go on from")
      ->capture_default_str()
      ->type_name("TEXT");
  command->add_option("--generate", options->prompt.tokens, "tokens to generate, at most")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--temperature", options->prompt.temperature, "as of the run that is looked at")
      ->capture_default_str()
      ->type_name("T");
  command->add_option("--seed", options->prompt.seed, "as of the run that is looked at")
      ->capture_default_str()
      ->type_name("N");
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  add_flip_option(*command, options->flips);
  command->add_option("--out", options->out, "folder for the files")
      ->capture_default_str()
      ->type_name("FOLDER");
  command->add_flag("--no-viewer", options->no_viewer, "do not open GTKWave");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
