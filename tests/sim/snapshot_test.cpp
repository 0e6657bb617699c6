// A wafer goes on from a snapshot as if there had been none; what is not whole and right is refused.
#include "sim/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "host/error/error.h"
#include "sim/flat_engine.h"
#include "sim/tiled_engine.h"
#include "tests/sim/random_wafer.h"
#include "tests/sim/snapshot_bytes.h"
#include "tests/sim/traffic.h"

namespace tessera::sim {
namespace {

using testing::HasSubstr;

// The error of a file; "" when it is read.
std::string error_of(const Bytes& file, ErrorKind kind = ErrorKind::kInput) {
  try {
    snapshot_of(file);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  return {};
}

std::unique_ptr<TiledEngine> make(const WaferShape& shape, int threads = 1,
                                  Evaluation evaluation = Evaluation::kDirect) {
  EngineOptions options;
  options.threads = threads;
  options.evaluation = evaluation;
  return std::make_unique<TiledEngine>(shape, options);
}

void expect_same_memories(Engine& a, Engine& b) {
  for (int tile = 0; tile < a.shape().tiles(); ++tile) {
    Bytes of_a(rtl::kSramBytes), of_b(rtl::kSramBytes);
    a.memory(tile).sram.read(0, of_a);
    b.memory(tile).sram.read(0, of_b);
    ASSERT_EQ(of_a, of_b) << "tile " << tile;
  }
}

// A small wafer in the middle of its traffic, and its file.
struct MidTraffic {
  explicit MidTraffic(const WaferShape& shape = {2, 2, {}, {}, {}}, unsigned seed = 3) : engine(make(shape)) {
    int left = 200;
    run_traffic(*engine, seed, [&](Engine& at) -> Engine& {
      if (--left == 0) file = bytes_of(at, host);
      return at;
    });
  }
  const Bytes host = {1, 2, 3, 250};
  std::unique_ptr<TiledEngine> engine;
  Bytes file;
};

struct Case {
  const char* name;
  WaferShape shape;
};

class SnapshotTest : public testing::TestWithParam<Case> {};

// Handed over at random cycles of random traffic under back-pressure, to engines of other kinds and numbers
// of threads, each on from the file of the one before.
TEST_P(SnapshotTest, TheRunGoesOnToTheLastBit) {
  const WaferShape& shape = GetParam().shape;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto whole = make(shape);
    const TrafficResult expected = run_traffic(*whole, seed);

    std::mt19937 random(seed);
    std::vector<std::unique_ptr<TiledEngine>> engines;
    engines.push_back(make(shape));
    const TrafficResult result = run_traffic(*engines[0], seed, [&](Engine& engine) -> Engine& {
      if (random() % 150 != 0) return engine;
      // Several threads on small wafers are slow, so most go on with one.
      const int threads = engines.size() % 4 == 1 ? 3 : 1;
      engines.push_back(
          make(shape, threads, seed % 2 == 0 && random() % 2 == 0 ? Evaluation::kEval : Evaluation::kDirect));
      engines.back()->restore(snapshot_of(bytes_of(engine)));
      return *engines.back();
    });
    EXPECT_GT(engines.size(), 3u);
    expect_same(result, expected);
    expect_same_memories(*engines.back(), *whole);
    if (seed % 2 != 0) {  // eval() keeps more
      EXPECT_EQ(bytes_of(*engines.back()), bytes_of(*whole));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Wafers, SnapshotTest,
    testing::Values(Case{"OneTile", {1, 1, {}, {}, {}}}, Case{"Oblong", {3, 2, {}, {}, {}}},
                    Case{"Large", {5, 4, {}, {}, {}}},
                    Case{"LargeDead", {4, 4, marks(16, {5, 8}), marks(16, {0, 15}), marks(16, {7})}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Snapshot, TheSameStateGivesTheSameBytes) {
  const WaferShape shape{4, 4, marks(16, {5}), {}, {}};
  Bytes before;
  std::vector<std::unique_ptr<TiledEngine>> others;
  const auto engine = make(shape);
  run_traffic(*engine, 11, [&](Engine& at) -> Engine& {
    if (at.cycle() % 64 != 0) return at;
    const Bytes file = bytes_of(at);
    EXPECT_EQ(bytes_of(at), file);
    EXPECT_NE(file, before);
    before = file;
    for (const int threads : {1, 3}) {
      const auto other = make(shape, threads);
      other->restore(snapshot_of(file));
      EXPECT_EQ(bytes_of(*other), file) << threads << " threads, cycle " << at.cycle();
    }
    return at;
  });
  EXPECT_FALSE(before.empty());
}

// Neither what the wafer had done before, nor its memories.
TEST(Snapshot, NothingOfThePastIsLeftInARestoredWafer) {
  const MidTraffic traffic;
  const auto used = make({2, 2, {}, {}, {}});
  run_traffic(*used, 17);
  used->memory(3).sram.write(0, Bytes(100, 0xee));
  used->restore(snapshot_of(traffic.file));
  EXPECT_EQ(bytes_of(*used, traffic.host), traffic.file);
}

TEST(Snapshot, AWaferThatNothingReachedIsSmall) {
  const auto engine = make({64, 64, {}, {}, {}});
  const Bytes file = bytes_of(*engine);
  EXPECT_LT(file.size(), 1000u);
  const WaferSnapshot snapshot = snapshot_of(file);
  EXPECT_EQ(snapshot.tiles.size(), 0u);
  EXPECT_EQ(snapshot.edges.size(), 0u);
  const auto other = make({64, 64, {}, {}, {}});
  other->restore(snapshot_of(file));
  EXPECT_TRUE(other->quiet());
}

// The host's bytes come back, and the memory of a tile that was never awake.
TEST(Snapshot, HostAndMemoriesTravelInIt) {
  const auto engine = make({3, 1, {}, {}, {}});
  engine->memory(2).sram.write(16, Bytes{9, 8, 7});
  engine->memory(1).instruction.write(4, Bytes{6});
  const Bytes host = {'h', 'o', 's', 't'};
  WaferSnapshot snapshot = snapshot_of(bytes_of(*engine, host));
  EXPECT_EQ(snapshot.host, host);
  const auto other = make({3, 1, {}, {}, {}});
  other->restore(std::move(snapshot));
  Bytes bytes(3);
  other->memory(2).sram.read(16, bytes);
  EXPECT_EQ(bytes, (Bytes{9, 8, 7}));
  other->memory(1).instruction.read(4, bytes);
  EXPECT_EQ(bytes, (Bytes{6, 0, 0}));
  EXPECT_EQ(other->memory(0).sram.words(), nullptr);
}

TEST(Snapshot, EveryChangedByteIsRefused) {
  const MidTraffic traffic;
  ASSERT_EQ(error_of(traffic.file), "");
  std::mt19937 random(5);
  std::vector<size_t> places;
  for (size_t i = 0; i < 64; ++i) places.push_back(i);
  for (size_t i = traffic.file.size() - 32; i < traffic.file.size(); ++i) places.push_back(i);
  for (int i = 0; i < 400; ++i) places.push_back(random() % traffic.file.size());
  for (const size_t place : places) {
    Bytes file = traffic.file;
    file[place] ^= static_cast<uint8_t>(1u << random() % 8);
    EXPECT_THAT(error_of(file), HasSubstr("file: ")) << "byte " << place;
    file[place] = static_cast<uint8_t>(traffic.file[place] + 1 + random() % 255);
    EXPECT_THAT(error_of(file), HasSubstr("file: ")) << "byte " << place;
  }
}

TEST(Snapshot, WhatIsCutShortOrLongerIsRefused) {
  const MidTraffic traffic;
  for (size_t length = 0; length < traffic.file.size(); length += length < 80 ? 1 : 997)
    EXPECT_NE(
        error_of(Bytes(traffic.file.begin(), traffic.file.begin() + static_cast<std::ptrdiff_t>(length))), "")
        << length;
  Bytes longer = traffic.file;
  longer.push_back(0);
  EXPECT_THAT(error_of(longer), HasSubstr("damaged"));
  EXPECT_THAT(error_of({}), HasSubstr("file: 0 bytes, too few"));
}

// The file is whole, its checksums are right: only its content says that it cannot be.
TEST(Snapshot, ContentThatEndsAnywhereIsRefused) {
  const MidTraffic traffic;
  const Bytes content = content_of(traffic.file);
  ASSERT_EQ(error_of(with_content(traffic.file, content)), "");
  const std::vector<size_t> boundaries = section_boundaries(content);
  ASSERT_GT(boundaries.size(), 6u);
  std::vector<size_t> ends = boundaries;
  ends.pop_back();  // the whole
  for (const size_t boundary : boundaries)
    ends.insert(ends.end(), {boundary + 3, boundary + 11, boundary + 13});
  for (const size_t end : ends) {
    if (end >= content.size()) continue;
    const Bytes part(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(end));
    EXPECT_THAT(error_of(with_content(traffic.file, part)), HasSubstr("damaged")) << end;
  }
  Bytes longer = content;
  longer.push_back(0);
  EXPECT_THAT(error_of(with_content(traffic.file, longer)), HasSubstr("damaged"));
}

TEST(Snapshot, SectionsInAnotherOrderAreRefused) {
  const MidTraffic traffic;
  const Bytes content = content_of(traffic.file);
  const std::vector<size_t> boundaries = section_boundaries(content);
  for (size_t i = 0; i + 2 < boundaries.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "section " << i);
    const auto at = [&](size_t boundary) {
      return content.begin() + static_cast<std::ptrdiff_t>(boundaries[boundary]);
    };
    Bytes swapped(content.begin(), at(i));
    swapped.insert(swapped.end(), at(i + 1), at(i + 2));
    swapped.insert(swapped.end(), at(i), at(i + 1));
    swapped.insert(swapped.end(), at(i + 2), content.end());
    EXPECT_NE(error_of(with_content(traffic.file, swapped)), "");
    Bytes twice(content.begin(), at(i + 1));
    twice.insert(twice.end(), at(i), content.end());
    EXPECT_NE(error_of(with_content(traffic.file, twice)), "");
  }
}

// Checksums do not protect from someone who makes them: nothing may be written or read out of bounds.
TEST(Snapshot, ChangedContentIsRefusedOrIsAState) {
  const MidTraffic traffic;
  const Bytes content = content_of(traffic.file);
  const std::vector<size_t> boundaries = section_boundaries(content);
  std::mt19937 random(7);
  size_t refused = 0;
  const auto engine = make({2, 2, {}, {}, {}});
  for (int i = 0; i < 600; ++i) {
    Bytes changed = content;
    // Heads of sections, and what stands at the begin of one, more often than the rest.
    size_t place = random() % content.size();
    if (i % 3 != 0)
      place = std::min(boundaries[random() % boundaries.size()] + random() % 48, content.size() - 1);
    changed[place] = static_cast<uint8_t>(random());
    try {
      WaferSnapshot snapshot = snapshot_of(with_content(traffic.file, changed));
      engine->restore(std::move(snapshot));
    } catch (const Error&) {
      ++refused;
      continue;
    }
    try {
      engine->run_until(engine->cycle() + 20);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFabric) << error.what();
    }
  }
  EXPECT_GT(refused, 100u);
}

TEST(Snapshot, LengthsThatAreNotThereTakeNoMemory) {
  const MidTraffic traffic;
  const Bytes content = content_of(traffic.file);
  for (const uint64_t length :
       {uint64_t{1} << 20, uint64_t{1} << 28, (uint64_t{1} << 28) + 1, uint64_t{1} << 40, ~uint64_t{0}}) {
    Bytes changed = content;
    for (int i = 0; i < 8; ++i) changed[4 + i] = static_cast<uint8_t>(length >> (8 * i));
    EXPECT_THAT(error_of(with_content(traffic.file, changed)), HasSubstr("damaged")) << length;
  }
}

TEST(Snapshot, OtherFilesAndVersionsAreRefused) {
  const MidTraffic traffic;
  Bytes file = traffic.file;
  file[0] = 't';
  EXPECT_THAT(error_of(file), HasSubstr("file: not a snapshot of a wafer"));
  file = traffic.file;
  file[8] = 2;
  EXPECT_THAT(error_of(with_checksums(file)), HasSubstr("file: a snapshot of version 2, should be 1"));
}

TEST(Snapshot, OtherTilesAreRefused) {
  const MidTraffic traffic;
  Bytes file = traffic.file;
  file[24] ^= 1;
  EXPECT_THAT(error_of(with_checksums(file), ErrorKind::kEngine),
              HasSubstr("file: a snapshot of other tiles"));
}

TEST(Snapshot, OtherShapesAreRefusedAndTheWaferIsAsItWas) {
  const WaferShape shape{3, 2, marks(6, {1}), {}, {}};
  const auto engine = make(shape);
  run_traffic(*engine, 5);
  const Bytes before = bytes_of(*engine);
  for (const WaferShape& other : {WaferShape{2, 3, {}, {}, {}}, WaferShape{3, 2, {}, {}, {}},
                                  WaferShape{3, 2, marks(6, {1}), marks(6, {2}), {}},
                                  WaferShape{3, 2, marks(6, {1}), {}, marks(6, {0})}}) {
    const auto source = make(other);
    try {
      engine->restore(snapshot_of(bytes_of(*source)));
      ADD_FAILURE() << "restored";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kEngine);
      EXPECT_THAT(error.what(), HasSubstr("another wafer"));
    }
  }
  EXPECT_EQ(bytes_of(*engine), before);
  // An empty list of marks is one of zeros.
  engine->restore(snapshot_of(before));
  make({3, 2, marks(6, {1}), marks(6, {}), marks(6, {})})->restore(snapshot_of(before));
}

TEST(Snapshot, TheFlatEngineHasNone) {
  FlatEngine flat({2, 2, {}, {}, {}});
  EXPECT_THROW(bytes_of(flat), Error);
  const auto tiled = make({2, 2, {}, {}, {}});
  EXPECT_THROW(flat.restore(snapshot_of(bytes_of(*tiled))), Error);
}

}  // namespace
}  // namespace tessera::sim
