// The comparison: which engine is measured on which wafer under which load, each several times and in turn,
// each time in a process of its own.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/bench/row.h"
#include "host/bench/variants.h"

namespace tessera::bench {

struct SuiteOptions {
  std::vector<std::pair<int, int>> sizes = {{4, 4}, {8, 8}, {16, 16}, {32, 32}, {64, 64}};  // columns, rows
  std::vector<std::string> engines;                                                         // empty: all
  std::vector<double> percents = {1, 5, 25, 100};
  int flat_tiles = 64;  // whole wafers in one model up to this size; 256 takes half an hour to compile
  int repeats = 5;
  double seconds = 0.3;  // of one measurement
  bool models = true;    // real models too, and wafers of 128 x 128 and 1000 x 1000 tiles
};

// A smoke run of a minute: small wafers, nothing that takes long to compile.
SuiteOptions quick_options();

struct Case {
  const Variant* variant = nullptr;
  std::string load;  // of loads or models
  int columns = 0;
  int rows = 0;
  int awake = 0;  // tiles, of a load
  bool check = false;
};

// In the order in which they are measured; those that are compared lie side by side.
std::vector<Case> suite_cases(const SuiteOptions& options);

struct SuiteEvents {
  std::function<void(const std::string& line)> building;  // something that takes minutes
  std::function<void(const std::string& line)> left_out;  // a case that cannot be measured here, and why
  std::function<void(int done, int all, const std::string&)> measuring;
};

// Measures all cases: builds what they need, then runs `program bench engine ...` for each, `repeats` times
// round. Throws Error(kEngine) when engines disagree about what happened on a wafer: a comparison would mean
// nothing.
std::vector<Row> run_suite(const SuiteOptions& options, const std::string& program,
                           const SuiteEvents& events);

// Throws as run_suite() does unless rows of the same wafer and load have the same link hash.
void check_alike(const std::vector<Row>& rows);

}  // namespace tessera::bench
