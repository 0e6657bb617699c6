// tessera debug trace: every message of one token, in the order in which they left their tiles.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/wafer_source.h"
#include "host/error/error.h"
#include "host/runtime/run.h"

namespace tessera {
namespace {

constexpr const char* kFooter =
    R"(Cycles count from the end of loading; a message lasts from its header to its last word at the producer's ramp.

Examples:
  tessera debug trace
  tessera debug trace --connect unix:/tmp/wafer
  tessera debug trace --position 5 --kernel "layer 0")";

struct Options {
  ModelOptions model;
  WaferOptions wafer;
  SourceOptions source;
  PromptOptions prompt;
  std::string kernel;
  std::vector<std::string> flips;
  int position = 0;
};

std::string describe(const ImageMessage& message) {
  const MessageTensor& tensor = message.tensor;
  if (tensor.count == 0) return message_format_name(tensor.format);
  return fmt::format("{} {}[{}..{}] layer {}", message_format_name(tensor.format), op_name(tensor.op),
                     tensor.first, tensor.first + tensor.count - 1, tensor.layer);
}

void print(const Image& image, const WatchedToken& token, const std::string& filter) {
  std::vector<size_t> order;
  for (size_t i = 0; i < image.messages.size(); ++i) {
    if (!token.messages[i].ended) continue;
    if (kernel_name(image.graph.kernels[image.messages[i].kernel]).find(filter) == std::string::npos)
      continue;
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return token.messages[a].begin < token.messages[b].begin; });
  fmt::print("token {} at position {}, admitted in cycle {}\n\n", token.token.token, token.token.position,
             token.token.admitted);
  fmt::print("{:>8} {:>8}  {:>5}  {:<26} {:>5} {:>4} {:>5}  {}\n", "begin", "last", "tile", "kernel", "color",
             "part", "words", "what");
  for (const size_t i : order) {
    const ImageMessage& message = image.messages[i];
    fmt::print("{:>8} {:>8}  {:>2},{:<2}  {:<26} {:>5} {:>4} {:>5}  {}\n", token.messages[i].begin,
               token.messages[i].last, message.tile.x, message.tile.y,
               kernel_name(image.graph.kernels[message.kernel]), message.color, message.part, message.words,
               describe(message));
  }
}

int execute(Options options) {
  const JoinedRanks ranks(options.source.engine);
  if (ranks.served()) return 0;
  WaferSource source(options.wafer, options.source);
  const LoadedModel loaded = load_model(options.model);
  const QuantizedModel model = quantize(loaded.model, loaded.model_path);
  const Image image = compile_image(model, source.config(), true);
  const std::vector<BitFlip> flips = read_bit_flips(options.flips, image);
  if (options.position < 0 || options.position >= image.context)
    fail(ErrorKind::kRequest, "--position: {} should be within the context, 0 to {}", options.position,
         image.context - 1);
  RunOptions run_options;
  options.prompt.tokens = std::max(1, options.position + 1);
  options.prompt.ignore_eos = true;
  run_options.request = make_request(options.prompt, loaded.tokenizer, image.context);
  const std::unique_ptr<WaferPort> port = source.power_on(image);
  const RunReport report = run(*port, image, model, run_options,
                               {.loading = {},
                                .loaded = [&] { apply_bit_flips(*port, flips); },
                                .generated = {},
                                .answered =
                                    [&](const WatchedToken& token) {
                                      if (token.token.position == options.position)
                                        print(image, token, options.kernel);
                                    },
                                .finished = {}});
  if (!report.error.empty()) fmt::print(stderr, "tessera: {}\n", report.error);
  return exit_status(report);
}

}  // namespace

void add_trace_command(CLI::App& debug, int& status) {
  const auto options = std::make_shared<Options>();
  options->prompt = {.prompt = "It was a"};
  CLI::App* command = debug.add_subcommand("trace", "every message of one token, in order of time");
  command->add_option("--prompt", options->prompt.prompt, "the text to go on from")
      ->capture_default_str()
      ->type_name("TEXT");
  command->add_option("--position", options->position, "the token, counted from 0")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--kernel", options->kernel, "only kernels whose name has this in it")
      ->type_name("NAME");
  add_source_options(*command, options->source);
  add_model_options(*command, options->model);
  add_wafer_options(*command, options->wafer);
  add_flip_option(*command, options->flips);
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
