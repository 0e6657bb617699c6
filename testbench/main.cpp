// A SystemC testbench of the wafer: random traffic of the control plane on every row at once, against a scoreboard.
//
//   tessera_testbench [--engine tiled|flat] [--columns N] [--rows N] [--requests N] [--seed N]
//
// One thread per row writes, floods, reads back and checksums SRAM of its tiles while the other rows do the same. Exit
// status 0: everything read was what had been written; 1: something differed.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <random>
#include <string>

#include "sim/make_engine.h"
#include "testbench/control_driver.h"
#include "testbench/wafer_module.h"

namespace tessera::testbench {
namespace {

struct Options {
  std::string engine = "tiled";
  int columns = 4;
  int rows = 4;
  int requests = 200;  // a row
  uint32_t seed = 1;
};

class Traffic : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(Traffic);
  Traffic(sc_core::sc_module_name name, WaferModule& wafer, int row, const Options& options)
      : sc_module(name), wafer_(wafer), row_(row), options_(options), random_(options.seed * 1000 + row) {
    SC_THREAD(run);
  }

  int compared() const { return compared_; }
  int mismatches() const { return mismatches_; }
  bool finished() const { return finished_; }

 private:
  static constexpr uint32_t kGroup = 1;

  uint32_t pick(uint32_t bound) { return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_); }

  void run() {
    ControlDriver driver(wafer_);
    join_tree(driver);
    for (int i = 0; i < options_.requests; ++i) one_request(driver);
    for (int x = 0; x < options_.columns; ++x) compare_everything(driver, x);
    finished_ = true;
  }

  // A request teaches each tile its parent; the children and group registers make the row a tree for floods.
  void join_tree(ControlDriver& driver) {
    for (int x = 0; x < options_.columns; ++x) {
      driver.write(x, row_, rtl::kRegChildren, {x + 1 < options_.columns ? 1u << rtl::kPortEast : 0u});
      driver.write(x, row_, rtl::kRegGroup, {kGroup});
    }
  }

  void one_request(ControlDriver& driver) {
    const int x = static_cast<int>(pick(options_.columns));
    const uint32_t count = 1 + pick(rtl::kRequestMaxWords);
    const uint32_t address = 4 * pick(rtl::kSramBytes / 4 - count);
    switch (pick(4)) {
      case 0: return check(driver.read(x, row_, address, count), x, address);
      case 1: return check_sum(driver.checksum(x, row_, address, count), x, address, count);
      case 2: return store_all(driver, address, random_words(count));
      default: return store(driver, x, address, random_words(count));
    }
  }

  std::vector<uint32_t> random_words(uint32_t count) {
    std::vector<uint32_t> words(count);
    for (uint32_t& word : words) word = static_cast<uint32_t>(random_());
    return words;
  }

  void store(ControlDriver& driver, int x, uint32_t address, const std::vector<uint32_t>& words) {
    driver.write(x, row_, address, words);
    for (size_t i = 0; i < words.size(); ++i) expected_[x][address + 4 * i] = words[i];
  }

  void store_all(ControlDriver& driver, uint32_t address, const std::vector<uint32_t>& words) {
    driver.flood(row_, kGroup, address, words);
    for (int x = 0; x < options_.columns; ++x) {
      for (size_t i = 0; i < words.size(); ++i) expected_[x][address + 4 * i] = words[i];
    }
  }

  uint32_t expected_at(int x, uint32_t address) {
    auto found = expected_[x].find(address);
    return found == expected_[x].end() ? 0 : found->second;
  }

  void compare(uint32_t got, uint32_t expected, int x, uint32_t address) {
    ++compared_;
    if (got == expected) return;
    ++mismatches_;
    std::cout << sc_core::sc_time_stamp() << ": tile " << x << "," << row_ << " address " << address << ": expected "
              << expected << ", got " << got << "\n";
  }

  void check(const std::vector<uint32_t>& words, int x, uint32_t address) {
    for (size_t i = 0; i < words.size(); ++i) compare(words[i], expected_at(x, address + 4 * i), x, address + 4 * i);
  }

  void check_sum(uint32_t sum, int x, uint32_t address, uint32_t count) {
    std::vector<uint32_t> words;
    for (uint32_t i = 0; i < count; ++i) words.push_back(expected_at(x, address + 4 * i));
    compare(sum, checksum_of(words), x, address);
  }

  void compare_everything(ControlDriver& driver, int x) {
    for (uint32_t address = 0; address < rtl::kSramBytes; address += 4 * rtl::kRequestMaxWords) {
      check(driver.read(x, row_, address, rtl::kRequestMaxWords), x, address);
    }
  }

  WaferModule& wafer_;
  int row_;
  Options options_;
  std::mt19937 random_;
  std::map<int, std::map<uint32_t, uint32_t>> expected_;  // by x and address; nothing: never written, so 0
  int compared_ = 0;
  int mismatches_ = 0;
  bool finished_ = false;
};

int run(const Options& options) {
  sim::WaferShape shape;
  shape.columns = options.columns;
  shape.rows = options.rows;
  sc_core::sc_clock clock("clock", 1, sc_core::SC_NS);
  WaferModule wafer("wafer", sim::make_engine(options.engine, shape));
  wafer.clock(clock);
  std::vector<std::unique_ptr<Traffic>> rows;
  for (int row = 0; row < options.rows; ++row) {
    rows.push_back(std::make_unique<Traffic>(("row_" + std::to_string(row)).c_str(), wafer, row, options));
  }
  auto all_finished = [&] {
    for (const auto& row : rows) {
      if (!row->finished()) return false;
    }
    return true;
  };
  while (!all_finished()) sc_core::sc_start(1, sc_core::SC_US);

  int compared = 0, mismatches = 0;
  for (const auto& row : rows) {
    compared += row->compared();
    mismatches += row->mismatches();
  }
  std::cout << options.columns << " x " << options.rows << " tiles, engine " << options.engine << ", seed "
            << options.seed << ": " << wafer.engine().cycle() << " cycles, " << compared << " values compared, "
            << mismatches << " differ\n";
  return mismatches == 0 && compared > 0 ? 0 : 1;
}

}  // namespace
}  // namespace tessera::testbench

int sc_main(int argc, char* argv[]) {
  tessera::testbench::Options options;
  CLI::App app("SystemC testbench: random control-plane traffic on a wafer, against a scoreboard");
  app.add_option("--engine", options.engine, "tiled or flat")->capture_default_str();
  app.add_option("--columns", options.columns)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--rows", options.rows)->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--requests", options.requests, "requests per row")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return tessera::testbench::run(options);
  } catch (const std::exception& error) {
    std::cerr << "tessera_testbench: " << error.what() << "\n";
    return 2;
  }
}
