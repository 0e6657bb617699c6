// Options that several commands share.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "host/config/wafer_config.h"
#include "host/model/checkpoint.h"
#include "host/model/files.h"
#include "host/model/quantize.h"
#include "host/model/tokenizer.h"
#include "host/runtime/bit_flip.h"
#include "host/runtime/session.h"
#include "sim/distributed/ranks.h"
#include "sim/engine.h"
#include "sim/engine_options.h"

namespace tessera {

struct ModelOptions {
  std::string model;      // "": the shipped one
  std::string tokenizer;  // "": tokenizer.bin beside the model
};

struct WaferOptions {
  std::string file;  // "": the default wafer
  std::string size;
  std::vector<std::string> dead_tiles;
  std::vector<std::string> dead_links;
  std::optional<int> in_flight;  // not given: as the wafer says
  std::optional<int> context;
};

struct EngineChoice {
  std::string name = "tiled";
  std::string threads = "auto";
  std::string evaluation = "direct";
  bool no_skip = false;
  bool audit = false;
};

// The other ranks of the job, with the distributed engine: to be made first in a command. In a rank that does
// not lead, it serves the one that does until that is through; then there is nothing else to be done.
class JoinedRanks {
 public:
  explicit JoinedRanks(const EngineChoice& choice);
  bool served() const { return ranks_ && !ranks_->leads(); }

 private:
  std::unique_ptr<sim::Ranks> ranks_;
};

struct PromptOptions {
  std::string prompt;
  int tokens = 0;
  double temperature = 0;
  std::uint32_t seed = 1;
  bool ignore_eos = false;
};

void add_model_options(CLI::App& command, ModelOptions& options);
void add_wafer_options(CLI::App& command, WaferOptions& options);
void add_engine_options(CLI::App& command, EngineChoice& choice);
void add_prompt_options(CLI::App& command, PromptOptions& options);
// Faults to put in, as written: X,Y:ADDRESS:BIT, or a kernel's name instead of X,Y.
void add_flip_option(CLI::App& command, std::vector<std::string>& flips);

struct LoadedModel {
  std::string model_path;
  FloatModel model;
  Tokenizer tokenizer;
};

LoadedModel load_model(const ModelOptions& options);
// Throws Error(kConfig) for what cannot be.
sim::EngineOptions engine_options(const EngineChoice& choice);
std::unique_ptr<sim::Engine> make_engine(const EngineChoice& choice, const WaferConfig& config,
                                         std::vector<std::uint32_t> work_by_row = {});
// Tiles in use, for EngineOptions::work_by_row.
std::vector<std::uint32_t> work_by_row(const Image& image);
// "tiled engine", "distributed engine on 2 ranks"
std::string describe_engine(const EngineChoice& choice, const sim::Engine& engine);
WaferConfig make_wafer_config(const WaferOptions& options);
// Of a wafer that is there already: what is not its shape.
void override_settings(const WaferOptions& options, WaferConfig& config);
std::vector<BitFlip> read_bit_flips(const std::vector<std::string>& flips, const Image& image);
// Throws Error(kRequest) when the prompt does not fit the context.
GenerationRequest make_request(const PromptOptions& options, const Tokenizer& tokenizer, int context);

// Reads, quantizes and compiles; with a line of progress on a terminal.
Image compile_image(const QuantizedModel& model, const WaferOptions& options, bool quiet);
Image compile_image(const QuantizedModel& model, const WaferConfig& config, bool quiet);

// "llama, dim 96, 4 layers, 492384 parameters"
std::string describe_model(const FloatModel& model);

// A file that is written at the end, whole or not at all; "-" is stdout, "" nowhere. That it can be written
// is found out at the beginning, before anything takes long.
class TextOutput {
 public:
  explicit TextOutput(const std::string& path);
  bool wanted() const { return !path_.empty(); }
  bool to_stdout() const { return path_ == "-"; }
  void write(const std::string& text);

 private:
  std::string path_;
  std::optional<OutputFile> file_;
};

}  // namespace tessera
