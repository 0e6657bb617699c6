// What a run has to say, for people and for programs.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/compiler/image.h"
#include "host/runtime/loader.h"
#include "host/runtime/profile.h"
#include "host/runtime/session.h"
#include "host/runtime/watch.h"

namespace tessera {

// Counters of all tiles of an operator, added up (counter_e).
struct OperatorCounters {
  Operator op = Operator::kEmbedding;
  int tiles = 0;
  std::array<std::uint64_t, rtl::kCounterCount> sums{};
};

struct RunReport {
  // What was run.
  std::string engine;
  int ranks = 1;    // processes that ran the wafer
  int threads = 1;  // at the most, in each
  int columns = 0;
  int rows = 0;
  int dead_tiles = 0;
  int kernel_tiles = 0;
  int used_tiles = 0;  // those that only forward included
  int clock_mhz = 0;
  std::vector<int> prompt_ids;

  // What came out.
  std::vector<int> token_ids;  // generated
  std::string text;
  std::string finished;  // "length", "end_of_text", "context"
  std::string error;     // of a run that did not come to its end; empty: none

  // Whether it was right.
  bool checked = false;
  std::uint64_t compared = 0;
  std::uint64_t mismatches = 0;
  std::optional<Mismatch> first_mismatch;
  std::uint64_t link_hash = 0;  // from the epoch to the last answer

  // How long it took, in cycles of the wafer.
  LoadReport load;
  std::uint64_t cycles = 0;  // from the first admission to the last answer
  std::uint64_t positions = 0;
  std::vector<std::uint64_t> position_cycles;  // from admission to answer, by position
  double cycles_per_token() const { return positions == 0 ? 0 : static_cast<double>(cycles) / positions; }
  double microseconds_per_token() const { return clock_mhz == 0 ? 0 : cycles_per_token() / clock_mhz; }

  // Where the cycles went.
  std::optional<Profile> profile;
  std::vector<OperatorCounters> counters;  // by operator
  double mac_utilisation = 0;              // of the tiles with kernels, 0 to 1

  // How fast the simulation was, from a snapshot on if it began with one.
  std::uint64_t restored_positions = 0;
  std::uint64_t restored_awake_tile_cycles = 0;
  std::uint64_t awake_tile_cycles = 0;
  double load_seconds = 0;
  double wall_seconds = 0;  // without loading
  double positions_per_second() const { return per_wall_second(positions - restored_positions); }
  double awake_tile_cycles_per_second() const {
    return per_wall_second(awake_tile_cycles - restored_awake_tile_cycles);
  }
  double per_wall_second(std::uint64_t amount) const {
    return wall_seconds <= 0 ? 0 : static_cast<double>(amount) / wall_seconds;
  }
};

// The greatest of the report's exit statuses: 0 when all is right, 1 when something differed or broke.
int exit_status(const RunReport& report);

std::string to_json(const RunReport& report);

// A small table.
std::string describe(const RunReport& report);
// A token's cycles by operator, and the counters.
std::string describe_profile(const RunReport& report);

}  // namespace tessera
