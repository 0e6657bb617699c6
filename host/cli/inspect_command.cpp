// tessera inspect: where everything lies on the wafer.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/terminal.h"
#include "host/compiler/draw.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(Examples:
  tessera inspect
  tessera inspect --size 20x12 --dead 3,4 --svg wafer.svg)";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  std::string svg;
};

int execute(const Options& options) {
  TextOutput output(options.svg);
  const LoadedModel loaded = load_model(options.model);
  const bool quiet = output.to_stdout();
  const Image image = compile_image(quantize(loaded.model, loaded.model_path), options.wafer, quiet);
  if (!quiet) fmt::print("{}\n{}", draw_text(image, stdout_is_terminal()), describe(image));
  if (output.wanted()) output.write(draw_svg(image));
  return 0;
}

}  // namespace

void add_inspect_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "draw where every operator lies");
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  command->add_option("--svg", options->svg, "write a picture with all streams to a file (- is stdout)")
      ->type_name("FILE");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
