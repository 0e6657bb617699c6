// The audit of sleeping tiles: silent where they are right to sleep, and not blind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "host/error/error.h"
#include "sim/snapshot.h"
#include "sim/tile_state.h"
#include "sim/tiled_engine.h"
#include "tests/sim/snapshot_bytes.h"
#include "tests/sim/traffic.h"

namespace tessera::sim {
namespace {

using testing::HasSubstr;

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

// A tile in the middle of something that says it sleeps. The state is made, since no tile does so by itself.
TEST(Audit, ASleeperThatWouldChangeIsFound) {
  const WaferShape shape{3, 3, {}, {}, {}};
  TiledEngine source(shape);
  Bytes file;
  int left = 200;
  run_traffic(source, 3, [&](Engine& engine) -> Engine& {
    if (--left == 0) file = bytes_of(engine);
    return engine;
  });
  const auto snapshot_of_file = [&] {
    std::istringstream stream(std::string(file.begin(), file.end()));
    return read_snapshot(stream, file.size(), "file");
  };
  size_t idle_at = 0;
  for (const TileStateMember& member : tile_state_members()) {
    if (std::string(member.name) == "idle_o") break;
    idle_at += member.bytes;
  }
  size_t found = 0;
  for (size_t busy = 0; busy < snapshot_of_file().tiles.size(); ++busy) {
    WaferSnapshot snapshot = snapshot_of_file();
    TileSnapshot& tile = snapshot.tiles[busy];
    if (tile.state.empty() || tile.state[idle_at] != 0) continue;
    tile.state[idle_at] = 1;
    TiledEngine engine(shape, audit());
    engine.restore(std::move(snapshot));
    try {
      engine.step();  // not found where a neighbour wakes it
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kEngine);
      EXPECT_THAT(error.what(), HasSubstr(" sleeps, but "));
      ++found;
    }
  }
  EXPECT_GT(found, 0u);
}

}  // namespace
}  // namespace tessera::sim
