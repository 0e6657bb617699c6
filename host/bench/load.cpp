#include "host/bench/load.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <span>

#include "host/compiler/forest.h"
#include "host/error/error.h"
#include "host/runtime/control_plane.h"
#include "host/runtime/embedded_firmware.h"

namespace tessera::bench {
namespace {

using firmware::bench_load_parameters_t;

constexpr int kCellTiles = 4;
constexpr int kRowsAGroup = 16;

// One round of a load. The mixed one has about the model's own proportions: per awake tile-cycle of a run of
// the shipped model the MAC array takes a word in a quarter, the core retires an instruction in a sixth, and
// a sixth of a wavelet leaves for a neighbour.
struct Round {
  std::uint16_t blocks;
  std::uint16_t groups;
  std::uint16_t sends;
  std::uint16_t send_words;
  std::uint16_t scalar_steps;
};

Round round_of(LoadKind kind, bool has_partner) {
  switch (kind) {
    case LoadKind::kMixed:
      return {4, 2, static_cast<std::uint16_t>(has_partner ? 2 : 0), 32, 12};
    case LoadKind::kVector:
      return {8, 4, 0, 0, 1};
    case LoadKind::kCore:
      return {0, 0, 0, 0, 64};
    case LoadKind::kStream:
      return has_partner ? Round{0, 0, 4, 256, 1} : round_of(LoadKind::kVector, false);
  }
  return {};
}

// Where everything lies in a tile's SRAM; 48 KiB are plenty.
constexpr std::uint16_t kScalar = firmware::PARAMETER_BYTES;
constexpr std::uint16_t kStart = kScalar + 4;
constexpr std::uint16_t kInputs = kScalar + 16;
constexpr std::uint16_t kMultipliers = 0x0800;
constexpr std::uint16_t kShifts = 0x0900;
constexpr std::uint16_t kList = 0x0a00;
constexpr std::uint16_t kSent = 0x1000;      // 256 words
constexpr std::uint16_t kReceived = 0x1400;  // 256 words
constexpr std::uint16_t kWeights = 0x2000;

bench_load_parameters_t parameters_of(const Round& round, int color) {
  bench_load_parameters_t parameters = {};
  parameters.blocks = round.blocks;
  parameters.groups = round.groups;
  parameters.x_address = kInputs;
  parameters.weight_address = kWeights;
  parameters.multiplier_address = kMultipliers;
  parameters.shift_address = kShifts;
  parameters.sends = round.sends;
  parameters.send_address = kSent;
  parameters.send_words = round.send_words;
  parameters.send_color = static_cast<std::uint16_t>(color);
  parameters.list_address = kList;
  parameters.scalar_steps = round.scalar_steps;
  parameters.scalar_address = kScalar;
  parameters.start_address = kStart;
  return parameters;
}

RegisterWrite route(int port, int color, int output) {
  return {rtl::kRegRoute + (static_cast<std::uint32_t>(port) * rtl::kColorCount + color) * 4, 1u << output};
}

// What a kernel needs at most until it waits for the start: it writes its list.
constexpr std::uint64_t kPrepareCycles = 4000;

// Pairs of a cell differ in color, and so do the two directions of a pair.
int color_of(int from, int to, int width) {
  const int pair = std::min(from, width - 1 - from);
  return static_cast<int>(rtl::kFirstDataColor) + 2 * pair + (from < to ? 0 : 1);
}

// Messages of `words` from tile `from` of a cell to tile `to`, along the row.
void add_stream(std::span<LoadTile> cell, int from, int to, int words) {
  const int color = color_of(from, to, static_cast<int>(cell.size()));
  const int ahead = from < to ? rtl::kPortEast : rtl::kPortWest;
  const int behind = from < to ? rtl::kPortWest : rtl::kPortEast;
  const int step = from < to ? 1 : -1;
  cell[from].registers.push_back(route(rtl::kPortRamp, color, ahead));
  for (int at = from + step; at != to; at += step) cell[at].registers.push_back(route(behind, color, ahead));
  cell[to].registers.push_back(route(behind, color, rtl::kPortRamp));

  rtl::ReceiveRule rule = {};
  rule.enable = 1;
  rule.words = static_cast<std::uint32_t>(words);
  rule.base = kReceived / 16;
  const auto halves = std::bit_cast<std::array<std::uint32_t, 2>>(rule);
  const std::uint32_t address = rtl::kRegRule + static_cast<std::uint32_t>(color) * 8;
  // The half that enables the rule last.
  cell[to].registers.push_back({address + 4, halves[1]});
  cell[to].registers.push_back({address, halves[0]});
  cell[to].registers.push_back({rtl::kRegJoinExpected, 1});
}

void fill_cell(LoadKind kind, std::span<LoadTile> cell) {
  const int width = static_cast<int>(cell.size());
  for (int i = 0; i < width; ++i) {
    const int partner = width - 1 - i;
    const bool inner = i != 0 && partner != 0;
    if (kind == LoadKind::kStream && inner) {
      cell[i].runs_kernel = false;
      continue;
    }
    const Round round = round_of(kind, partner != i);
    const bool sends = round.sends > 0;
    cell[i].parameters = parameters_of(round, sends ? color_of(i, partner, width) : 0);
    if (sends) add_stream(cell, i, partner, round.send_words);
  }
}

struct Cell {
  int first;
  int width;
};

// All cells of a wafer in an order of chance that is the same everywhere.
std::vector<Cell> shuffled_cells(int columns, int rows, std::uint64_t seed) {
  std::vector<Cell> cells;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; x += kCellTiles)
      cells.push_back({y * columns + x, std::min(kCellTiles, columns - x)});
  }
  std::mt19937_64 random(seed);
  for (size_t left = cells.size(); left > 1; --left) std::swap(cells[left - 1], cells[random() % left]);
  return cells;
}

std::vector<std::uint8_t> random_bytes(std::mt19937_64& random, size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 56 | 1);  // no zeros to skip
  return bytes;
}

void write_tile(EnginePort& port, const LoadTile& tile, std::uint64_t seed) {
  const bench_load_parameters_t& p = tile.parameters;
  port.write_memory(tile.tile, rtl::kInstructionBase, embedded_bench_load());
  port.write_memory(tile.tile, firmware::PARAMETER_ADDRESS,
                    {reinterpret_cast<const std::uint8_t*>(&p), sizeof p});
  std::mt19937_64 random(seed ^ static_cast<std::uint64_t>(tile.tile) << 20);
  const std::uint32_t inputs = p.blocks * firmware::mx_stride(rtl::kBlockSize);
  port.write_memory(tile.tile, p.x_address, random_bytes(random, inputs));
  port.write_memory(tile.tile, p.weight_address,
                    random_bytes(random, size_t{p.blocks} * rtl::kBlockSize * p.groups * kRowsAGroup));
  port.write_memory(tile.tile, p.multiplier_address,
                    random_bytes(random, size_t{p.groups} * kRowsAGroup * 2));
  port.write_memory(tile.tile, p.shift_address,
                    std::vector<std::uint8_t>(size_t{p.groups} * kRowsAGroup, 24));
  port.write_memory(tile.tile, p.send_address, random_bytes(random, size_t{p.send_words} * 4));
}

}  // namespace

const char* load_name(LoadKind kind) {
  switch (kind) {
    case LoadKind::kMixed:
      return "mixed";
    case LoadKind::kVector:
      return "vector";
    case LoadKind::kCore:
      return "core";
    case LoadKind::kStream:
      return "stream";
  }
  return "";
}

LoadKind parse_load(std::string_view name) {
  for (const LoadKind kind : kLoadKinds) {
    if (name == load_name(kind)) return kind;
  }
  fail(ErrorKind::kConfig, "load \"{}\": should be mixed, vector, core or stream", name);
}

int awake_tiles(int columns, int rows, double percent) {
  return std::max(1, static_cast<int>(std::lround(columns * rows * percent / 100)));
}

Load plan_load(LoadKind kind, int columns, int rows, int awake, std::uint64_t seed) {
  if (awake < 1 || awake > columns * rows)
    fail(ErrorKind::kConfig, "{} awake tiles: should be 1 to {} on {} x {} tiles", awake, columns * rows,
         columns, rows);
  Load load{columns, rows, seed, {}};
  load.tiles.reserve(awake);
  for (const Cell& cell : shuffled_cells(columns, rows, seed)) {
    const int width = std::min(cell.width, awake - static_cast<int>(load.tiles.size()));
    if (width == 0) break;
    const size_t first = load.tiles.size();
    for (int i = 0; i < width; ++i) load.tiles.push_back({cell.first + i, true, {}, {}});
    fill_cell(kind, std::span(load.tiles).subspan(first));
  }
  return load;
}

void start_load(EnginePort& port, const Load& load) {
  WaferConfig config;
  config.columns = load.columns;
  config.rows = load.rows;
  const Forest forest = grow_forest(make_wafer(config));

  std::vector<ControlMessage> setup, start;
  const std::uint32_t run = 1;
  const std::uint8_t go = 1;
  for (const LoadTile& tile : load.tiles) {
    for (const RegisterWrite& write : tile.registers)
      setup.push_back(write_request(forest, tile.tile, write.address, {&write.value, 1}));
    if (!tile.runs_kernel) continue;
    write_tile(port, tile, load.seed);
    start.push_back(write_request(forest, tile.tile, rtl::kRegCoreRun, {&run, 1}));
  }
  run_control(port, forest, std::move(setup));
  run_control(port, forest, std::move(start));
  port.engine().run_until(port.cycle() + kPrepareCycles);
  for (const LoadTile& tile : load.tiles)
    if (tile.runs_kernel) port.write_memory(tile.tile, tile.parameters.start_address, {&go, 1});
  port.engine().run_until(port.cycle() + kWarmUpCycles);
}

}  // namespace tessera::bench
