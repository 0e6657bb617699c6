// Bad input: one line that says what is wrong and what would be right, status 2, and no partial output.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "tests/host/cli/fixture.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

using BadInput = Cli;

TEST_F(BadInput, WrongArguments) {
  expect_refused("", {"command", "run", "inspect"});
  expect_refused("fly", {"fly"});
  expect_refused("run --tokens many", {"--tokens", "many"});
  expect_refused("run --wings 2", {"--wings"});
  expect_refused("run" + tiny + wafer + "--tokens 0", {"--tokens", "1"});
  expect_refused("run" + tiny + wafer + "--temperature 99", {"99", "0.01", "10"});
  expect_refused("run" + tiny + wafer + "--engine steam", {"steam", "tiled"});
  expect_refused("run" + tiny + wafer + "--load parachute", {"--load", "parachute", "backdoor"});
  expect_refused("run" + tiny + "--size 4", {"--size", "16x16"});
  for (const std::string option : {"--size", "--wafer", "--model", "--tokenizer"})
    expect_refused("run " + option + " ''", {option, "empty"});
  expect_refused("run" + tiny + wafer + "--dead 4,0", {"4,0", "off the wafer"});
  expect_refused("run" + tiny + wafer + "--dead-link 0,0,up", {"--dead-link", "east"});
}

TEST_F(BadInput, NumbersOutOfRange) {
  const std::string run = "run" + tiny + wafer;
  expect_refused(run + "--tokens -3", {"--tokens", "-3", "1"});
  expect_refused(run + "--tokens 99999999999999", {"--tokens", "99999999999999"});
  expect_refused(run + "--tokens 2.5", {"--tokens", "2.5"});
  expect_refused(run + "--temperature nan", {"temperature", "nan", "0.01"});
  expect_refused(run + "--temperature inf", {"temperature", "inf"});
  expect_refused(run + "--temperature -1", {"temperature", "-1"});
  expect_refused(run + "--seed -1", {"--seed", "-1"});
  expect_refused(run + "--seed 99999999999", {"--seed", "99999999999"});
  expect_refused(run + "--in-flight 0", {"in_flight", "0", "1 to 4"});
  expect_refused(run + "--in-flight 5", {"in_flight", "5", "1 to 4"});
  expect_refused(run + "--context -1", {"context", "-1"});
  expect_refused(run + "--context 99999", {"context", "99999", "8192"});
  expect_refused("eval" + tiny + "--sequences 0", {"--sequences", "0"});
  expect_refused("eval" + tiny + "--length -5", {"--length", "-5"});
  expect_refused("eval" + tiny + "--length 1", {"--length", "1"});
  expect_refused("eval" + tiny + "--limit -1", {"--limit", "-1"});
  expect_refused("debug trace" + tiny + wafer + "--position -1", {"--position", "-1"});
  expect_refused("debug trace" + tiny + wafer + "--position 24", {"--position", "24", "context"});
}

TEST_F(BadInput, WrongPlaces) {
  for (const char* size : {"0x0", "-4x4", "4x0", "99999x99999", "4x4x4", "4X4", "x", "4x4294967300"})
    expect_refused("run" + tiny + "--size " + size, {"--size"});
  expect_refused("run" + tiny + wafer + "--dead 1,1 --dead 2,2 --dead 1,1", {"1,1", "twice"});
  expect_refused("run" + tiny + wafer + "--dead 99999999999,1", {"--dead", "X,Y"});
  expect_refused("run" + tiny + wafer + "--dead 1", {"--dead", "X,Y"});
  expect_refused("run" + tiny + wafer + "--dead -1,0", {"-1,0", "off the wafer"});
  expect_refused("run" + tiny + wafer + "--dead-link 0,0,north", {"no link north"});
  expect_refused("run" + tiny + wafer + "--dead-link 0,0,east --dead-link 1,0,west", {"twice"});
  expect_refused("run" + tiny + "--size 1x1 --dead 0,0", {"0 that are live"});
  expect_refused("debug waves" + tiny + wafer + "--tile 9,9", {"--tile", "9,9"});
  expect_refused("debug waves" + tiny + wafer + "--kernel wings", {"--kernel", "wings"});
  expect_refused("debug waves" + tiny + wafer + "--cycles 9:3", {"--cycles", "9:3"});
  expect_refused("debug waves" + tiny + wafer + "--cycles 1:2 --tokens 1:2", {"--cycles", "--tokens"});
  expect_refused("debug waves" + tiny + wafer + "--out " + model, {model, "folder"});
}

TEST_F(BadInput, WrongFaults) {
  const std::string run = "run" + tiny + wafer + "--flip-bit ";
  for (const char* form : {"1", "1,1", "1,1:0", "1,1:0:8", "1,1:0:-1", "1,1:0x:1", "1,1:zero:1", "1,1:0:1:1"})
    expect_refused(run + form, {"--flip-bit", "such as"});
  expect_refused(run + "'layer 9 qkv 0:0:0'", {"--flip-bit", "layer 9 qkv 0", "compile --tiles"});
  expect_refused(run + "4,0:0:0", {"--flip-bit", "4,0", "off the wafer"});
  expect_refused(run + "1,1:49152:0", {"0xc000", "0xbfff", "0x10000"});
  expect_refused(run + "1,1:0xffffffff:0", {"0xffffffff"});
  expect_refused("run" + tiny + "--size 5x5 --dead 1,1 --flip-bit 1,1:0:0", {"1,1", "dead"});
}

TEST_F(BadInput, WrongModels) {
  const auto with = [&](const std::string& name, const std::string& bytes) {
    write_bytes(folder.file(name), bytes);
    return "run --model " + folder.file(name) + " --tokenizer " + tokenizer + wafer;
  };
  const std::string good = read_bytes(model);
  expect_refused("run --model /nowhere/model.bin", {"/nowhere/model.bin"});
  expect_refused("run --model " + folder.path().string(), {folder.path().string(), "directory"});
  expect_refused("run --model /dev/zero", {"/dev/zero", "regular file"});
  expect_refused(with("empty.bin", ""), {"empty.bin"});
  expect_refused(with("short.bin", good.substr(0, good.size() - 5)), {"short.bin", "bytes"});
  expect_refused(with("long.bin", good + "12345678"), {"long.bin", "bytes"});
  expect_refused(with("magic.bin", "GGUF" + good.substr(4)), {"magic.bin"});
  std::string absurd = good;
  for (int i = 0; i < 4; ++i) absurd[i] = static_cast<char>(0x7f);  // dim 2139062143
  expect_refused(with("absurd.bin", absurd), {"absurd.bin", "dim"});
  std::string negative = good;
  negative.replace(0, 4, std::string("\xe0\xff\xff\xff", 4));  // dim -32
  expect_refused(with("negative.bin", negative), {"negative.bin", "dim is -32"});
  // Each within its range; together more bytes than 32 bits can count.
  const std::int32_t largest[] = {4096, 16384, 1024, 64, 64, 1 << 18, 8192};
  std::string overflowing = good;
  std::memcpy(overflowing.data(), largest, sizeof largest);
  expect_refused(with("overflowing.bin", overflowing), {"overflowing.bin", "too short", "asks for"});
  std::string heads = good;
  heads[12] = 3;  // 32 / 3
  expect_refused(with("heads.bin", heads), {"heads.bin"});
  std::string infinite = good;
  infinite.replace(28 + 400, 4, std::string("\x00\x00\x80\x7f", 4));
  expect_refused(with("infinite.bin", infinite), {"infinite.bin", "inf", "finite numbers"});
  FloatModel loud = random_model(
      {.dim = 32, .hidden_dim = 64, .layers = 1, .heads = 2, .kv_heads = 1, .vocabulary = 270, .context = 24},
      7);
  loud.layers[0].ffn_norm[5] = 1e30f;  // finite, and beyond every exponent of a norm
  write_checkpoint(folder.file("loud.bin"), loud);
  expect_refused("run --model " + folder.file("loud.bin") + " --tokenizer " + tokenizer + wafer,
                 {"loud.bin: layers[0].ffn_norm's largest gain is 1.00000001"});
  std::string no_number = good;
  no_number.replace(28 + 400, 4, std::string("\x00\x00\xc0\x7f", 4));
  expect_refused(with("no_number.bin", no_number), {"no_number.bin", "nan", "finite numbers"});
}

TEST_F(BadInput, WrongTokenizers) {
  write_tokenizer(folder.file("other.bin"), byte_tokenizer(300));
  expect_refused("run --model " + model + " --tokenizer " + folder.file("other.bin") + wafer,
                 {"other.bin", "270"});
  expect_refused("run --model " + model + wafer, {"tokenizer.bin"});  // none beside the model
  const auto with = [&](const std::string& name, const std::string& bytes) {
    return "golden --model " + model + " --tokenizer " + written(name, bytes);
  };
  const std::string good = read_bytes(tokenizer);
  expect_refused(with("half.bin", good.substr(0, 1000)), {"half.bin", "ends within"});
  expect_refused(with("empty.bin", ""), {"empty.bin"});
  expect_refused(with("more.bin", good + "x"), {"more.bin", "1 bytes follow"});
  expect_refused(with("length.bin", good.substr(0, 8) + "\xff\xff\xff\xff" + good.substr(12)),
                 {"length.bin", "-1"});
  expect_refused("golden --model " + model + " --tokenizer " + folder.path().string(), {"directory"});
}

TEST_F(BadInput, WrongWafers) {
  expect_refused("run --wafer /nowhere.yaml", {"/nowhere.yaml"});
  expect_refused("run" + tiny + yaml("size: big\n"), {"wafer.yaml:1", "big"});
  expect_refused("run" + tiny + yaml("size: 4x4\nin_flight: many\n"), {"wafer.yaml:2", "in_flight"});
  expect_refused("run" + tiny + yaml("size: 4x4\nwings: 2\n"), {"wafer.yaml:2", "wings"});
  expect_refused("run" + tiny + yaml("size: 4x4\ndead_tiles: [[9, 1]]\n"), {"wafer.yaml", "9,1"});
  expect_refused("run" + tiny + yaml("size: [4\n"), {"wafer.yaml"});
  expect_refused("run --wafer " + folder.path().string(), {folder.path().string(), "directory"});
  expect_refused("run --wafer /dev/zero", {"/dev/zero", "longer than"});
  expect_refused("run" + tiny + yaml("- 4\n- 4\n"), {"wafer.yaml", "map of keys"});
  expect_refused("run" + tiny + yaml("just a text"), {"wafer.yaml", "map of keys"});
  expect_refused("run" + tiny + yaml("size: 4x4\nsize: 5x5\n"), {"wafer.yaml:2", "twice"});
  expect_refused("run" + tiny + yaml("size: 0x0\n"), {"wafer.yaml:1", "columns is 0"});
  expect_refused("run" + tiny + yaml("size: 99999x99999\n"), {"wafer.yaml:1", "99999"});
  expect_refused("run" + tiny + yaml("seed: 99999999999999999999999\n"), {"wafer.yaml:1", "seed"});
  expect_refused("run" + tiny + yaml("in_flight: 2.5\n"), {"wafer.yaml:1", "2.5"});
  expect_refused("run" + tiny + yaml("size: 4x4\ndead_tiles: 7\n"), {"wafer.yaml:2", "list"});
  expect_refused("run" + tiny + yaml("size: 4x4\ndead_tiles: [[1, 1], [1, 1]]\n"), {"wafer.yaml:2", "twice"});
  expect_refused("run" + tiny + yaml("size: 4x4\ndead_tiles: [[one, 1]]\n"), {"wafer.yaml:2", "one,1"});
  expect_refused("run" + tiny + yaml("partition:\n  wings: 2\n"), {"wafer.yaml:2", "wings"});
  expect_refused("run" + tiny + yaml("? [1, 2]\n: 3\n"), {"wafer.yaml:1"});
  expect_refused("run" + tiny + yaml("size: *nowhere\n"), {"wafer.yaml:1"});
  expect_refused("run" + tiny + yaml(std::string(100000, '[')), {"wafer.yaml"});
  expect_refused("run" + tiny + yaml(std::string("\xff\xfe\0s\0i", 6)), {"wafer.yaml"});
  std::string every_edge = "size: 4x4\ndead_links: [";
  for (int y = 0; y < 4; ++y)
    every_edge += "[0, " + std::to_string(y) + ", west], [3, " + std::to_string(y) + ", east], ";
  expect_refused("run" + tiny + yaml(every_edge + "]\n"), {"0 that are live"});
}

// The files are not there: that nothing was said of them shows that nothing was begun.
TEST_F(BadInput, EnginesWithoutSnapshots) {
  for (const std::string engine : {"flat", "steam"}) {
    const std::string run = "run --model /nowhere/model.bin --engine " + engine;
    const std::string refusal =
        "--engine: the " + engine + " engine has no snapshots, should be tiled or distributed";
    expect_refused(run + " --save " + folder.file("text.snapshot"), {refusal});
    expect_refused(run + " --restore /nowhere/text.snapshot", {refusal});
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("text.snapshot")));
}

TEST_F(BadInput, ModelsThatDoNotFit) {
  expect_refused("run" + tiny + "--size 3x3", {"tiles", "9"});
  const ModelConfig large{.dim = 256,
                          .hidden_dim = 1024,
                          .layers = 2,
                          .heads = 4,
                          .kv_heads = 4,
                          .vocabulary = 270,
                          .context = 2048};
  write_checkpoint(folder.file("large.bin"), random_model(large, 1));
  expect_refused("compile --model " + folder.file("large.bin") + " --tokenizer " + tokenizer + " --size 5x5",
                 {"attention", "49152"});
}

TEST_F(BadInput, PromptsThatDoNotFit) {
  expect_refused("run" + tiny + wafer + "--prompt abcdefghijklmnopqrstuvwxyz", {"prompt", "28", "24"});
  expect_refused("run" + tiny + wafer + "--context 4 --prompt abcdef", {"prompt", "8", "4"});
}

TEST_F(BadInput, WrongTexts) {
  expect_refused("eval" + tiny + "--text /nowhere.txt", {"/nowhere.txt"});
  expect_refused("eval" + tiny + "--text " + folder.path().string(), {folder.path().string()});
  expect_refused("eval" + tiny + "--text " + written("empty.txt", ""), {"empty.txt"});
  const std::string train = "train --output " + folder.file("trained") + " ";
  expect_refused(train + "--text /nowhere.txt", {"/nowhere.txt"});
  expect_refused(train + "--text " + written("short.txt", "short") + " --dim 0", {"dim is 0"});
  expect_refused(train + "--dim 30 --heads 4", {"dim 30", "heads 4"});
  expect_refused(train + "--steps -1", {"steps", "-1"});
  expect_refused(train + "--batch 0", {"batch", "0"});
  expect_refused(train + "--learning-rate nan", {"learning", "nan"});
  expect_refused("train --output " + model, {model, "folder"});
}

}  // namespace
}  // namespace tessera
