// The loader's messages, read by an independent model of the control plane.
#include "host/runtime/loader.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>

#include "tests/host/runtime/fake_wafer.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

std::vector<std::uint8_t> random_bytes(size_t count, std::mt19937& random) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Kernels on every second live tile, of two binaries; the others forward.
Image make_image(const WaferConfig& config, std::mt19937& random) {
  Image image;
  image.wafer = config;
  Wafer wafer = make_wafer(config);
  image.forest = grow_forest(wafer);
  drop_unreached(wafer, image.forest);
  image.firmware.kernels["linear"] = random_bytes(2300, random);  // several messages, not whole words of 256
  image.firmware.kernels["stripe"] = random_bytes(402, random);
  for (int tile = 0; tile < wafer.tiles(); ++tile) {
    if (!wafer.live[tile] || random() % 4 == 0) continue;
    TileImage entry;
    entry.position = wafer.position(tile);
    if (random() % 2 == 0) {
      entry.kernel = static_cast<int>(image.graph.kernels.size());
      entry.binary = random() % 3 == 0 ? "stripe" : "linear";
      image.graph.kernels.emplace_back();
      entry.sram.push_back({0, random_bytes(512, random)});
      entry.sram.push_back({2048, random_bytes(16 * (1 + random() % 200), random)});
    }
    entry.registers.push_back({rtl::kRegRoute + 4 * 7, static_cast<std::uint32_t>(random())});
    entry.registers.push_back({rtl::kRegRoute + 4 * 5, static_cast<std::uint32_t>(random())});
    entry.registers.push_back({rtl::kRegRoute + 4 * 6, static_cast<std::uint32_t>(random())});
    entry.registers.push_back({rtl::kRegJoinExpected, 3});
    image.tiles.push_back(entry);
  }
  return image;
}

void expect_loaded(FakeWafer& wafer, const Image& image) {
  for (const TileImage& tile : image.tiles) {
    const int index = wafer.shape().index(tile.position.x, tile.position.y);
    auto& memory = wafer.memory[index];
    for (const RegisterWrite& write : tile.registers) EXPECT_EQ(memory[write.address], write.value);
    EXPECT_EQ(memory[rtl::kRegCoreRun], tile.kernel >= 0 ? 1u : 0u);
    const auto expect_bytes = [&](std::uint32_t address, const std::vector<std::uint8_t>& bytes) {
      for (size_t i = 0; i < bytes.size(); ++i) {
        const auto at = static_cast<std::uint32_t>(address + i);
        ASSERT_EQ(memory[at & ~3u] >> (8 * (at % 4)) & 0xff, bytes[i])
            << "tile " << index << ", address " << at;
      }
    };
    for (const Segment& segment : tile.sram) expect_bytes(segment.address, segment.bytes);
    if (tile.kernel >= 0) expect_bytes(0x10000, image.firmware.kernels.at(tile.binary));
  }
}

TEST(Loader, LoadsEveryTileThroughTheControlPlane) {
  std::mt19937 random(test_seed());
  for (int round = 0; round < 20; ++round) {
    WaferConfig config;
    config.columns = 1 + static_cast<int>(random() % 9);
    config.rows = 1 + static_cast<int>(random() % 9);
    add_random_defects(config, 0.1, 0.05, random());
    const Image image = make_image(config, random);
    FakeControlPlane control;
    FakeWafer wafer(config.columns, config.rows, std::ref(control));
    load(wafer, image, LoadMode::kControl);
    EXPECT_EQ(control.lost, 0);
    expect_loaded(wafer, image);
  }
}

TEST(Loader, BackDoorLeavesTheSameState) {
  std::mt19937 random(test_seed());
  WaferConfig config;
  config.columns = 6;
  config.rows = 5;
  config.dead_tiles = {{2, 2}};
  const Image image = make_image(config, random);
  FakeControlPlane front_control, back_control;
  FakeWafer front(6, 5, std::ref(front_control));
  FakeWafer back(6, 5, std::ref(back_control));
  const LoadReport front_report = load(front, image, LoadMode::kControl);
  const LoadReport back_report = load(back, image, LoadMode::kBackDoor);
  expect_loaded(back, image);
  EXPECT_LT(back_report.words, front_report.words);
  EXPECT_GT(front_report.floods, 0u);
  // Bytes behind a binary that is not whole words long are zeros either way.
  const auto without_zeros = [](FakeWafer& wafer) {
    for (auto& [tile, memory] : wafer.memory)
      std::erase_if(memory, [](const auto& word) { return word.second == 0; });
    return wafer.memory;
  };
  EXPECT_EQ(without_zeros(front), without_zeros(back));
}

TEST(Loader, NamesTheTileWhoseMemoryIsWrong) {
  std::mt19937 random(1);
  WaferConfig config;
  config.columns = 3;
  config.rows = 1;
  Image image = make_image(config, random);
  image.tiles.resize(1);
  image.tiles[0].position = {1, 0};
  image.tiles[0].kernel = 0;
  image.tiles[0].binary = "linear";
  image.tiles[0].sram = {{64, random_bytes(64, random)}};
  FakeControlPlane control;
  bool flipped = false;
  FakeWafer wafer(3, 1, [&](FakeWafer& fake, const SentMessage& message) {
    control(fake, message);
    auto& memory = fake.memory[1];
    if (!memory.contains(68) || flipped) return;
    memory[68] ^= 1;
    flipped = true;
  });
  try {
    load(wafer, image, LoadMode::kControl);
    FAIL() << "should have thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFabric);
    EXPECT_NE(std::string(error.what()).find("tile 1,0"), std::string::npos) << error.what();
  }
}

TEST(Loader, NamesTheTileThatDoesNotAnswer) {
  std::mt19937 random(1);
  WaferConfig config;
  config.columns = 4;
  config.rows = 1;
  Image image = make_image(config, random);
  FakeWafer wafer(4, 1, [](FakeWafer&, const SentMessage&) {});
  try {
    load(wafer, image, LoadMode::kControl);
    FAIL() << "should have thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFabric);
    EXPECT_NE(std::string(error.what()).find("did not answer"), std::string::npos) << error.what();
  }
}

TEST(Requests, ALongPathTakesSeveralWords) {
  WaferConfig config;
  config.columns = 3;
  config.rows = 600;
  // Only one way in, at the top, and a comb that makes every column long.
  for (int y = 0; y < config.rows; ++y) {
    if (y > 0) config.dead_links.push_back({{0, y}, Direction::kWest});
    config.dead_links.push_back({{2, y}, Direction::kEast});
    if (y != config.rows - 1) config.dead_links.push_back({{0, y}, Direction::kEast});
    if (y != 0) config.dead_links.push_back({{1, y}, Direction::kEast});
  }
  const Forest forest = grow_forest(make_wafer(config));
  const int tile = 2 + 3 * (config.rows - 1);
  const std::uint32_t value = 0xabcd;
  const ControlMessage message = write_request(forest, tile, 64, {&value, 1});
  EXPECT_GT(message.operation_at, 1u);
  FakeControlPlane control;
  FakeWafer wafer(config.columns, config.rows, std::ref(control));
  run_control(wafer, forest, {message});
  EXPECT_EQ(wafer.memory[tile][64], value);
  EXPECT_EQ(control.lost, 0);
}

}  // namespace
}  // namespace tessera
