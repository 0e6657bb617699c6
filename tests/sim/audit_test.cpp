// The audit of sleeping tiles: silent where they are right to sleep, and not blind.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "sim/snapshot.h"
#include "sim/tile_model.h"
#include "sim/tile_state.h"
#include "sim/tiled_engine.h"
#include "tests/sim/lone_tile.h"
#include "tests/sim/snapshot_bytes.h"
#include "tests/sim/traffic.h"
#include "tests/sim/wafer_control.h"

namespace tessera::sim {
namespace {

EngineOptions audit() {
  EngineOptions options;
  options.audit = true;
  return options;
}

TEST(Audit, SleepingTilesDoNotChange) {
  for (unsigned seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const WaferShape shape{4, 3, {}, {}, {}};
    TiledEngine plain(shape);
    TiledEngine audited(shape, audit());
    const TrafficResult expected = run_traffic(plain, seed);
    EXPECT_LT(expected.awake_tile_cycles, expected.end_cycle * 12);
    EXPECT_EQ(run_traffic(audited, seed).link_hash, expected.link_hash);
  }
}

// On a copy of a tile in the midst of its traffic: what is idle does not change, what is not nearly always
// does.
TEST(Audit, ATileThatWouldChangeIsFound) {
  LoneTile tile;
  LinkTraffic traffic(7);
  TileMemory memory;
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
  VerilatedContext context;
  std::vector<uint8_t> state(tile_state_bytes());
  size_t idle = 0, busy = 0, found = 0;
  for (int cycle = 0; cycle < 6000; ++cycle) {
    // Pauses, in which it falls asleep.
    const bool pause = cycle / 200 % 2 != 0;
    set_inputs(tile.root(),
               pause ? TileInputs{.cycle = static_cast<uint32_t>(cycle)} : traffic.next(tile.outputs()));
    tile_cycle_by_eval(tile.model);
    if (cycle % 20 != 0) continue;
    Verilated::threadContextp(&context);
    TileModel copy(&context, 0b1111);
    save_tile_state(tile.root(), state);
    restore_tile_state(copy.ports(), state);
    set_inputs(copy.ports(), {.cycle = static_cast<uint32_t>(cycle + 1)});
    settle_tile(copy.ports());
    const char* change = copy.find_change();
    if (tile.root().idle_o) {
      ++idle;
      EXPECT_EQ(change, nullptr) << "cycle " << cycle << ": " << change;
    } else {
      ++busy;
      found += change != nullptr;
    }
  }
  EXPECT_GT(idle, 0u);
  EXPECT_GT(busy, 0u);
  EXPECT_GT(found, busy / 2);
}

// A core that stores all the time.
TEST(Audit, AWriteToAMemoryIsFound) {
  const WaferShape shape{1, 1, {}, {}, {}};
  TiledEngine engine(shape);
  const Tree tree(shape, 0);
  WaferControl control(engine, tree, 0);
  // lui x1, SRAM; sw x1, 0(x1); j -4
  constexpr std::array<uint32_t, 3> kProgram = {rtl::kSramBase >> 12 << 12 | 0x0b7, 0x0010a023, 0xffdff06f};
  engine.memory(0).instruction.write(0, std::bit_cast<std::array<uint8_t, 12>>(kProgram));
  control.write(0, rtl::kRegCoreRun, {1});
  size_t writes = 0, others = 0;
  for (int cycle = 0; cycle < 20; ++cycle) {
    engine.step();
    WaferSnapshot snapshot = snapshot_of(bytes_of(engine));
    TileMemory& memory = snapshot.tiles.at(0).memory;
    const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
    VerilatedContext context;
    TileModel copy(&context, shape.link_present(0));
    restore_tile_state(copy.ports(), snapshot.tiles[0].state);
    settle_tile(copy.ports());
    const char* change = copy.find_change();
    ASSERT_NE(change, nullptr);
    ++(std::string_view(change) == "a memory" ? writes : others);
  }
  EXPECT_GT(writes, 0u);
  EXPECT_GT(others, 0u);
}

}  // namespace
}  // namespace tessera::sim
