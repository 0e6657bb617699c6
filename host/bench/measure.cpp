#include "host/bench/measure.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <string>

#include "host/compiler/compile.h"
#include "host/error/error.h"
#include "host/model/quantize.h"
#include "host/runtime/embedded_firmware.h"
#include "host/runtime/run.h"

namespace tessera::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kFirstCycles = 64;
constexpr int kPrompt[] = {1, 20, 30, 40};  // ids that every vocabulary has

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of this process, and not of the one it was forked from.
std::uint64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

Row new_row(const Variant& variant, const char* load, int columns, int rows) {
  Row row;
  row.engine = variant.name;
  row.load = load;
  row.columns = columns;
  row.rows = rows;
  row.threads = variant.threads;
  row.ranks = variant.ranks;
  row.calibration = calibrate();
  return row;
}

void add_speed(Row& row, std::uint64_t cycles, std::uint64_t awake_tile_cycles, double seconds) {
  const auto awake = static_cast<double>(awake_tile_cycles);
  row.cycles = cycles;
  row.awake_tiles = awake / static_cast<double>(cycles);
  row.awake_percent = 100 * row.awake_tiles / row.tiles();
  row.cycles_per_second = static_cast<double>(cycles) / seconds;
  row.ns_per_awake_tile_cycle = seconds * 1e9 / awake;
  row.reference_ns = at_reference(row.ns_per_awake_tile_cycle.value, row.calibration);
  row.peak_rss_bytes = static_cast<double>(peak_rss_bytes());
}

}  // namespace

Row measure_load(const Variant& variant, LoadKind kind, int columns, int rows, int awake, double seconds) {
  const Load load = plan_load(kind, columns, rows, awake);
  Row row = new_row(variant, load_name(kind), columns, rows);
  row.asked_tiles = awake;

  Clock::time_point begin = Clock::now();
  sim::WaferShape shape;
  shape.columns = columns;
  shape.rows = rows;
  EnginePort port(make_variant(variant, shape));
  start_load(port, load);
  row.start_seconds = seconds_since(begin);

  sim::Engine& engine = port.engine();
  engine.run_until(engine.cycle() + kCheckCycles);
  row.check_cycle = engine.cycle();
  row.link_hash = hash_text(engine.link_hash());

  const std::uint64_t awake_before = engine.statistics().awake_tile_cycles;
  const std::uint64_t cycle_before = engine.cycle();
  std::uint64_t chunk = kFirstCycles;
  double chunk_seconds = 0;
  begin = Clock::now();
  for (double elapsed = 0; elapsed < seconds;) {
    engine.run_until(engine.cycle() + chunk);
    const double now = seconds_since(begin);
    chunk_seconds = now - elapsed;
    elapsed = now;
    if (chunk_seconds < seconds / 8) chunk *= 2;
  }
  const double measured = seconds_since(begin);
  add_speed(row, engine.cycle() - cycle_before, engine.statistics().awake_tile_cycles - awake_before,
            measured);
  return row;
}

Row measure_model(const Variant& variant, const ModelLoad& load, const FloatModel& model,
                  const WaferConfig& wafer, bool check) {
  const QuantizedModel quantized = quantize(model);
  const Image image = compile(quantized, wafer, embedded_firmware());
  Row row = new_row(variant, load.name, wafer.columns, wafer.rows);
  row.checked = check;

  const Clock::time_point begin = Clock::now();
  EnginePort port(make_variant(variant, engine_shape(wafer)));
  RunOptions options;
  options.load = LoadMode::kBackDoor;
  options.check = check;
  options.request.prompt.assign(std::begin(kPrompt), std::end(kPrompt));
  options.request.tokens = load.tokens;
  options.request.ignore_end_of_text = true;
  RunEvents events;
  events.loaded = [&] { row.start_seconds = seconds_since(begin); };
  const RunReport report = run(port, image, quantized, options, events);
  if (!report.error.empty()) fail(ErrorKind::kFabric, "{} engine: {}", variant.name, report.error);
  if (report.first_mismatch)
    fail(ErrorKind::kFabric, "{} engine: mismatch: {}", variant.name, describe(*report.first_mismatch));

  row.check_cycle = report.cycles;
  row.link_hash = hash_text(report.link_hash);
  row.tokens_per_second = static_cast<double>(report.positions) / report.wall_seconds;
  add_speed(row, report.cycles, report.awake_tile_cycles, report.wall_seconds);
  return row;
}

}  // namespace tessera::bench
