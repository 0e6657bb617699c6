// The distributed engine against the tiled one: the same run in every respect, however many ranks this test
// was started with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <map>
#include <tuple>

#include "host/error/error.h"
#include "sim/distributed/distributed_engine.h"
#include "sim/snapshot.h"
#include "sim/tiled_engine.h"
#include "tests/sim/distributed/job.h"
#include "tests/sim/random_wafer.h"
#include "tests/sim/snapshot_bytes.h"
#include "tests/sim/traffic.h"

namespace tessera::sim {
namespace {

TEST(DistributedEngine, IsTheSameRunAsTheTiledEngine) {
  std::mt19937 random(20 + job().size());
  for (int wafer = 0; wafer < 3; ++wafer) {
    const WaferShape shape = random_wafer(random, 4);
    const unsigned seed = static_cast<unsigned>(random());
    SCOPED_TRACE(testing::Message() << "wafer " << describe(shape) << ", traffic seed " << seed);
    TiledEngine reference(shape);
    const TrafficResult expected = run_traffic(reference, seed);
    EXPECT_GT(expected.messages, 0u);
    // One of the ways in each.
    const std::array ways = {EngineOptions{}, EngineOptions{.threads = 2}, EngineOptions{.audit = true}};
    DistributedEngine engine(shape, ways[wafer % ways.size()], job());
    const TrafficResult result = run_traffic(engine, seed);
    expect_same(result, expected);
    EXPECT_EQ(engine.statistics().simulated_cycles, reference.statistics().simulated_cycles);
  }
}

// Two wafers, and what the host sees of both after everything it does.
class Twins {
 public:
  explicit Twins(const WaferShape& shape) : tiled(shape), distributed(shape, {}, job()) {}

  template <typename Act>
  auto both(const Act& act) {
    const auto a = act(static_cast<Engine&>(tiled));
    const auto b = act(static_cast<Engine&>(distributed));
    EXPECT_EQ(a, b);
    EXPECT_EQ(tiled.cycle(), distributed.cycle());
    EXPECT_EQ(tiled.quiet(), distributed.quiet());
    EXPECT_EQ(tiled.statistics().simulated_cycles, distributed.statistics().simulated_cycles);
    EXPECT_EQ(tiled.statistics().awake_tile_cycles, distributed.statistics().awake_tile_cycles);
    EXPECT_EQ(tiled.link_hash(), distributed.link_hash());
    return a;
  }

  TiledEngine tiled;
  DistributedEngine distributed;
};

// Answers from tiles far and near, so that the end of a run falls into windows of all lengths.
TEST(DistributedEngine, StopsInTheSameCycle) {
  const WaferShape shape{5, 24, {}, {}, {}};
  const Tree tree(shape, shape.index(0, 7));
  Twins twins(shape);
  std::mt19937 random(5);
  std::map<Engine*, WaferControl> controls;
  for (int i = 0; i < 40; ++i) {
    SCOPED_TRACE(i);
    const int tile = static_cast<int>(random() % shape.tiles());
    const unsigned count = random() % 4;
    const uint64_t limit = random() % 3 == 0 ? random() % 100 : 10000;
    twins.both([&](Engine& engine) {
      controls.try_emplace(&engine, engine, tree, 7).first->second.send_read(tile, rtl::kSramBase, count);
      return engine.edge(EdgeSide::kWest, 7).unsent();
    });
    // All answers, one wavelet that ends a message after the other, until nothing moves.
    for (auto stop = Engine::Stop::kReceived; stop == Engine::Stop::kReceived;) {
      stop = twins.both([&](Engine& engine) { return engine.run_until_received(engine.cycle() + limit); });
      twins.both([&](Engine& engine) {
        std::vector<std::pair<uint64_t, uint32_t>> received;
        while (const auto wavelet = engine.edge(EdgeSide::kWest, 7).receive())
          received.emplace_back(wavelet->cycle, wavelet->wavelet.data);
        return received;
      });
    }
    if (random() % 4 == 0)
      twins.both([&](Engine& engine) {
        engine.run_until(engine.cycle() + 1000);
        if (engine.quiet()) engine.set_epoch();
        return 0;
      });
  }
}

TEST(DistributedEngine, AHeldColorAndAnEmptyCreditLeaveTheWaferQuiet) {
  const WaferShape shape{2, 8, {}, {}, {}};
  Twins twins(shape);
  constexpr int kColor = 6;
  const Tree tree(shape, shape.index(0, 0));
  twins.both([&](Engine& engine) {
    WaferControl control(engine, tree, 0);
    for (const int x : {0, 1})
      control.write(shape.index(x, 7), rtl::kRegRoute + (rtl::kPortWest * rtl::kColorCount + kColor) * 4,
                    {1u << rtl::kPortEast});
    return engine.quiet();
  });
  twins.both([&](Engine& engine) {
    engine.edge(EdgeSide::kEast, 7).hold(kColor);
    for (uint32_t i = 0; i < 40; ++i) engine.edge(EdgeSide::kWest, 7).send({kColor, false, i});
    return engine.quiet();
  });
  twins.both([&](Engine& engine) { return engine.run_until_received(engine.cycle() + 10000); });
  EXPECT_TRUE(twins.distributed.quiet());
  EXPECT_GT(twins.both([&](Engine& engine) { return engine.edge(EdgeSide::kWest, 7).unsent(); }), 0u);
  // More of what cannot go, and a jump over the time in which it cannot.
  twins.both([&](Engine& engine) {
    engine.edge(EdgeSide::kWest, 7).send({kColor, true, 40});
    return engine.quiet();
  });
  twins.both([&](Engine& engine) {
    engine.run_until(engine.cycle() + 100);
    return engine.edge(EdgeSide::kWest, 7).unsent();
  });
  twins.both([&](Engine& engine) {
    engine.edge(EdgeSide::kEast, 7).release(kColor);
    return engine.quiet();
  });
  EXPECT_EQ(twins.both([&](Engine& engine) { return engine.run_until_received(engine.cycle() + 10000); }),
            Engine::Stop::kReceived);
  twins.both([&](Engine& engine) {
    std::vector<uint32_t> data;
    while (const auto wavelet = engine.edge(EdgeSide::kEast, 7).receive())
      data.push_back(wavelet->wavelet.data);
    return data;
  });
}

class Events final : public EngineObserver {
 public:
  void on_sent(int tile, uint64_t cycle, const Wavelet& wavelet) override {
    all.emplace_back(cycle, tile, wavelet.data);
  }
  void on_error(int tile, uint64_t cycle, const rtl::TileError& error) override {
    all.emplace_back(cycle, tile, std::bit_cast<uint32_t>(error));
  }
  void on_retired(int tile, uint64_t cycle, const Retired& instruction) override {
    all.emplace_back(cycle, tile, instruction.pc);
  }
  std::vector<std::tuple<uint64_t, int, uint32_t>> all;
};

// Wavelets without a route into all rows at once, and requests everywhere.
TEST(DistributedEngine, ShowsTheSameInTheSameOrder) {
  const WaferShape shape{3, 12, {}, {}, {}};
  const Tree tree(shape, 0);
  std::vector<decltype(Events::all)> seen;
  Twins twins(shape);
  twins.both([&](Engine& engine) {
    Events events;
    engine.set_observer(&events);
    WaferControl control(engine, tree, 0);
    for (int row = shape.rows - 1; row >= 0; --row) {
      engine.edge(EdgeSide::kWest, row).send({5, true, 0});
      control.send_read(shape.index(2, row), rtl::kSramBase, 2);
    }
    engine.run_until(3000);
    engine.set_observer(nullptr);
    seen.push_back(events.all);
    return events.all.size();
  });
  EXPECT_GT(seen[0].size(), static_cast<size_t>(shape.rows));
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(DistributedEngine, ShowsTheInstructionsOfTheTilesThatWereChosen) {
  const WaferShape shape{2, 6, {}, {}, {}};
  const Tree tree(shape, 0);
  std::vector<decltype(Events::all)> seen;
  Twins twins(shape);
  twins.both([&](Engine& engine) {
    Events events;
    engine.set_observer(&events);
    engine.observe_retired(shape.index(1, 5), true);
    const std::vector<uint8_t> loop = {0x6f, 0, 0, 0};  // j .
    WaferControl control(engine, tree, 0);
    for (const int row : {0, 5}) {
      engine.memory(shape.index(1, row)).instruction.write(0, loop);
      control.write(shape.index(1, row), rtl::kRegCoreRun, {1});
    }
    engine.run_until(engine.cycle() + 100);
    engine.set_observer(nullptr);
    std::erase_if(events.all, [&](const auto& event) { return std::get<1>(event) != shape.index(1, 5); });
    seen.push_back(events.all);
    return events.all.size();
  });
  EXPECT_GT(seen[0].size(), 20u);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(DistributedEngine, BackDoorOfAllTiles) {
  const WaferShape shape{20, 20, {}, {}, {}};
  DistributedEngine engine(shape, {}, job());
  const auto word = [](int tile) {
    return std::vector<uint8_t>{static_cast<uint8_t>(tile), static_cast<uint8_t>(tile >> 8), 0x5a, 0xa5};
  };
  for (int tile = 0; tile < shape.tiles(); ++tile) {
    engine.memory(tile).sram.write(64, word(tile));
    engine.memory(tile).instruction.write(128, word(~tile));
  }
  const Tree tree(shape, 0);
  WaferControl control(engine, tree, 0);
  for (const int tile : {0, 5, 199, 200, 399}) {
    const std::vector<uint8_t> bytes = word(tile);
    EXPECT_EQ(control.read(tile, rtl::kSramBase + 64, 1)[0],
              bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24);
    control.write(tile, rtl::kSramBase + 68, {0x01020304});
  }
  engine.reset();  // keeps the memories
  for (int tile = 0; tile < shape.tiles(); ++tile) {
    std::vector<uint8_t> bytes(4);
    engine.memory(tile).sram.read(64, bytes);
    ASSERT_EQ(bytes, word(tile)) << tile;
    engine.memory(tile).instruction.read(128, bytes);
    ASSERT_EQ(bytes, word(~tile)) << tile;
  }
  std::vector<uint8_t> bytes(4);
  engine.memory(399).sram.read(68, bytes);
  EXPECT_EQ(bytes, (std::vector<uint8_t>{4, 3, 2, 1}));
}

// A request to every tile, all at once.
uint64_t ask_all_tiles(Engine& engine) {
  const Tree tree(engine.shape(), 0);
  WaferControl control(engine, tree, 0);
  for (int tile = 0; tile < engine.shape().tiles(); ++tile) control.send_read(tile, rtl::kSramBase, tile % 5);
  engine.run_until(20000);
  EXPECT_TRUE(engine.quiet());
  return engine.link_hash();
}

TEST(DistributedEngine, ARunAfterAResetIsTheSame) {
  const WaferShape shape{4, 8, {}, {}, {}};
  DistributedEngine engine(shape, {}, job());
  const uint64_t first = ask_all_tiles(engine);
  engine.edge(EdgeSide::kWest, 7).send({5, false, 0});
  engine.run_until(20001);
  EXPECT_FALSE(engine.quiet());
  engine.reset();
  EXPECT_TRUE(engine.quiet());
  EXPECT_EQ(engine.link_hash(), 0u);
  EXPECT_EQ(ask_all_tiles(engine), first);
}

// Handed over between the engines at random cycles of random traffic, so with wavelets on the links over the
// boundaries and pieces of messages in the host's hands.
TEST(DistributedEngine, GoesOnFromASnapshotAndGivesOne) {
  std::mt19937 random(40 + job().size());
  for (int wafer = 0; wafer < 4; ++wafer) {
    const WaferShape shape = random_wafer(random, 4);
    const unsigned seed = static_cast<unsigned>(random());
    SCOPED_TRACE(testing::Message() << "wafer " << describe(shape) << ", traffic seed " << seed);
    TiledEngine reference(shape);
    const TrafficResult expected = run_traffic(reference, seed);
    TiledEngine tiled(shape);
    DistributedEngine distributed(shape, {.threads = wafer % 2 + 1}, job());
    const std::array<Engine*, 2> engines = {&tiled, &distributed};
    size_t next = 0, handovers = 0;
    const TrafficResult result = run_traffic(tiled, seed, [&](Engine& engine) -> Engine& {
      if (random() % 60 != 0) return engine;
      const Bytes file = bytes_of(engine);
      next ^= random() % 4 != 0;  // or again into the same
      engines[next]->restore(snapshot_of(file));
      EXPECT_EQ(bytes_of(*engines[next]), file) << "cycle " << engine.cycle();
      ++handovers;
      return *engines[next];
    });
    EXPECT_GT(handovers, 5u);
    expect_same(result, expected);
    EXPECT_EQ(engines[next]->statistics().simulated_cycles, reference.statistics().simulated_cycles);
    for (int tile = 0; tile < shape.tiles(); ++tile) {
      Bytes here(rtl::kSramBytes), there(rtl::kSramBytes);
      engines[next]->memory(tile).sram.read(0, here);
      reference.memory(tile).sram.read(0, there);
      ASSERT_EQ(here, there) << "tile " << tile;
    }
  }
}

TEST(DistributedEngine, KeepsMemoriesInASnapshotAndNothingOfThePast) {
  const WaferShape shape{3, 12, {}, {}, {}};
  DistributedEngine engine(shape, {}, job());
  Bytes bytes = {9, 8, 7, 6};
  for (const int tile : {0, 17, 35}) engine.memory(tile).sram.write(16, bytes);
  engine.edge(EdgeSide::kEast, 11).send({5, false, 1});  // not yet told to the rank
  const Bytes file = bytes_of(engine);
  for (int tile = 0; tile < shape.tiles(); ++tile) engine.memory(tile).sram.write(16, {{1, 1, 1, 1}});
  engine.run_until(20);
  engine.restore(snapshot_of(file));
  EXPECT_EQ(bytes_of(engine), file);
  EXPECT_EQ(engine.edge(EdgeSide::kEast, 11).unsent(), 1u);
  EXPECT_FALSE(engine.quiet());
  engine.memory(17).sram.read(16, bytes);
  EXPECT_EQ(bytes, (Bytes{9, 8, 7, 6}));
  engine.memory(18).sram.read(16, bytes);
  EXPECT_EQ(bytes, (Bytes{0, 0, 0, 0}));
}

TEST(DistributedEngine, RefusesASnapshotOfAnotherWafer) {
  TiledEngine other({2, 9, {}, {}, {}});
  DistributedEngine engine({2, 8, {}, {}, {}}, {}, job());
  EXPECT_THROW(engine.restore(snapshot_of(bytes_of(other))), Error);
}

TEST(DistributedEngine, RowsFollowTheExpectedWork) {
  const WaferShape shape{4, 16, {}, {}, {}};
  std::vector<uint32_t> work(16);
  work[2] = work[3] = work[4] = work[5] = 100;
  TiledEngine reference(shape);
  DistributedEngine engine(shape, {.work_by_row = work}, job());
  EXPECT_EQ(engine.ranks(), job().size());
  EXPECT_EQ(ask_all_tiles(engine), ask_all_tiles(reference));
}

TEST(DistributedEngine, RefusesMoreRanksThanRowsAndASecondWafer) {
  if (job().size() > 1) {
    try {
      DistributedEngine({3, job().size() - 1, {}, {}, {}}, {}, job());
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      EXPECT_THAT(error.what(), testing::HasSubstr("should be 1 to"));
    }
  }
  const WaferShape shape{2, 4, {}, {}, {}};
  DistributedEngine first(shape, {}, job());
  EXPECT_THROW(DistributedEngine(shape, {}, job()), Error);
  first.run_until(10);
}

}  // namespace
}  // namespace tessera::sim
