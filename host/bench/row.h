// One line of a benchmark: an engine on a wafer under a load.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/bench/calibration.h"

namespace tessera::bench {

// What is measured several times. One measurement, or the median of several with the least and the greatest.
struct Figure {
  double value = 0;
  double least = 0;
  double greatest = 0;
  std::vector<double> rounds;  // each measurement, in order

  Figure() = default;
  Figure(double one)  // NOLINT: a measurement is a figure
      : value(one), least(one), greatest(one), rounds{one} {}
  // (greatest - least) / value, 0 to 1 and more.
  double spread() const { return value == 0 ? 0 : (greatest - least) / value; }
};

// How many times `a` is as much as `b`: the median of the rounds' own ratios. A machine that others use too
// is faster in one round than in another, and what is compared was measured side by side in each. Of figures
// with other rounds the ratio of the medians; 0 when there is nothing to divide by.
double ratio_of(const Figure& a, const Figure& b);

struct Row {
  std::string engine;  // Variant::name
  std::string load;    // load_name() or the name of a model
  int columns = 0;
  int rows = 0;
  int threads = 1;
  int ranks = 1;
  int repeats = 1;
  bool checked = false;  // of a model: every message was compared with the golden model

  int asked_tiles = 0;  // awake, of a load; of a model 0

  // The load, measured.
  double awake_percent = 0;       // of all tile-cycles
  double awake_tiles = 0;         // in the mean
  std::uint64_t cycles = 0;       // that were timed
  std::uint64_t check_cycle = 0;  // up to it the link hash is
  std::string link_hash;

  // The engine.
  Figure cycles_per_second;
  Figure ns_per_awake_tile_cycle;
  Figure reference_ns;       // the same at the reference core, by each measurement's own calibration
  Figure tokens_per_second;  // of a model, else 0
  Figure start_seconds;      // from nothing until the load has been running for kWarmUpCycles
  Figure peak_rss_bytes;
  Calibration calibration;

  // What it took to build.
  double compile_seconds = 0;
  double build_seconds = 0;
  std::uint64_t binary_bytes = 0;

  int tiles() const { return columns * rows; }
};

nlohmann::ordered_json to_json(const Row& row);
// What to_json() wrote. Throws Error(kInput) for anything else.
Row row_from_json(const nlohmann::ordered_json& json);

// One row out of several measurements of the same thing. Throws Error(kEngine) when their hashes differ.
// `rows` is not empty.
Row median_row(const std::vector<Row>& rows);

}  // namespace tessera::bench
