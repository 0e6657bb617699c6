// What every engine has to do, on wafers small enough to follow by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/error/error.h"
#include "sim/flat_engine.h"
#include "sim/make_engine.h"
#include "sim/tiled_engine.h"
#include "tests/sim/wafer_control.h"

namespace tessera::sim {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kColor = 5;

uint32_t route(int port, int color) { return rtl::kRegRoute + (port * rtl::kColorCount + color) * 4; }

class Errors final : public EngineObserver {
 public:
  explicit Errors(const WaferShape& shape) : shape_(shape) {}
  void on_error(int tile, uint64_t, const rtl::TileError& error) override {
    messages.push_back(describe(shape_, tile, error));
  }
  std::vector<std::string> messages;

 private:
  const WaferShape& shape_;
};

void settle(Engine& engine) {
  for (int i = 0; i < 1000 && !engine.quiet(); ++i) engine.step();
  ASSERT_TRUE(engine.quiet());
}

class EngineTest : public testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<Engine> make(const WaferShape& shape) {
    if (GetParam() == std::string("flat")) return std::make_unique<FlatEngine>(shape);
    return std::make_unique<TiledEngine>(shape);
  }
};

TEST_P(EngineTest, OutOfResetNothingMoves) {
  const auto engine = make({2, 2, {}, {}, {}});
  EXPECT_TRUE(engine->quiet());
  EXPECT_EQ(engine->run_until_received(1000), Engine::Stop::kQuiet);
  engine->run_until(10000);
  EXPECT_EQ(engine->cycle(), 10000u);
  EXPECT_EQ(engine->link_hash(), 0u);
  EXPECT_EQ(engine->statistics().awake_tile_cycles, 0u);
}

TEST_P(EngineTest, ControlPlaneAndBackDoorSeeTheSameMemory) {
  const WaferShape shape{2, 2, {}, {}, {}};
  const auto engine = make(shape);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  const std::vector<uint32_t> words = {0x01020304, 0xfffefdfc, 0x55aa55aa};
  for (int tile = 0; tile < shape.tiles(); ++tile) {
    control.write(tile, rtl::kSramBase + 0x124, words);
    std::vector<uint8_t> bytes(4);
    engine->memory(tile).sram.read(0x128, bytes);
    EXPECT_THAT(bytes, ElementsAre(0xfc, 0xfd, 0xfe, 0xff));
    engine->memory(tile).instruction.write(8, std::vector<uint8_t>{1, 2, 3, static_cast<uint8_t>(tile)});
    EXPECT_THAT(control.read(tile, rtl::kInstructionBase + 8, 1), ElementsAre(0x00030201u | tile << 24));
    EXPECT_EQ(control.read(tile, rtl::kSramBase + 0x124, 3), words);
  }
}

// One wavelet from west to east through a single tile, event by event.
TEST_P(EngineTest, LinkHashOfOneWavelet) {
  const WaferShape shape{1, 1, {}, {}, {}};
  const auto engine = make(shape);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  control.write(0, route(rtl::kPortWest, kColor), {1u << rtl::kPortEast});
  settle(*engine);
  engine->set_epoch();
  EXPECT_EQ(engine->link_hash(), 0u);
  const Wavelet wavelet{kColor, true, 0xcafe};
  engine->edge(EdgeSide::kWest, 0).send(wavelet);
  settle(*engine);

  const auto mix = [](uint64_t x) {
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
  };
  const auto event = [&](uint64_t cycle, uint64_t link, uint64_t word) {
    return mix(mix(cycle * 0x9e3779b97f4a7c15u + link) ^ word);
  };
  const uint64_t word = uint64_t{kColor} << 33 | uint64_t{1} << 32 | 0xcafe;
  // Tile 0 is the tile, 1 the host in the west, 2 the host in the east; ports: 1 east, 3 west.
  const uint64_t expected = event(0, (1 * 5 + 1) * 2, word) +        // the host sends it
                            event(2, (0 * 5 + 1) * 2, word) +        // two cycles a hop
                            event(2, (0 * 5 + 3) * 2 + 1, kColor) +  // the host has its credit back
                            event(3, (2 * 5 + 3) * 2 + 1, kColor);   // the host in the east takes it
  EXPECT_EQ(engine->link_hash(), expected);
  const auto received = engine->edge(EdgeSide::kEast, 0).receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->cycle, 2u);
  EXPECT_EQ(received->wavelet, wavelet);
}

// One color at full rate: a wavelet a cycle, so four places are enough for the way of the credits.
TEST_P(EngineTest, OneColorAtFullRate) {
  const WaferShape shape{2, 2, {}, {}, {}};
  const auto engine = make(shape);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  for (const int tile : {0, 1}) control.write(tile, route(rtl::kPortWest, kColor), {1u << rtl::kPortEast});
  settle(*engine);
  engine->set_epoch();
  for (uint32_t i = 0; i < 50; ++i) engine->edge(EdgeSide::kWest, 0).send({kColor, i == 49, i});
  settle(*engine);
  for (uint32_t i = 0; i < 50; ++i) {
    const auto received = engine->edge(EdgeSide::kEast, 0).receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->wavelet.data, i);
    EXPECT_EQ(received->cycle, 4u + i);
  }
}

// A wavelet for which nobody asks: nothing moves, and the host can see that it is still owed something.
TEST_P(EngineTest, AHangIsQuietWithSomethingUnsent) {
  const WaferShape shape{1, 1, {}, {}, {}};
  const auto engine = make(shape);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  control.write(0, route(rtl::kPortWest, kColor), {1u << rtl::kPortRamp});
  for (uint32_t i = 0; i < 20; ++i) engine->edge(EdgeSide::kWest, 0).send({kColor, false, i});
  EXPECT_EQ(engine->run_until_received(1000000), Engine::Stop::kQuiet);
  EXPECT_EQ(engine->edge(EdgeSide::kWest, 0).unsent(), 12u);  // four in the router, four at the ramp
  EXPECT_EQ(control.read(0, rtl::kRegEvents, 1), std::vector<uint32_t>{1u << kColor});
}

TEST_P(EngineTest, ErrorsNameTileKindPortAndColor) {
  WaferShape shape{2, 2, {}, {}, {}};
  shape.dead_tile = {false, false, false, true};
  const auto engine = make(shape);
  Errors errors(shape);
  engine->set_observer(&errors);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  control.write(1, route(rtl::kPortWest, kColor), {1u << rtl::kPortSouth});
  control.write(0, route(rtl::kPortWest, kColor), {1u << rtl::kPortEast});
  engine->edge(EdgeSide::kWest, 0).send({kColor, true, 1});
  settle(*engine);
  EXPECT_THAT(errors.messages, ElementsAre("tile 1,0: ErrorDeadLink, PortSouth, color 5"));
  errors.messages.clear();
  engine->edge(EdgeSide::kWest, 0).send({7, true, 1});
  settle(*engine);
  EXPECT_THAT(errors.messages, ElementsAre("tile 0,0: ErrorNoRoute, PortWest, color 7"));

  EXPECT_THROW(engine->edge(EdgeSide::kEast, 1), Error);
  EXPECT_NO_THROW(engine->edge(EdgeSide::kEast, 0));
}

TEST_P(EngineTest, TheEpochNeedsAQuietWafer) {
  const auto engine = make({1, 1, {}, {}, {}});
  engine->edge(EdgeSide::kWest, 0).send({rtl::kRequestColor, true, 0});
  EXPECT_THROW(engine->set_epoch(), Error);
  settle(*engine);
  EXPECT_NO_THROW(engine->set_epoch());
  EXPECT_EQ(engine->cycle(), 0u);
}

TEST_P(EngineTest, ResetStopsEverythingButKeepsMemories) {
  const WaferShape shape{1, 1, {}, {}, {}};
  const auto engine = make(shape);
  const Tree tree(shape, 0);
  WaferControl control(*engine, tree, 0);
  control.write(0, rtl::kSramBase, {42});
  control.write(0, route(rtl::kPortWest, kColor), {1u << rtl::kPortEast});
  engine->edge(EdgeSide::kWest, 0).send({kColor, false, 1});
  engine->step();
  engine->reset();
  EXPECT_EQ(engine->cycle(), 0u);
  EXPECT_TRUE(engine->quiet());
  EXPECT_EQ(engine->link_hash(), 0u);
  EXPECT_THAT(control.read(0, rtl::kSramBase, 1), ElementsAre(42u));
  EXPECT_THAT(control.read(0, route(rtl::kPortWest, kColor), 1), ElementsAre(0u));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, testing::Values("tiled", "flat"),
                         [](const auto& info) { return std::string(info.param); });

// The tiled engine skips what is idle: only tiles on the way exist, and waiting costs nothing.
TEST(TiledEngine, OnlyTouchedTilesExist) {
  const WaferShape shape{300, 200, {}, {}, {}};
  TiledEngine engine(shape);
  const Tree tree(shape, 0);
  WaferControl control(engine, tree, 0);
  control.write(shape.index(3, 0), rtl::kSramBase, {1});
  EXPECT_EQ(engine.tile_instances(), 4u);
  settle(engine);
  const uint64_t steps = engine.statistics().simulated_cycles;
  engine.run_until(1'000'000'000'000);
  EXPECT_EQ(engine.statistics().simulated_cycles, steps);
}

TEST(MakeEngine, ByName) {
  EXPECT_NE(dynamic_cast<TiledEngine*>(make_engine("tiled", {2, 2, {}, {}, {}}).get()), nullptr);
  EXPECT_THROW(make_engine("tilde", {2, 2, {}, {}, {}}), Error);
  EXPECT_THROW(make_engine("tiled", {0, 2, {}, {}, {}}), Error);
}

TEST(FlatEngine, NamesTheModelThatIsNotThere) {
  try {
    FlatEngine engine({97, 1, {}, {}, {}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEngine);
    EXPECT_THAT(error.what(), HasSubstr("libtessera_flat_97x1.so"));
  }
}

}  // namespace
}  // namespace tessera::sim
