#include "host/runtime/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace tessera {
namespace {

using Json = nlohmann::ordered_json;

std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

constexpr const char* kCounterNames[rtl::kCounterCount] = {
    "awake",      "core",  "mac",  "map",   "stall_input", "stall_output",
    "stall_sram", "north", "east", "south", "west",        "ramp"};

Json mismatch_json(const Mismatch& mismatch) {
  return {{"request", mismatch.request},
          {"position", mismatch.position},
          {"token", mismatch.token},
          {"layer", mismatch.layer},
          {"op", mismatch.op},
          {"index", mismatch.index},
          {"tile", {mismatch.tile.x, mismatch.tile.y}},
          {"kernel", mismatch.kernel},
          {"cycle", mismatch.cycle},
          {"expected", mismatch.expected},
          {"got", mismatch.got}};
}

std::string entry_name(const ProfileEntry& entry) {
  return entry.part.empty() ? operator_name(entry.op)
                            : fmt::format("{} {}", operator_name(entry.op), entry.part);
}

Json profile_json(const Profile& profile) {
  const auto list = [&](const std::vector<ProfileEntry>& entries) {
    Json json = Json::array();
    for (const ProfileEntry& entry : entries) {
      Json item = {{"operator", entry_name(entry)}};
      if (entry.layer >= 0) item["layer"] = entry.layer;
      item["cycles_per_token"] = static_cast<double>(entry.cycles) / profile.tokens;
      json.push_back(item);
    }
    return json;
  };
  return {
      {"tokens", profile.tokens},
      {"cycles_per_token", profile.tokens == 0 ? 0.0 : static_cast<double>(profile.cycles) / profile.tokens},
      {"operators", list(profile.operators)},
      {"layers", list(profile.layers)}};
}

Json counters_json(const std::vector<OperatorCounters>& counters) {
  Json json = Json::array();
  for (const OperatorCounters& entry : counters) {
    Json item = {{"operator", operator_name(entry.op)}, {"tiles", entry.tiles}};
    for (size_t i = 0; i < entry.sums.size(); ++i) item[kCounterNames[i]] = entry.sums[i];
    json.push_back(item);
  }
  return json;
}

}  // namespace

int exit_status(const RunReport& report) { return report.mismatches > 0 || !report.error.empty() ? 1 : 0; }

std::string to_json(const RunReport& report) {
  Json json;
  json["engine"] = report.engine;
  json["ranks"] = report.ranks;
  json["threads"] = report.threads;
  json["wafer"] = {{"columns", report.columns},       {"rows", report.rows},
                   {"dead_tiles", report.dead_tiles}, {"kernel_tiles", report.kernel_tiles},
                   {"used_tiles", report.used_tiles}, {"clock_mhz", report.clock_mhz}};
  json["prompt_ids"] = report.prompt_ids;
  json["token_ids"] = report.token_ids;
  json["tokens"] = report.token_ids.size();
  json["text"] = report.text;
  json["finished"] = report.finished;
  if (!report.error.empty()) json["error"] = report.error;
  json["checked"] = report.checked;
  json["compared"] = report.compared;
  json["mismatches"] = report.mismatches;
  json["first_mismatch"] = report.first_mismatch ? mismatch_json(*report.first_mismatch) : Json();
  json["link_hash"] = hash_text(report.link_hash);
  json["cycles"] = report.cycles;
  json["positions"] = report.positions;
  json["cycles_per_token"] = report.cycles_per_token();
  json["microseconds_per_token"] = report.microseconds_per_token();
  json["position_cycles"] = report.position_cycles;
  json["load_cycles"] = report.load.cycles;
  json["load_words"] = report.load.words;
  json["mac_utilisation"] = report.mac_utilisation;
  json["awake_tile_cycles"] = report.awake_tile_cycles;
  json["load_seconds"] = report.load_seconds;
  json["wall_seconds"] = report.wall_seconds;
  json["awake_tile_cycles_per_second"] = report.awake_tile_cycles_per_second();
  json["tokens_per_second"] = report.positions_per_second();
  if (report.restored_positions > 0) json["restored_positions"] = report.restored_positions;
  if (report.profile) json["profile"] = profile_json(*report.profile);
  if (!report.counters.empty()) json["counters"] = counters_json(report.counters);
  // A text of a model may end in the middle of a character.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string describe(const RunReport& report) {
  std::string text;
  const auto out = std::back_inserter(text);
  const auto row = [&](const char* name, const std::string& value) {
    fmt::format_to(out, "  {:<12}{}\n", name, value);
  };
  row("tokens", fmt::format("{} generated, {} positions ({})", report.token_ids.size(), report.positions,
                            report.finished));
  row("wafer time",
      fmt::format("{:.0f} cycles per token, {:.1f} us at {} MHz, {} cycles in all", report.cycles_per_token(),
                  report.microseconds_per_token(), report.clock_mhz, report.cycles));
  row("MAC",
      fmt::format("{:.1f} % of the cycles of {} tiles", 100 * report.mac_utilisation, report.kernel_tiles));
  if (report.restored_positions > 0)
    row("restored", fmt::format("{} positions, {:.2f} s", report.restored_positions, report.load_seconds));
  else
    row("loaded in", fmt::format("{} cycles, {} words, {:.2f} s", report.load.cycles, report.load.words,
                                 report.load_seconds));
  row("simulated",
      fmt::format("{:.2f} tokens/s, {:.2f} M awake tile-cycles/s, {:.1f} s", report.positions_per_second(),
                  report.awake_tile_cycles_per_second() / 1e6, report.wall_seconds));
  row("link hash", hash_text(report.link_hash));
  if (report.checked) {
    row("checked", fmt::format("{} values against the golden model, {} {}", report.compared,
                               report.mismatches, report.mismatches == 1 ? "mismatch" : "mismatches"));
  } else {
    row("checked", "no");
  }
  if (report.first_mismatch) row("first", describe(*report.first_mismatch));
  return text;
}

std::string describe_profile(const RunReport& report) {
  std::string text;
  const auto out = std::back_inserter(text);
  if (report.profile && report.profile->tokens > 0) {
    const Profile& profile = *report.profile;
    fmt::format_to(out, "  where a token's {:.0f} cycles go      cycles  share\n",
                   static_cast<double>(profile.cycles) / profile.tokens);
    for (const ProfileEntry& entry : profile.operators)
      fmt::format_to(out, "    {:<28} {:>10.0f} {:>5.1f} %\n", entry_name(entry),
                     static_cast<double>(entry.cycles) / profile.tokens,
                     100.0 * static_cast<double>(entry.cycles) /
                         static_cast<double>(std::max<std::uint64_t>(1, profile.cycles)));
  }
  if (!report.counters.empty()) {
    fmt::format_to(out, "  {:<16}{:>6}{:>12}{:>12}{:>12}{:>12}{:>12}{:>12}\n", "per position", "tiles",
                   "awake", "core", "MAC", "map", "stall out", "words sent");
    const auto positions = static_cast<double>(std::max<std::uint64_t>(1, report.positions));
    for (const OperatorCounters& entry : report.counters) {
      const auto mean = [&](int counter) { return static_cast<double>(entry.sums[counter]) / positions; };
      fmt::format_to(out, "  {:<16}{:>6}{:>12.0f}{:>12.0f}{:>12.0f}{:>12.0f}{:>12.0f}{:>12.0f}\n",
                     operator_name(entry.op), entry.tiles, mean(rtl::kCounterAwake), mean(rtl::kCounterCore),
                     mean(rtl::kCounterMac), mean(rtl::kCounterMap), mean(rtl::kCounterStallOutput),
                     mean(rtl::kCounterNorth) + mean(rtl::kCounterEast) + mean(rtl::kCounterSouth) +
                         mean(rtl::kCounterWest));
    }
  }
  return text;
}

}  // namespace tessera
