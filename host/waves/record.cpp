#include "host/waves/record.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <system_error>
#include <utility>

#include "host/error/error.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/hang.h"
#include "host/runtime/loader.h"
#include "host/runtime/watch.h"
#include "host/waves/save_file.h"
#include "sim/tiled_engine.h"

namespace tessera {
namespace {

constexpr std::uint64_t kForEver = std::numeric_limits<std::uint64_t>::max();

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

TilePosition first_tile(const Image& image, int layer, std::initializer_list<Operator> operators) {
  for (size_t kernel = 0; kernel < image.graph.kernels.size(); ++kernel) {
    const Kernel& entry = image.graph.kernels[kernel];
    if (entry.layer == layer && std::find(operators.begin(), operators.end(), entry.op) != operators.end())
      return image.kernel_tiles[kernel];
  }
  fail(ErrorKind::kConfig, "waves: layer {} has no such tile", layer);
}

// The loaded wafer, its tokens and what is recorded of them.
class Recording {
 public:
  Recording(const Image& image, const WaveRequest& request) : image_(image), request_(request) {}

  WaveReport run();

 private:
  void prepare();
  void run_session();
  void admitted(const AdmittedToken& token);
  void answered(const AdmittedToken& token);

  const Image& image_;
  const WaveRequest& request_;
  WaveReport report_;
  std::unique_ptr<EnginePort> port_;
  sim::TileWaves* waves_ = nullptr;
  std::unique_ptr<Watch> watch_;
  bool over_ = false;
};

void Recording::prepare() {
  std::error_code error;
  std::filesystem::create_directories(request_.folder, error);
  if (error)
    fail(ErrorKind::kInput, "{}: {}, should be a folder for the waveforms", request_.folder.string(),
         error.message());
  report_.trace = request_.folder / "wafer.fst";
  report_.save_file = request_.folder / "wafer.gtkw";
  auto engine = std::make_unique<sim::TiledEngine>(engine_shape(image_.wafer));
  sim::WaveOptions options{report_.trace, {}};
  for (const TilePosition tile : request_.tiles) {
    check_tile(image_.wafer, tile, "waves");
    options.tiles.push_back(engine->shape().index(tile.x, tile.y));
  }
  waves_ = &engine->trace(options);
  port_ = std::make_unique<EnginePort>(std::move(engine));
  load(*port_, image_, LoadMode::kBackDoor, {});
  apply_bit_flips(*port_, request_.flips);
}

void Recording::admitted(const AdmittedToken& token) {
  watch_->admit(token);
  if (request_.cycles || static_cast<std::uint64_t>(token.position) != request_.tokens.first) return;
  report_.cycles = {port_->cycle(), kForEver};
  waves_->set_window(report_.cycles.first, report_.cycles.last);
}

void Recording::answered(const AdmittedToken& token) {
  watch_->retire(token.tag);
  if (!request_.cycles && static_cast<std::uint64_t>(token.position) == request_.tokens.last) over_ = true;
}

void Recording::run_session() {
  watch_ = std::make_unique<Watch>(image_, nullptr);
  port_->set_observer(watch_.get());
  SessionEvents events;
  events.admitted = [&](const AdmittedToken& token) { admitted(token); };
  events.answered = [&](const AdmittedToken& token) { answered(token); };
  events.describe_hang = [&](int tag) { return describe_hang(*watch_, tag, port_->cycle()); };
  Session session(*port_, image_, events);
  session.add(request_.request);
  while (session.step()) {
    if (!watch_->tile_errors().empty())
      fail(ErrorKind::kFabric, "{}", describe(image_, watch_->tile_errors().front()));
    if (over_ || (request_.cycles && port_->cycle() > request_.cycles->last)) return;
  }
}

WaveReport Recording::run() {
  prepare();
  if (request_.cycles) {
    report_.cycles = *request_.cycles;
    waves_->set_window(report_.cycles.first, report_.cycles.last);
  }
  try {
    run_session();
  } catch (const Error& error) {
    // What led to it is what one wants to see.
    if (error.kind() != ErrorKind::kFabric) throw;
    report_.error = error.what();
  }
  port_->set_observer(nullptr);
  report_.link_hash = port_->link_hash();
  report_.recorded = waves_->recorded_cycles();
  report_.cycles.last = std::min(report_.cycles.last, port_->cycle() - 1);
  waves_->close();
  if (report_.recorded == 0)
    fail(ErrorKind::kConfig, "waves: nothing ran in the window, the run ended in cycle {}{}", port_->cycle(),
         report_.error.empty() ? "" : ": " + report_.error);
  report_.missing = write_save_file(image_, request_.tiles, report_.trace, report_.save_file).missing;
  return std::move(report_);
}

}  // namespace

Span parse_span(const std::string& text, const std::string& option) {
  const size_t colon = text.find(':');
  Span span;
  const std::string_view first = std::string_view(text).substr(0, colon);
  const std::string_view last = colon == std::string::npos ? first : std::string_view(text).substr(colon + 1);
  if (!parse_number(first, span.first) || !parse_number(last, span.last) || span.first > span.last)
    fail(ErrorKind::kConfig, "{}: {} should be FIRST:LAST, such as 0:3", option, text);
  return span;
}

TilePosition find_kernel_tile(const Image& image, const std::string& name, const std::string& option) {
  for (size_t kernel = 0; kernel < image.graph.kernels.size(); ++kernel) {
    // Whole words, so that "qkv 1" is not "qkv 10".
    if ((" " + kernel_name(image.graph.kernels[kernel]) + " ").find(" " + name + " ") != std::string::npos)
      return image.kernel_tiles[kernel];
  }
  fail(ErrorKind::kConfig, "{}: no kernel is called {} (tessera compile --tiles lists them)", option, name);
}

std::vector<TilePosition> usual_tiles(const Image& image) {
  return {first_tile(image, 0, {Operator::kAttentionNorm}), first_tile(image, 0, {Operator::kQkv}),
          first_tile(image, 0, {Operator::kAttention})};
}

WaveReport record_waves(const Image& image, const WaveRequest& request) {
  return Recording(image, request).run();
}

}  // namespace tessera
