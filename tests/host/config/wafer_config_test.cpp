#include "host/config/wafer_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "host/error/error.h"
#include "tests/support/files.h"

namespace tessera {
namespace {

// The error that `run` ends with, as "kind: text"; empty when there is none.
std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    return std::string(error_kind_name(error.kind())) + ": " + error.what();
  }
  return "";
}

std::string yaml_error(const std::string& text) {
  return error_of([&] { parse_wafer_config(text, "wafer.yaml"); });
}

TEST(WaferConfig, DefaultIsSixteenSquaredWithDefects) {
  const WaferConfig config = default_wafer_config();
  EXPECT_EQ(config.columns, 16);
  EXPECT_EQ(config.rows, 16);
  EXPECT_GE(config.dead_tiles.size(), 5u);
  EXPECT_GE(config.dead_links.size(), 2u);
  EXPECT_EQ(config.partition.qkv, 0);
}

TEST(WaferConfig, ReadsEveryKey) {
  const WaferConfig config = parse_wafer_config(
      "size: 8x6\ndead_tiles: [[1, 2], [7, 5]]\ndead_links:\n  - [0, 0, west]\n  - [3, 3, north]\n"
      "in_flight: 2\nslots: 3\ncontext: 100\nclock_mhz: 500\nseed: 18446744073709551615\n"
      "partition:\n  stripes: 2\n  qkv: 4\n  attention: auto\n",
      "wafer.yaml");
  EXPECT_EQ(config.columns, 8);
  EXPECT_EQ(config.rows, 6);
  EXPECT_THAT(config.dead_tiles, testing::ElementsAre(TilePosition{1, 2}, TilePosition{7, 5}));
  EXPECT_THAT(config.dead_links, testing::ElementsAre(LinkPosition{{0, 0}, Direction::kWest},
                                                      LinkPosition{{3, 3}, Direction::kNorth}));
  EXPECT_EQ(config.in_flight, 2);
  EXPECT_EQ(config.slots, 3);
  EXPECT_EQ(config.context, 100);
  EXPECT_EQ(config.clock_mhz, 500);
  EXPECT_EQ(config.seed, UINT64_MAX);
  EXPECT_EQ(config.partition.stripes, 2);
  EXPECT_EQ(config.partition.qkv, 4);
  EXPECT_EQ(config.partition.attention, 0);
}

TEST(WaferConfig, AnEmptyFileIsTheDefaults) {
  EXPECT_EQ(describe(parse_wafer_config("", "wafer.yaml")), describe(WaferConfig()));
  EXPECT_EQ(describe(parse_wafer_config("# nothing\n", "wafer.yaml")), describe(WaferConfig()));
}

TEST(WaferConfig, DescriptionReadsBack) {
  WaferConfig config = default_wafer_config();
  config.partition.hidden = 3;
  config.slots = 2;
  EXPECT_EQ(describe(parse_wafer_config(describe(config), "again")), describe(config));
}

TEST(WaferConfig, ErrorsNameTheLineAndWhatWouldBeRight) {
  EXPECT_EQ(
      yaml_error("size: 16x16\ndead_tile: []\n"),
      "config: wafer.yaml:2: unknown key 'dead_tile' of the wafer, should be one of: clock_mhz, context, "
      "dead_links, dead_tiles, in_flight, partition, seed, size, slots");
  EXPECT_EQ(yaml_error("size: 16x16\n\ndead_tiles:\n  - [3, 4]\n  - [16, 3]\n"),
            "config: wafer.yaml:5: tile 16,3 lies off the wafer (columns 0 to 15)");
  EXPECT_EQ(yaml_error("dead_tiles: [[0, 9]]\nsize: 4x9\n"),
            "config: wafer.yaml:1: tile 0,9 lies off the wafer (rows 0 to 8)");
  EXPECT_EQ(yaml_error("dead_tiles:\n  - [3, 4]\n  - [3, 4]\n"),
            "config: wafer.yaml:3: dead tile 3,4 is named twice");
  EXPECT_EQ(yaml_error("dead_links:\n  - [3, 4, east]\n  - [4, 4, west]\n"),
            "config: wafer.yaml:3: dead link 4,4 west is named twice");
  EXPECT_EQ(
      yaml_error("dead_links: [[3, 0, north]]\n"),
      "config: wafer.yaml:1: there is no link north of tile 3,0 (only the west and east edges have links)");
  EXPECT_EQ(
      yaml_error("dead_links: [[3, 0, up]]\n"),
      "config: wafer.yaml:1: 3,0,up should be X,Y,DIRECTION, such as 3,4,east (north, east, south or west)");
  EXPECT_EQ(yaml_error("dead_tiles: [[3]]\n"),
            "config: wafer.yaml:1: dead tile should be [x, y], such as [3, 4]");
  EXPECT_EQ(yaml_error("dead_tiles: 3\n"), "config: wafer.yaml:1: dead_tiles should be a list of [x, y]");
  EXPECT_EQ(yaml_error("in_flight: 5\n"),
            "config: wafer.yaml:1: in_flight is 5, should be a number from 1 to 4");
  EXPECT_EQ(yaml_error("in_flight: many\n"),
            "config: wafer.yaml:1: in_flight is many, should be a number from 1 to 4");
  EXPECT_EQ(yaml_error("slots: 0\n"),
            "config: wafer.yaml:1: slots is 0, should be auto or a number from 1 to 32");
  EXPECT_EQ(yaml_error("seed: -1\n"),
            "config: wafer.yaml:1: seed is -1, should be a number from 0 to 18446744073709551615");
  EXPECT_EQ(yaml_error("size: 16\n"), "config: wafer.yaml:1: 16 should be COLUMNSxROWS, such as 16x16");
  EXPECT_EQ(yaml_error("size: 0x16\n"), "config: wafer.yaml:1: columns is 0, should be 1 to 4096");
  EXPECT_EQ(yaml_error("seed: 1\nseed: 2\n"), "config: wafer.yaml:2: key 'seed' of the wafer is there twice");
  EXPECT_EQ(yaml_error("partition:\n  layers: 2\n"),
            "config: wafer.yaml:2: unknown key 'layers' of partition, should be one of: attention, down, "
            "embedding, hidden, logits, output, qkv, rope, stripes");
  EXPECT_EQ(yaml_error("partition:\n  qkv: [1]\n"),
            "config: wafer.yaml:2: partition.qkv is a list or map, should be auto or a number from 1 to 256");
  EXPECT_EQ(yaml_error("- 1\n"), "config: wafer.yaml:1: the wafer should be a map of keys");
  EXPECT_THAT(yaml_error("size: [\n"), testing::StartsWith("config: wafer.yaml:2: not YAML: "));
}

TEST(WaferConfig, FilesThatCannotBeRead) {
  TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { read_wafer_config(folder.file("none.yaml")); }),
            "input: " + folder.file("none.yaml") + ": cannot be read, should be a wafer's YAML file");
  write_bytes(folder.file("wafer.yaml"), "size: 5x4\nslots: none\n");
  EXPECT_EQ(
      error_of([&] { read_wafer_config(folder.file("wafer.yaml")); }),
      "config: " + folder.file("wafer.yaml") + ":2: slots is none, should be auto or a number from 1 to 32");
}

TEST(WaferConfig, CommandLineForms) {
  WaferConfig config;
  parse_size("12x8", "--size", config);
  EXPECT_EQ(config.columns, 12);
  EXPECT_EQ(config.rows, 8);
  EXPECT_EQ(parse_tile("3,4", "--dead"), (TilePosition{3, 4}));
  EXPECT_EQ(parse_link("3,4,south", "--dead-link"), (LinkPosition{{3, 4}, Direction::kSouth}));
  for (const char* text : {"12", "12x", "x8", "12x8x1", "12 x8", "a x b", "", "12x-8", "99999999999x1"})
    EXPECT_THAT(error_of([&] { parse_size(text, "--size", config); }),
                testing::StartsWith("config: --size: "))
        << text;
  for (const char* text : {"3", "3,", ",4", "3,4,5", "3.4", "", "3,x"})
    EXPECT_EQ(error_of([&] { parse_tile(text, "--dead"); }),
              std::string("config: --dead: ") + text + " should be X,Y, such as 3,4");
}

TEST(WaferConfig, ValidatesWhatIsNotFromAFile) {
  WaferConfig config;
  config.dead_tiles = {{1, 1}, {20, 1}};
  EXPECT_EQ(error_of([&] { validate_wafer_config(config, "--dead"); }),
            "config: --dead: tile 20,1 lies off the wafer (columns 0 to 15)");
  config.dead_tiles = {{1, 1}, {2, 1}, {1, 1}};
  EXPECT_EQ(error_of([&] { validate_wafer_config(config, "--dead"); }),
            "config: --dead: dead tile 1,1 is named twice");
  config = WaferConfig();
  config.in_flight = 0;
  EXPECT_EQ(error_of([&] { validate_wafer_config(config, "x"); }),
            "config: x: in_flight is 0, should be 1 to 4");
}

TEST(WaferConfig, RandomDefectsAreSeeded) {
  WaferConfig first, second, other;
  add_random_defects(first, 0.1, 0.1, 7);
  add_random_defects(second, 0.1, 0.1, 7);
  add_random_defects(other, 0.1, 0.1, 8);
  EXPECT_EQ(describe(first), describe(second));
  EXPECT_NE(describe(first), describe(other));
  EXPECT_GT(first.dead_tiles.size(), 10u);
  EXPECT_LT(first.dead_tiles.size(), 45u);
  add_random_defects(first, 0.5, 0.5, 9);  // on top, nothing twice
  validate_wafer_config(first, "random");
  EXPECT_GT(first.dead_tiles.size(), 90u);
}

}  // namespace
}  // namespace tessera
