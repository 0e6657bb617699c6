#include "host/bench/row.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error/error.h"

namespace tessera::bench {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& json, const std::string& name, const Figure& figure) {
  json[name] = figure.value;
  json[name + "_least"] = figure.least;
  json[name + "_greatest"] = figure.greatest;
  json[name + "_rounds"] = figure.rounds;
}

Figure get(const Json& json, const std::string& name) {
  Figure figure;
  json.at(name).get_to(figure.value);
  json.at(name + "_least").get_to(figure.least);
  json.at(name + "_greatest").get_to(figure.greatest);
  json.at(name + "_rounds").get_to(figure.rounds);
  return figure;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

template <typename Get>
std::vector<double> column(const std::vector<Row>& rows, const Get& get) {
  std::vector<double> values;
  for (const Row& row : rows) values.push_back(get(row));
  return values;
}

Figure median_of(const std::vector<Row>& rows, Figure Row::*member) {
  Figure figure;
  figure.value = median(column(rows, [&](const Row& row) { return (row.*member).value; }));
  figure.least = (rows.front().*member).least;
  figure.greatest = (rows.front().*member).greatest;
  for (const Row& row : rows) {
    const std::vector<double>& rounds = (row.*member).rounds;
    figure.rounds.insert(figure.rounds.end(), rounds.begin(), rounds.end());
    figure.least = std::min(figure.least, (row.*member).least);
    figure.greatest = std::max(figure.greatest, (row.*member).greatest);
  }
  return figure;
}

}  // namespace

double ratio_of(const Figure& a, const Figure& b) {
  std::vector<double> ratios;
  const bool paired = a.rounds.size() == b.rounds.size();
  for (size_t i = 0; paired && i < a.rounds.size(); ++i) {
    if (b.rounds[i] != 0) ratios.push_back(a.rounds[i] / b.rounds[i]);
  }
  if (!ratios.empty()) return median(ratios);
  return b.value == 0 ? 0 : a.value / b.value;
}

Json to_json(const Row& row) {
  Json json = {{"engine", row.engine},
               {"load", row.load},
               {"cols", row.columns},
               {"rows", row.rows},
               {"asked_tiles", row.asked_tiles},
               {"awake_percent", row.awake_percent},
               {"awake_tiles", row.awake_tiles},
               {"threads", row.threads},
               {"ranks", row.ranks},
               {"repeats", row.repeats},
               {"checked", row.checked},
               {"cycles", row.cycles},
               {"check_cycle", row.check_cycle},
               {"link_hash", row.link_hash}};
  put(json, "cycles_per_second", row.cycles_per_second);
  put(json, "ns_per_awake_tile_cycle", row.ns_per_awake_tile_cycle);
  put(json, "reference_ns_per_awake_tile_cycle", row.reference_ns);
  put(json, "tokens_per_second", row.tokens_per_second);
  put(json, "start_seconds", row.start_seconds);
  put(json, "peak_rss_bytes", row.peak_rss_bytes);
  json["calibration_alu_ns"] = row.calibration.alu_ns;
  json["calibration_visit_ns"] = row.calibration.visit_ns;
  json["compile_seconds"] = row.compile_seconds;
  json["build_seconds"] = row.build_seconds;
  json["binary_bytes"] = row.binary_bytes;
  return json;
}

Row row_from_json(const Json& json) try {
  Row row;
  json.at("engine").get_to(row.engine);
  json.at("load").get_to(row.load);
  json.at("cols").get_to(row.columns);
  json.at("rows").get_to(row.rows);
  json.at("asked_tiles").get_to(row.asked_tiles);
  json.at("awake_percent").get_to(row.awake_percent);
  json.at("awake_tiles").get_to(row.awake_tiles);
  json.at("threads").get_to(row.threads);
  json.at("ranks").get_to(row.ranks);
  json.at("repeats").get_to(row.repeats);
  json.at("checked").get_to(row.checked);
  json.at("cycles").get_to(row.cycles);
  json.at("check_cycle").get_to(row.check_cycle);
  json.at("link_hash").get_to(row.link_hash);
  row.cycles_per_second = get(json, "cycles_per_second");
  row.ns_per_awake_tile_cycle = get(json, "ns_per_awake_tile_cycle");
  row.reference_ns = get(json, "reference_ns_per_awake_tile_cycle");
  row.tokens_per_second = get(json, "tokens_per_second");
  row.start_seconds = get(json, "start_seconds");
  row.peak_rss_bytes = get(json, "peak_rss_bytes");
  json.at("calibration_alu_ns").get_to(row.calibration.alu_ns);
  json.at("calibration_visit_ns").get_to(row.calibration.visit_ns);
  json.at("compile_seconds").get_to(row.compile_seconds);
  json.at("build_seconds").get_to(row.build_seconds);
  json.at("binary_bytes").get_to(row.binary_bytes);
  return row;
} catch (const Json::exception& error) {
  fail(ErrorKind::kInput, "a row of a benchmark: {}", error.what());
}

Row median_row(const std::vector<Row>& rows) {
  Row result = rows.front();
  for (const Row& row : rows) {
    if (row.link_hash != result.link_hash)
      fail(ErrorKind::kEngine, "{}, {} x {} tiles, {}: two runs differ, link hash {} and {}", row.engine,
           row.columns, row.rows, row.load, result.link_hash, row.link_hash);
  }
  result.repeats = static_cast<int>(rows.size());
  for (const auto member : {&Row::cycles_per_second, &Row::ns_per_awake_tile_cycle, &Row::reference_ns,
                            &Row::tokens_per_second, &Row::start_seconds, &Row::peak_rss_bytes})
    result.*member = median_of(rows, member);
  result.awake_percent = median(column(rows, [](const Row& row) { return row.awake_percent; }));
  result.awake_tiles = median(column(rows, [](const Row& row) { return row.awake_tiles; }));
  result.calibration.alu_ns = median(column(rows, [](const Row& row) { return row.calibration.alu_ns; }));
  result.calibration.visit_ns = median(column(rows, [](const Row& row) { return row.calibration.visit_ns; }));
  return result;
}

}  // namespace tessera::bench
