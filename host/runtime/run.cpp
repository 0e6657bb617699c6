#include "host/runtime/run.h"

#include <chrono>
#include <memory>

#include "host/error/error.h"
#include "host/runtime/hang.h"

namespace tessera {
namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Takes the observer away again, however a run ends.
class Observing {
 public:
  Observing(WaferPort& port, sim::EngineObserver* observer) : port_(port) { port_.set_observer(observer); }
  ~Observing() { port_.set_observer(nullptr); }
  Observing(const Observing&) = delete;
  Observing& operator=(const Observing&) = delete;

 private:
  WaferPort& port_;
};

void add_placement(const Image& image, RunReport& report) {
  report.columns = image.wafer.columns;
  report.rows = image.wafer.rows;
  report.dead_tiles = static_cast<int>(image.wafer.dead_tiles.size());
  report.clock_mhz = image.wafer.clock_mhz;
  report.kernel_tiles = static_cast<int>(image.graph.kernels.size());
  report.used_tiles = static_cast<int>(image.tiles.size());
}

void add_session(const Session& session, int number, RunReport& report) {
  const RequestState& state = session.request(number);
  report.token_ids.assign(state.generated().begin(), state.generated().end());
  report.finished = finish_reason_name(state.finished);
  report.positions = session.positions();
  report.cycles = session.last_answer_cycle() - session.begin_cycle();
  for (const AnsweredPosition& answer : state.answers)
    report.position_cycles.push_back(answer.answered - answer.admitted);
}

void add_watch(const Watch& watch, RunReport& report) {
  report.compared = watch.compared();
  report.mismatches = watch.mismatches();
  report.first_mismatch = watch.first_mismatch();
}

// The golden model's caches as after the positions that the wafer has answered.
void replay(Golden& golden, const SavedRequest& saved) {
  for (const AnsweredPosition& answer : saved.answers)
    golden.forward(saved.slot, answer.position, saved.sequence[answer.position]);
}

void add_counters(WaferPort& port, const Image& image, RunReport& report) {
  const std::vector<std::vector<std::uint32_t>> counters = read_counters(port, image);
  report.counters.clear();
  std::vector<OperatorCounters> by_operator(kOperators);
  std::uint64_t mac = 0;
  for (size_t i = 0; i < image.tiles.size(); ++i) {
    if (image.tiles[i].kernel < 0) continue;
    const Operator op = image.graph.kernels[image.tiles[i].kernel].op;
    OperatorCounters& entry = by_operator[static_cast<int>(op)];
    entry.op = op;
    ++entry.tiles;
    for (size_t counter = 0; counter < entry.sums.size(); ++counter)
      entry.sums[counter] += counters[i][counter];
    mac += counters[i][rtl::kCounterMac];
  }
  for (const OperatorCounters& entry : by_operator) {
    if (entry.tiles > 0) report.counters.push_back(entry);
  }
  if (report.cycles > 0 && report.kernel_tiles > 0)
    report.mac_utilisation =
        static_cast<double>(mac) / (static_cast<double>(report.cycles) * report.kernel_tiles);
}

}  // namespace

RunReport run(WaferPort& port, const Image& image, const QuantizedModel& model, const RunOptions& options,
              const RunEvents& events) {
  RunReport report;
  add_placement(image, report);
  report.checked = options.check;
  report.prompt_ids = options.resume ? options.resume->request.prompt : options.request.prompt;

  auto begin = std::chrono::steady_clock::now();
  if (!options.resume) report.load = load(port, image, options.load, events.loading);
  std::unique_ptr<Golden> golden = options.check ? std::make_unique<Golden>(model) : nullptr;
  Watch watch(image, golden.get());
  Profiler profiler(watch.table());
  const Observing observing(port, &watch);
  SessionEvents session_events;
  session_events.admitted = [&](const AdmittedToken& token) { watch.admit(token); };
  session_events.answered = [&](const AdmittedToken& token) {
    const WatchedToken& watched = watch.retire(token.tag);
    profiler.add(watched);
    if (events.answered) events.answered(watched);
  };
  session_events.generated = [&](int, int token) {
    if (events.generated) events.generated(token);
  };
  session_events.describe_hang = [&](int tag) { return describe_hang(watch, tag, port.cycle()); };

  Session session(port, image, session_events);
  const int number =
      options.resume ? session.resume(*options.resume, options.request.tokens) : session.add(options.request);
  if (options.resume) {
    report.restored_positions = session.positions();
    report.restored_awake_tile_cycles = port.statistics().awake_tile_cycles;
    if (golden) replay(*golden, *options.resume);
  }
  report.load_seconds = seconds_since(begin);
  if (events.loaded) events.loaded();
  begin = std::chrono::steady_clock::now();
  try {
    while (session.step()) {
      if (!watch.tile_errors().empty())
        fail(ErrorKind::kFabric, "{}", describe(image, watch.tile_errors().front()));
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kFabric) throw;
    report.error = error.what();
  }
  report.wall_seconds = seconds_since(begin);
  report.link_hash = port.link_hash();
  report.awake_tile_cycles = port.statistics().awake_tile_cycles;
  add_session(session, number, report);
  add_watch(watch, report);
  if (profiler.profile().tokens > 0) report.profile = profiler.profile();
  if (report.error.empty()) {
    if (events.finished) events.finished(session, number);
    run_to_quiescence(port, "after the last answer");
    add_counters(port, image, report);
  }
  return report;
}

}  // namespace tessera
