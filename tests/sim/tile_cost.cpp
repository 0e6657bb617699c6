// tile_cost [tiles [cycles [scenario]]]: what a cycle of an awake tile costs, by what the tile does in it.
//
// Each scenario sets up that many tiles by requests, lets them run into a steady state, and prints the
// nanoseconds of a cycle of a tile (the fastest of several runs) and which blocks' clocks ticked in it, in
// percent. The figures are without what an engine does around a tile; not a test.
#include <verilated.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <memory>
#include <vector>

#include "sim/host_memory.h"
#include "sim/tile_model.h"
#include "sim/tile_ports.h"

namespace tessera::sim {
namespace {

// A tile whose neighbours take at once what it sends.
class Tile {
 public:
  explicit Tile(VerilatedContext& context) {
    const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
    model = std::make_unique<TileModel>(&context, 0b1111);
  }

  // One cycle. `offered` are wavelets from the north, east, south and west; each waits for a credit, and the
  // tile's own are returned. Returns the ports whose wavelet was taken.
  uint32_t step(const std::array<WaveletBits, 4>& offered) {
    auto& ports = model->ports();
    std::array<WaveletBits, 4> wavelets = {};
    uint32_t taken = 0;
    for (uint32_t port = 0; port < 4; ++port) {
      const int color = unpack(offered[port]).color;
      if (offered[port] == 0 || owed[port][color] == rtl::kFifoDepth) continue;
      ++owed[port][color];
      wavelets[port] = offered[port];
      taken |= 1u << port;
    }
    set_inputs(ports, {cycle++, wavelets[0], wavelets[1], wavelets[2], wavelets[3], credit_for(ports.north_o),
                       credit_for(ports.east_o), credit_for(ports.south_o), credit_for(ports.west_o)});
    model->cycle(Evaluation::kDirect);
    const CreditBits credits[4] = {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o,
                                   ports.west_credit_o};
    for (int port = 0; port < 4; ++port) owed[port][credits[port] & 15] -= credits[port] >> kCreditValid & 1;
    return taken;
  }

  void write(uint32_t address, const std::vector<uint32_t>& words) {
    std::vector<uint32_t> message{
        std::bit_cast<uint32_t>(rtl::RequestOperation{.operation = rtl::kRequestWrite}), address};
    message.insert(message.end(), words.begin(), words.end());
    for (size_t i = 0; i < message.size();)
      i += step({pack({rtl::kRequestColor, i + 1 == message.size(), message[i]})}) & 1;
    for (int i = 0; i < 20; ++i) step({});  // the answer
  }

  TileMemory memory;
  std::unique_ptr<TileModel> model;
  std::array<std::array<uint8_t, rtl::kColorCount>, 4> owed = {};
  uint32_t cycle = 0;

 private:
  static CreditBits credit_for(WaveletBits sent) {
    return sent >> kWaveletValid & 1 ? pack_credit(unpack(sent).color) : CreditBits{0};
  }
};

struct Scenario {
  const char* name;
  std::function<void(Tile&)> set_up;
  std::array<int, 4> colors;  // of the wavelets that come from each side, as many as are taken; 0: none
};

void route(Tile& tile, uint32_t from, uint32_t color, uint32_t to) {
  tile.write(rtl::kRegRoute + 4 * (16 * from + color), {1u << to});
}

void run_core(Tile& tile, const std::vector<uint32_t>& program) {
  tile.write(rtl::kInstructionBase, program);
  tile.write(rtl::kRegCoreRun, {1});
}

// x5: the registers; x4: 64, in SRAM.
constexpr uint32_t kSetUp[] = {0x000202b7, 0x04000213};
constexpr uint32_t store(int rs2, int offset, int rs1) {
  return static_cast<uint32_t>(offset >> 5 << 25 | rs2 << 20 | rs1 << 15 | 2 << 12 | (offset & 31) << 7 |
                               0x23);
}

void compute(Tile& tile) {
  run_core(tile, {kSetUp[0], kSetUp[1],
                  0x00108093,      // loop: addi x1, x1, 1
                  0x00110133,      // add x2, x2, x1
                  0x0020c1b3,      // xor x3, x1, x2
                  0x00022303,      // lw x6, 0(x4)
                  store(3, 4, 4),  // sw x3, 4(x4)
                  0x00231313,      // slli x6, x6, 2
                  0xfe9ff06f});    // j loop
}

void launch(Tile& tile, bool mac, bool map) {
  std::vector<uint32_t> words;
  const auto add = [&](const auto& descriptor) {
    const auto bits = std::bit_cast<std::array<uint32_t, 8>>(descriptor);
    words.insert(words.end(), bits.begin(), bits.end());
  };
  if (mac)
    add(rtl::MacDescriptor{.unit = rtl::kUnitMac,
                           .x_where = rtl::kWhereSram,
                           .count = 32,
                           .groups = 2,
                           .x_address = 0x1000,
                           .weight_address = 0x2000,
                           .weight_stride = 1,
                           .group_stride = 32});
  if (mac)  // takes the sums away
    add(rtl::MapDescriptor{.unit = rtl::kUnitMap,
                           .operation = rtl::kMapMulq,
                           .a_where = rtl::kWhereAcc,
                           .a_size = rtl::kSize32,
                           .out_where = rtl::kWhereSram,
                           .out_size = rtl::kSize8,
                           .acc_wait = 1,
                           .acc_release = 1,
                           .count = 32,
                           .inner_width = 8,
                           .b_value = 77,
                           .out_address = 0x5000,
                           .shift = 12});
  if (map)
    add(rtl::MapDescriptor{.unit = rtl::kUnitMap,
                           .operation = rtl::kMapMulq,
                           .a_where = rtl::kWhereSram,
                           .a_size = rtl::kSize32,
                           .out_where = rtl::kWhereSram,
                           .out_size = rtl::kSize32,
                           .reduce = rtl::kReduceMaxMagnitude,
                           .count = mac ? 64u : 128u,
                           .a_address = 0x3000,
                           .b_value = 77,
                           .out_address = 0x4000,
                           .shift = 3});
  tile.write(rtl::kSramBase + 0x100, words);
  std::vector<uint32_t> data(1024);
  for (size_t i = 0; i < data.size(); ++i) data[i] = 0x01020304u + static_cast<uint32_t>(i) * 0x10305;
  for (uint32_t at = 0x1000; at < 0x4000; at += 0x100)
    tile.write(at, {data.begin() + at % 512, data.begin() + at % 512 + 64});
  const uint32_t count = (mac ? 2 : 0) + (map ? 1 : 0);
  tile.write(0x40, {std::bit_cast<uint32_t>(rtl::Launch{.address = 0x100, .count = count})});
  run_core(tile, {kSetUp[0], kSetUp[1],
                  0x00022303,                                         // lw x6, 0(x4)
                  store(6, rtl::kRegLaunch - rtl::kRegisterBase, 5),  // loop: launch
                  0xffdff06f});                                       // j loop
}

void receive(Tile& tile) {
  route(tile, rtl::kPortWest, 2, rtl::kPortRamp);
  const auto rule = std::bit_cast<std::array<uint32_t, 2>>(
      rtl::ReceiveRule{.enable = 1, .words = 511, .base = 256, .part_stride = 0, .tag_stride = 0});
  tile.write(rtl::kRegRule + 8 * 2, {rule[0], rule[1]});
}

const Scenario kScenarios[] = {
    {"asleep, but evaluated", [](Tile&) {}, {}},
    {"forwards one stream", [](Tile& tile) { route(tile, rtl::kPortWest, 2, rtl::kPortEast); }, {0, 0, 0, 2}},
    {"forwards four crossing streams",
     [](Tile& tile) {
       for (const uint32_t from : {0u, 1u, 2u, 3u}) route(tile, from, 2 + from, from ^ 2);
     },
     {2, 3, 4, 5}},
    {"core computes", compute, {}},
    {"MAC array", [](Tile& tile) { launch(tile, true, false); }, {}},
    {"map unit", [](Tile& tile) { launch(tile, false, true); }, {}},
    {"MAC array and map unit", [](Tile& tile) { launch(tile, true, true); }, {}},
    {"receives into SRAM", receive, {0, 0, 0, 2}},
};

void run(const Scenario& scenario, size_t count, uint32_t cycles) {
  VerilatedContext context;
  std::vector<std::unique_ptr<Tile>> tiles;
  for (size_t i = 0; i < count; ++i) {
    tiles.push_back(std::make_unique<Tile>(context));
    scenario.set_up(*tiles.back());
  }
  std::array<WaveletBits, 4> wavelets = {};
  std::array<uint32_t, 32> ticks = {};
  uint32_t number = 0;
  const auto step_all = [&](bool counting) {
    ++number;
    for (int port = 0; port < 4; ++port) {
      const auto color = static_cast<uint8_t>(scenario.colors[port]);
      // Messages of 512 words.
      wavelets[port] = color != 0 ? pack({color, number % 512 == 0, number % 512 == 1 ? 0 : number}) : 0;
    }
    for (auto& tile : tiles) {
      tile->step(wavelets);
      if (!counting) continue;
      for (uint32_t block = 0; block < kTileClockNames.size(); ++block)
        ticks[block] += tile_clocks(tile->model->ports()) >> block & 1;
    }
  };
  for (int i = 0; i < 500; ++i) step_all(false);

  std::vector<double> times;
  for (int repetition = 0; repetition < 9; ++repetition) {
    const std::clock_t begin = std::clock();  // of the processor, that may be shared
    for (uint32_t i = 0; i < cycles; ++i) step_all(false);
    const double time = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    times.push_back(1e9 * time / cycles / static_cast<double>(count));
  }
  std::sort(times.begin(), times.end());
  for (int i = 0; i < 1024; ++i) step_all(true);

  std::printf("%-32s %6.1f ns ", scenario.name, times.front());
  for (uint32_t block = 0; block < kTileClockNames.size(); ++block) {
    if (const double share = 100.0 * ticks[block] / 1024 / static_cast<double>(count); share >= 0.5)
      std::printf(" %s %.0f", kTileClockNames[block], share);
  }
  const rtl::TileError error = std::bit_cast<rtl::TileError>(tiles[0]->model->error());
  std::printf("%s\n", error.valid ? rtl::error_kind_name(error.kind) : "");
}

}  // namespace
}  // namespace tessera::sim

int main(int argc, char** argv) {
  using namespace tessera::sim;
  const size_t tiles = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 256;
  const uint32_t cycles = argc > 2 ? static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10)) : 1000;
  std::printf("%zu tiles of %zu bytes\n", tiles, sizeof(Vtile___024root));
  for (const Scenario& scenario : kScenarios) {
    if (argc <= 3 || std::strcmp(argv[3], scenario.name) == 0) run(scenario, tiles, cycles);
  }
}
