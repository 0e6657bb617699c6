#include "tests/sim/configurations/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "sim/distributed/distributed_engine.h"
#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"
#include "tests/sim/random_wafer.h"

namespace tessera::sim {
namespace {

constexpr int kWays = 4;         // of a wafer
constexpr int kMostThreads = 4;  // of all ranks together, too: more than cores are slow
constexpr int kMostRanks = 4;
constexpr uint64_t kCycles = 1500;  // in which messages are sent

// Twice as often the tiled engine, which has most to choose.
Way draw_way(const WaferShape& shape, bool flat, std::mt19937& random) {
  const unsigned engine = random() % (flat ? 4 : 3);
  if (engine == 3) return {.engine = EngineKind::kFlat, .options = {}};
  Way way;
  way.options.evaluation = random() % 2 == 0 ? Evaluation::kDirect : Evaluation::kEval;
  way.options.skip = random() % 2 == 0;
  way.options.audit = random() % 4 == 0;
  if (engine == 2) {
    way.engine = EngineKind::kDistributed;
    way.ranks = static_cast<int>(1 + random() % std::min(kMostRanks, shape.rows));
    way.options.threads = static_cast<int>(1 + random() % (kMostThreads / way.ranks));
  } else {
    way.options.threads = static_cast<int>(random() % (kMostThreads + 1));
  }
  return way;
}

// Of a size in which there is a flat engine, or of any.
Case draw_case(unsigned seed, int flat_columns = 0, int flat_rows = 0) {
  std::mt19937 random(seed);
  const bool flat = flat_columns != 0;
  Case drawn;
  drawn.seed = seed;
  drawn.shape =
      flat ? with_random_defects(flat_columns, flat_rows, random) : random_wafer(random, kMostRanks);
  drawn.traffic_seed = static_cast<unsigned>(random());
  while (drawn.ways.size() < kWays) {
    const Way way = draw_way(drawn.shape, flat, random);
    const auto is_way = [&](const Way& other) { return describe(way) == describe(other); };
    if (!is_way({}) && std::ranges::none_of(drawn.ways, is_way)) drawn.ways.push_back(way);
  }
  return drawn;
}

std::unique_ptr<Engine> make(const WaferShape& shape, const Way& way) {
  switch (way.engine) {
    case EngineKind::kFlat:
      return std::make_unique<FlatEngine>(shape);
    case EngineKind::kTiled:
      return std::make_unique<TiledEngine>(shape, way.options);
    case EngineKind::kDistributed:
      break;
  }
  return std::make_unique<DistributedEngine>(shape, way.options, *Ranks::of_process());
}

}  // namespace

std::string describe(const Way& way) {
  if (way.engine == EngineKind::kFlat) return "flat engine";
  const EngineOptions& options = way.options;
  std::string text = "tiled engine,";
  if (way.engine == EngineKind::kDistributed)
    text = fmt::format("distributed engine, {} {} of", way.ranks, way.ranks == 1 ? "rank" : "ranks");
  if (options.threads == 0)
    text += " automatic threads";
  else
    text += fmt::format(" {} {}", options.threads, options.threads == 1 ? "thread" : "threads");
  text += options.evaluation == Evaluation::kEval ? ", eval()" : ", direct";
  return text + (options.audit ? ", sleepers audited" : options.skip ? ", sleepers skipped" : ", no skip");
}

std::vector<Case> draw_cases() {
  // Seeds in a row in which all there is to choose is chosen.
  return {draw_case(10, 2, 2), draw_case(11, 3, 2), draw_case(12, 4, 4),
          draw_case(13),       draw_case(14),       draw_case(15)};
}

TrafficResult run_way(const Case& from, const Way& way) {
  return run_traffic(*make(from.shape, way), from.traffic_seed, {}, kCycles);
}

std::string to_text(const TrafficResult& result) {
  std::string text = fmt::format(
      "link hash {:016x}, {} messages, quiet in cycle {}, {} awake tile-cycles, sent {:016x}, by block",
      result.link_hash, result.messages, result.end_cycle, result.awake_tile_cycles, result.sent_hash);
  for (const LinkHash::Subtotal& subtotal : result.subtotals)
    text += fmt::format(" {}:{:016x}", subtotal.block, subtotal.sum);
  return text;
}

}  // namespace tessera::sim
