#include "host/bench/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "host/bench/variants.h"

namespace tessera::bench {
namespace {

// "12.3k", "4.56M"
std::string rate(double value) {
  if (value >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.3g}", value);
}

std::string megabytes(double bytes) { return fmt::format("{:.1f}", bytes / 1e6); }

bool alike(const Row& a, const Row& b) {
  return a.load == b.load && a.columns == b.columns && a.rows == b.rows && a.asked_tiles == b.asked_tiles;
}

const Row* flat_beside(const std::vector<Row>& rows, const Row& row) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& other) {
    return other.engine == "flat" && alike(row, other);
  });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::string describe(const std::vector<Row>& rows) {
  std::string text;
  const auto out = std::back_inserter(text);
  const Row* previous = nullptr;
  for (const Row& row : rows) {
    if (previous == nullptr || !alike(*previous, row)) {
      fmt::format_to(out, "\n{} x {} tiles, {}, {:.4g} % awake ({:.4g} tiles)\n", row.columns, row.rows,
                     row.load, row.awake_percent, row.awake_tiles);
      fmt::format_to(out, "  {:<28}{:>10}{:>8}{:>10}{:>12}{:>10}{:>10}{:>10}\n", "", "cycles/s", "+-",
                     "ns/awake", "reference", "tokens/s", "MB", "x flat");
    }
    const Row* flat = flat_beside(rows, row);
    fmt::format_to(
        out, "  {:<28}{:>10}{:>8}{:>10.1f}{:>12.1f}{:>10}{:>10}{:>10}\n",
        std::string(find_variant(row.engine).label) + (row.checked ? ", checked" : ""),
        rate(row.cycles_per_second.value), fmt::format("{:.0f} %", 50 * row.cycles_per_second.spread()),
        row.ns_per_awake_tile_cycle.value, row.reference_ns.value,
        row.tokens_per_second.value == 0 ? "" : fmt::format("{:.1f}", row.tokens_per_second.value),
        megabytes(row.peak_rss_bytes.value),
        flat == nullptr ? ""
                        : fmt::format("{:.2f}", ratio_of(row.cycles_per_second, flat->cycles_per_second)));
    previous = &row;
  }
  return text;
}

std::string describe_builds(const std::vector<Row>& rows) {
  std::string text =
      fmt::format("{:<36}{:>12}{:>12}{:>12}\n", model_toolchain(), "compile s", "wall s", "MB");
  std::set<std::tuple<ModelKind, int, int>> told;
  for (const Row& row : rows) {
    const Variant& variant = find_variant(row.engine);
    const bool sized = variant.model != ModelKind::kTile;
    if (!told.insert({variant.model, sized ? row.columns : 0, sized ? row.rows : 0}).second) continue;
    const std::string name =
        sized ? fmt::format("{}, {} x {}", variant.label, row.columns, row.rows) : "the tile";
    fmt::format_to(std::back_inserter(text), "{:<36}{:>12.1f}{:>12.1f}{:>12}\n", name, row.compile_seconds,
                   row.build_seconds, megabytes(static_cast<double>(row.binary_bytes)));
  }
  return text;
}

}  // namespace tessera::bench
