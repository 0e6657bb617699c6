#include "host/runtime/snapshot_file.h"

#include <algorithm>
#include <array>
#include <bit>

#include "host/error/error.h"
#include "sim/byte_stream.h"

namespace tessera {
namespace {

constexpr std::uint32_t kSavedRunVersion = 1;

// In the order of a checkpoint's header.
std::array<std::uint32_t, 8> shape_of(const ModelConfig& model) {
  std::array<std::uint32_t, 8> shape;
  std::ranges::transform(std::array<int, 8>{model.dim, model.hidden_dim, model.layers, model.heads,
                                            model.kv_heads, model.vocabulary, model.context, model.tied},
                         shape.begin(), [](int number) { return static_cast<std::uint32_t>(number); });
  return shape;
}

void put_tokens(sim::ByteWriter& out, const std::vector<int>& tokens) {
  out.put<std::uint64_t>(tokens.size());
  for (const int token : tokens) out.put(static_cast<std::uint32_t>(token));
}

std::vector<int> get_tokens(sim::ByteReader& in) {
  std::vector<int> tokens(in.get_count(4));
  for (int& token : tokens) token = static_cast<int>(in.get<std::uint32_t>());
  return tokens;
}

void put_request(sim::ByteWriter& out, const SavedRequest& saved) {
  put_tokens(out, saved.request.prompt);
  out.put(static_cast<std::uint32_t>(saved.request.tokens));
  out.put(std::bit_cast<std::uint64_t>(saved.request.temperature));
  out.put(saved.request.seed);
  out.put<std::uint32_t>(saved.request.ignore_end_of_text);
  put_tokens(out, saved.sequence);
  out.put<std::uint64_t>(saved.answers.size());
  for (const AnsweredPosition& answer : saved.answers) {
    out.put(static_cast<std::uint32_t>(answer.position));
    out.put(static_cast<std::uint32_t>(answer.token));
    out.put(answer.admitted);
    out.put(answer.answered);
  }
  out.put(static_cast<std::uint32_t>(saved.finished));
  out.put(saved.sampler_state);
  out.put(static_cast<std::uint32_t>(saved.slot));
  out.put(static_cast<std::uint32_t>(saved.next_tag));
  out.put(saved.begin_cycle);
  out.put(saved.last_answer_cycle);
}

SavedRequest get_request(sim::ByteReader& in) {
  SavedRequest saved;
  saved.request.prompt = get_tokens(in);
  saved.request.tokens = static_cast<int>(in.get<std::uint32_t>());
  saved.request.temperature = std::bit_cast<double>(in.get<std::uint64_t>());
  saved.request.seed = in.get<std::uint32_t>();
  saved.request.ignore_end_of_text = in.get_below<std::uint32_t>(2, "a mark") != 0;
  saved.sequence = get_tokens(in);
  saved.answers.resize(in.get_count(24));
  for (AnsweredPosition& answer : saved.answers) {
    answer.position = static_cast<int>(in.get<std::uint32_t>());
    answer.token = static_cast<int>(in.get<std::uint32_t>());
    answer.admitted = in.get<std::uint64_t>();
    answer.answered = in.get<std::uint64_t>();
  }
  constexpr auto kReasons = static_cast<std::uint64_t>(FinishReason::kContext) + 1;
  saved.finished = static_cast<FinishReason>(in.get_below<std::uint32_t>(kReasons, "a reason"));
  saved.sampler_state = in.get<std::uint32_t>();
  saved.slot = static_cast<int>(in.get<std::uint32_t>());
  saved.next_tag = static_cast<int>(in.get<std::uint32_t>());
  saved.begin_cycle = in.get<std::uint64_t>();
  saved.last_answer_cycle = in.get<std::uint64_t>();
  return saved;
}

}  // namespace

void save_snapshot(sim::Engine& engine, std::span<const std::uint8_t> host, OutputFile& file) {
  sim::write_snapshot(engine, host,
                      [&](std::span<const std::uint8_t> bytes) { file.write(bytes.data(), bytes.size()); });
  file.commit();
}

sim::WaferSnapshot load_snapshot(const std::string& path) {
  InputFile file = open_input(path, "a snapshot of a wafer");
  return sim::read_snapshot(file.stream, file.bytes, path);
}

std::vector<std::uint8_t> pack(const SavedRun& run) {
  sim::ByteWriter out;
  out.put(kSavedRunVersion);
  out.put_sized({reinterpret_cast<const std::uint8_t*>(run.wafer.data()), run.wafer.size()});
  for (const std::uint32_t number : shape_of(run.model)) out.put(number);
  out.put(run.image_hash);
  put_request(out, run.request);
  return out.bytes();
}

SavedRun unpack_saved_run(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (bytes.empty())
    fail(ErrorKind::kInput, "{}: a snapshot of a wafer alone, without a text to go on with", name);
  sim::ByteReader in(bytes, name + ": the saved text");
  const auto version = in.get<std::uint32_t>();
  if (version != kSavedRunVersion)
    fail(ErrorKind::kInput, "{}: a saved text of version {}, should be {}", name, version, kSavedRunVersion);
  SavedRun run;
  const auto wafer = in.get_sized();
  run.wafer.assign(wafer.begin(), wafer.end());
  for (int* number : {&run.model.dim, &run.model.hidden_dim, &run.model.layers, &run.model.heads,
                      &run.model.kv_heads, &run.model.vocabulary, &run.model.context})
    *number = static_cast<int>(in.get<std::uint32_t>());
  run.model.tied = in.get_below<std::uint32_t>(2, "a mark") != 0;
  run.image_hash = in.get<std::uint64_t>();
  run.request = get_request(in);
  in.finish();
  return run;
}

void require_model_shape(const SavedRun& run, const ModelConfig& model, const std::string& name) {
  if (shape_of(run.model) != shape_of(model))
    fail(ErrorKind::kEngine,
         "{}: another model (dim {}, {} layers, vocabulary {}) than this one (dim {}, {}, {})", name,
         run.model.dim, run.model.layers, run.model.vocabulary, model.dim, model.layers, model.vocabulary);
}

void save_run(EnginePort& port, const Image& image, const Session& session, int request, OutputFile& file) {
  if (!port.settled())
    fail(ErrorKind::kEngine, "cycle {}: the host has messages under way, which a snapshot would lose",
         port.cycle());
  save_snapshot(
      port.engine(),
      pack({describe(image.wafer), image.graph.shape.config, image_hash(image), session.save(request)}),
      file);
}

void restore_run(EnginePort& port, const Image& image, const SavedRun& run, sim::WaferSnapshot snapshot,
                 const std::string& path) {
  const std::uint64_t hash = image_hash(image);
  if (hash != run.image_hash)
    fail(ErrorKind::kEngine,
         "{}: another model or another program of its wafer ({:016x}) than here ({:016x})", path,
         run.image_hash, hash);
  port.restore(std::move(snapshot));
}

}  // namespace tessera
