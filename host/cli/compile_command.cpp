// tessera compile: what a model would be on a wafer, without running it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"

namespace tessera {
namespace {

constexpr const char* kFooter = R"(Examples:
  tessera compile --size 24x24 --tiles
  tessera compile --model big.bin --wafer big.yaml --json image.json)";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  std::string json;
  bool tiles = false;
};

std::string describe_tiles(const Image& image) {
  std::string text = "tile      kernel                      SRAM bytes   share  registers  loaded, from-to\n";
  for (const TileImage& tile : image.tiles) {
    text += fmt::format("{:<9} {:<26} {:>11}  {:>4.0f} %  {:>9} ",
                        fmt::format("{},{}", tile.position.x, tile.position.y),
                        tile.kernel < 0 ? "(forwards only)" : tile.name, tile.sram_used,
                        100.0 * tile.sram_used / rtl::kSramBytes, tile.registers.size());
    for (const Segment& segment : tile.sram)
      text += fmt::format(" {:#x}-{:#x}", segment.address, segment.address + segment.bytes.size() - 1);
    text += '\n';
  }
  return text;
}

int execute(const Options& options) {
  TextOutput output(options.json);
  const LoadedModel loaded = load_model(options.model);
  const Image image =
      compile_image(quantize(loaded.model, loaded.model_path), options.wafer, output.to_stdout());
  if (!output.to_stdout()) {
    fmt::print("  {:<12}{}\n{}", "model", describe_model(loaded.model), describe(image));
    if (options.tiles) fmt::print("\n{}", describe_tiles(image));
  }
  if (output.wanted()) output.write(to_json(image));
  return 0;
}

}  // namespace

void add_compile_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("compile", "compile a model for a wafer and say what came out");
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  command->add_option("--json", options->json, "write the image's map to a file (- is stdout)")
      ->type_name("FILE");
  command->add_flag("--tiles", options->tiles, "list every tile with its memory use");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
