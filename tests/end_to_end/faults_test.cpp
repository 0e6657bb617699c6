// Faults that are put in on purpose are caught, and found where they are.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>

#include "firmware/parameters.h"
#include "host/runtime/bit_flip.h"
#include "host/runtime/embedded_firmware.h"
#include "tests/end_to_end/cases.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

Case tiny_case() { return make_case(random_model(tiny_config(), 3), make_wafer(4, 4)); }

const TileImage& tile_with(const Image& image, Operator op) {
  for (const TileImage& tile : image.tiles) {
    if (tile.kernel >= 0 && image.graph.kernels[tile.kernel].op == op) return tile;
  }
  throw std::logic_error("no such kernel");
}

TEST(Faults, OneFlippedWeightBitIsFoundInItsTile) {
  const Case tiny = tiny_case();
  const TileImage& tile = tile_with(tiny.image, Operator::kOutput);
  const std::unique_ptr<EnginePort> port = make_port(tiny, EngineKind::kTiled);
  const int index = port->shape().index(tile.position.x, tile.position.y);
  RunEvents events;
  events.loaded = [&] {
    firmware::linear_parameters_t parameters;
    std::uint8_t bytes[sizeof parameters];
    port->read_memory(index, rtl::kSramBase, bytes);
    std::memcpy(&parameters, bytes, sizeof parameters);
    apply_bit_flips(*port, {{tile.position, parameters.weight_address + 3u, 6}});
  };
  const RunReport report = run(*port, tiny.image, tiny.model, greedy({1, 5, 9, 20}, 4), events);
  EXPECT_EQ(exit_status(report), 1);
  EXPECT_GT(report.mismatches, 0u);
  ASSERT_TRUE(report.first_mismatch);
  EXPECT_EQ(report.first_mismatch->tile, tile.position);
  EXPECT_EQ(report.first_mismatch->op, "attention_output");
  EXPECT_EQ(report.first_mismatch->index, 3);  // lane 3 of the first group
  EXPECT_NE(to_json(report).find("\"attention_output\""), std::string::npos);
}

TEST(Faults, AMissingRouteIsNamed) {
  Case tiny = tiny_case();
  // The first hop of what the first linear sends.
  const TileImage& producer = tile_with(tiny.image, Operator::kQkv);
  const int color = [&] {
    for (const ImageMessage& message : tiny.image.messages) {
      if (message.kernel == producer.kernel) return message.color;
    }
    return -1;
  }();
  const TilePosition position = producer.position;
  const std::string name = producer.name;
  for (TileImage& tile : tiny.image.tiles) {
    if (tile.position != position) continue;
    for (RegisterWrite& write : tile.registers) {
      if (write.address == rtl::kRegRoute + (rtl::kPortRamp * rtl::kColorCount + color) * 4) write.value = 0;
    }
  }
  const RunReport report = run_case(tiny, greedy({1, 5}, 2));
  EXPECT_EQ(exit_status(report), 1);
  EXPECT_NE(report.error.find(fmt::format("tile {},{} ({})", position.x, position.y, name)),
            std::string::npos)
      << report.error;
  EXPECT_NE(report.error.find("ErrorNoRoute"), std::string::npos) << report.error;
}

TEST(Faults, AMessageTooManyToWaitForIsAHangWithAName) {
  Case tiny = tiny_case();
  const TilePosition position = tile_with(tiny.image, Operator::kHidden).position;
  const std::string name = tile_with(tiny.image, Operator::kHidden).name;
  for (TileImage& tile : tiny.image.tiles) {
    if (tile.position != position) continue;
    for (RegisterWrite& write : tile.registers) {
      if (write.address == rtl::kRegJoinExpected) ++write.value;
    }
  }
  const RunReport report = run_case(tiny, greedy({1}, 2));
  EXPECT_EQ(exit_status(report), 1);
  EXPECT_NE(
      report.error.find(fmt::format("tile {},{} ({}) has all it waits for", position.x, position.y, name)),
      std::string::npos)
      << report.error;
}

TEST(Faults, AWrongKernelIsFound) {
  Firmware firmware = embedded_firmware();
  const std::string mutant = read_bytes(TESSERA_MUTANT_KERNEL);
  ASSERT_FALSE(mutant.empty());
  firmware.kernels["embedding"].assign(mutant.begin(), mutant.end());
  const Case tiny = make_case(random_model(tiny_config(), 3), make_wafer(4, 4), firmware);
  const RunReport report = run_case(tiny, greedy({1, 5, 9, 20, 31, 44, 17, 8, 62, 11}, 8));
  EXPECT_EQ(exit_status(report), 1);
  ASSERT_TRUE(report.first_mismatch) << report.error;
  EXPECT_EQ(report.first_mismatch->kernel, "embedding 0");
  EXPECT_EQ(report.first_mismatch->op, "embedding");
  EXPECT_EQ(report.first_mismatch->position, 0);
}

}  // namespace
}  // namespace tessera
