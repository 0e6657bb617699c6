#include "host/bench/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "host/bench/load.h"

namespace tessera::bench {
namespace {

using Number = std::optional<double>;

// The worst of several rows, and which it is.
struct Worst {
  Number number;
  std::string where;

  Worst() = default;
  Worst(Number one, std::string of = {})
      : number(one), where(std::move(of)) {}  // NOLINT: one row is the worst of one

  void take_least(Number other, const Row& row) {
    if (other && (!number || *other < *number)) *this = Worst(other, name(row));
  }
  void take_greatest(Number other, const Row& row) {
    if (other && (!number || *other > *number)) *this = Worst(other, name(row));
  }
  static std::string name(const Row& row) {
    return row.asked_tiles == 0
               ? fmt::format("{} x {}, {}", row.columns, row.rows, row.load)
               : fmt::format("{} x {}, {}, {} awake", row.columns, row.rows, row.load, row.asked_tiles);
  }
};

constexpr const char* kLoad = "mixed";
constexpr const char* kModel = "shipped_model";
constexpr int kSmallLoad = 256;    // awake tiles that an L2 is meant to hold
constexpr int kThreadsPay = 1000;  // awake tiles from which a second thread has to pay
constexpr int kRanksPay = 4000;

class Rows {
 public:
  explicit Rows(const std::vector<Row>& rows) : rows_(rows) {}

  const Row* find(std::string_view engine, std::string_view load, int columns, int rows, int asked,
                  bool checked = false) const {
    for (const Row& row : rows_) {
      if (row.engine == engine && row.load == load && row.columns == columns && row.rows == rows &&
          row.asked_tiles == asked && row.checked == checked)
        return &row;
    }
    return nullptr;
  }
  // The row of another engine under the same load.
  const Row* beside(const Row& row, std::string_view engine) const {
    return find(engine, row.load, row.columns, row.rows, row.asked_tiles, row.checked);
  }

  // How much faster `engine` is than `other` under a share of awake tiles.
  Number speedup(std::string_view engine, std::string_view other, int side, double percent) const {
    const int asked = awake_tiles(side, side, percent);
    return ratio(find(engine, kLoad, side, side, asked), find(other, kLoad, side, side, asked));
  }
  // The least speedup of one engine over another over all rows that `chosen` accepts.
  Worst least_speedup(std::string_view engine, const std::function<const Row*(const Row&)>& other,
                      const std::function<bool(const Row&)>& chosen) const {
    Worst least;
    for (const Row& row : rows_) {
      if (row.engine == engine && chosen(row)) least.take_least(ratio(&row, other(row)), row);
    }
    return least;
  }
  Worst greatest(const std::function<Number(const Row&)>& value) const {
    Worst most;
    for (const Row& row : rows_) most.take_greatest(value(row), row);
    return most;
  }

  static Number ratio(const Row* row, const Row* other) {
    if (row == nullptr || other == nullptr || other->cycles_per_second.value == 0) return {};
    return ratio_of(row->cycles_per_second, other->cycles_per_second);
  }

 private:
  const std::vector<Row>& rows_;
};

// By how much the same awake tiles cost more on a large wafer than on a small one; the worse of two loads.
Worst large_over_small(const Rows& rows) {
  Worst most;
  for (const double percent : {5, 25}) {
    const int asked = awake_tiles(32, 32, percent);
    const Row* small = rows.find("tiled", kLoad, 32, 32, asked);
    const Row* large = rows.find("tiled", kLoad, 128, 128, asked);
    if (small == nullptr || large == nullptr) continue;
    most.take_greatest(ratio_of(large->ns_per_awake_tile_cycle, small->ns_per_awake_tile_cycle), *large);
  }
  return most;
}

Number of(const Row* row, const Figure Row::*figure) {
  if (row == nullptr) return {};
  return (row->*figure).value;
}

Number tokens_ratio(const Row* row, const Row* other) {
  if (row == nullptr || other == nullptr || other->tokens_per_second.value == 0) return {};
  return ratio_of(row->tokens_per_second, other->tokens_per_second);
}

}  // namespace

std::vector<TargetResult> judge(const std::vector<Row>& all) {
  const Rows rows(all);
  std::vector<TargetResult> results;
  const auto at_least = [&](const char* what, double bound, const Worst& measured) {
    results.push_back({what, bound, true, measured.number, measured.where});
  };
  const auto at_most = [&](const char* what, double bound, const Worst& measured) {
    results.push_back({what, bound, false, measured.number, measured.where});
  };
  const auto one_thread = [&](const Row& row) { return rows.beside(row, "tiled"); };
  const auto better_choice = [&](const Row& row) {
    const Row* one = rows.beside(row, "tiled");
    const Row* two = rows.beside(row, "threaded");
    if (one == nullptr || two == nullptr) return static_cast<const Row*>(nullptr);
    return one->cycles_per_second.value > two->cycles_per_second.value ? one : two;
  };

  at_least("over flat, 4 x 4, all awake", 2.5, rows.speedup("tiled", "flat", 4, 100));
  at_least("over flat, 8 x 8, all awake", 3, rows.speedup("tiled", "flat", 8, 100));
  at_least("over flat, 16 x 16, all awake", 10, rows.speedup("tiled", "flat", 16, 100));
  at_least("over hierarchical, 8 x 8, all awake", 5, rows.speedup("tiled", "hierarchical", 8, 100));
  at_least("over flat, 8 x 8, 5 % awake", 16, rows.speedup("tiled", "flat", 8, 5));
  at_least("over flat, 16 x 16, 5 % awake", 60, rows.speedup("tiled", "flat", 16, 5));
  at_least("skipping over not skipping, 64 x 64, 1 % awake", 60,
           rows.speedup("tiled", "tiled_direct", 64, 1));
  at_most("cost of the same awake tiles in 16,384 over in 1,024", 1.05, large_over_small(rows));
  at_most("ns per awake tile-cycle, up to 256 awake, reference core", 50,
          rows.greatest([](const Row& row) -> Number {
            if (row.engine != "tiled" || row.load != kLoad || row.asked_tiles > kSmallLoad) return {};
            return row.reference_ns.value;
          }));
  at_most("1000 x 1000: seconds to the first cycles", 15,
          of(rows.find("tiled", kLoad, 1000, 1000, kSmallLoad), &Row::start_seconds));
  at_most("1000 x 1000: bytes", 4e9,
          of(rows.find("tiled", kLoad, 1000, 1000, kSmallLoad), &Row::peak_rss_bytes));
  at_most("1000 x 1000: the shipped model's time over its default wafer's", 1.15,
          tokens_ratio(rows.find("tiled", kModel, 16, 16, 0), rows.find("tiled", kModel, 1000, 1000, 0)));
  at_least("2 threads over one, from 1,000 awake", 1.6,
           rows.least_speedup("threaded", one_thread,
                              [](const Row& row) { return row.asked_tiles >= kThreadsPay; }));
  at_least("automatic threads over the better of one and two", 0.95,
           rows.least_speedup("automatic", better_choice, [](const Row&) { return true; }));
  at_least("2 MPI ranks over one, from 4,000 awake", 1.5,
           rows.least_speedup("distributed", one_thread,
                              [](const Row& row) { return row.asked_tiles >= kRanksPay; }));
  at_most("the shipped model's time checked over unchecked", 1.15,
          tokens_ratio(rows.find("tiled", kModel, 16, 16, 0), rows.find("tiled", kModel, 16, 16, 0, true)));
  at_least("the shipped model's tokens a second, checked", 60,
           of(rows.find("tiled", kModel, 16, 16, 0, true), &Row::tokens_per_second));
  return results;
}

std::string describe(const std::vector<TargetResult>& results) {
  std::string text = fmt::format("{:<66}{:>14}{:>16}\n", "target", "", "measured");
  const auto out = std::back_inserter(text);
  for (const TargetResult& result : results) {
    const std::string bound =
        fmt::format("{} {:.4g}", result.at_least ? "at least" : "at most", result.bound);
    const std::string measured = result.measured ? fmt::format("{:.4g}", *result.measured) : "-";
    const char* verdict = !result.measured ? "not measured" : result.met() ? "met" : "NOT MET";
    fmt::format_to(out, "{:<66}{:>14}{:>16}  {}{}\n", result.what, bound, measured, verdict,
                   result.where.empty() ? "" : " (worst: " + result.where + ")");
  }
  return text;
}

}  // namespace tessera::bench
