// The program as a user meets it: what it writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/host/cli/fixture.h"

namespace tessera {
namespace {

TEST_F(Cli, RunWritesTextTableAndReport) {
  const std::string json = folder.file("run.json");
  const ProgramResult result =
      run_program("run" + tiny + wafer + "--prompt ab --tokens 5 --ignore-eos --profile --json " + json);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_NE(result.out.find("wafer: 4 x 4 tiles"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("0 mismatches"), std::string::npos);
  EXPECT_NE(result.out.find("where a token's"), std::string::npos);
  const auto report = nlohmann::json::parse(read_bytes(json));
  EXPECT_EQ(report["tokens"], 5);
  EXPECT_EQ(report["token_ids"].size(), 5u);
  EXPECT_EQ(report["mismatches"], 0);
  EXPECT_TRUE(report["first_mismatch"].is_null());
  EXPECT_GT(report["compared"], 0);
  EXPECT_GT(report["cycles_per_token"], 0);
  EXPECT_EQ(report["link_hash"].get<std::string>().size(), 16u);
  EXPECT_EQ(report["position_cycles"].size(), report["positions"]);

  const auto golden = nlohmann::json::parse(
      run_program("golden" + tiny + "--prompt ab --tokens 5 --ignore-eos --json -").out);
  EXPECT_EQ(golden["token_ids"], report["token_ids"]);
  EXPECT_EQ(golden["text"], report["text"]);
  // No partial file is left behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 3);
}

TEST_F(Cli, QuietSaysNothingAndJsonOnStdoutIsOnlyJson) {
  const ProgramResult quiet = run_program("run" + tiny + wafer + "--tokens 1 --quiet");
  EXPECT_EQ(quiet.status, 0);
  EXPECT_EQ(quiet.out + quiet.err, "");
  EXPECT_TRUE(nlohmann::json::accept(run_program("run" + tiny + wafer + "--tokens 1 --json -").out));
  EXPECT_TRUE(nlohmann::json::accept(run_program("compile" + tiny + wafer + "--json -").out));
}

TEST_F(Cli, SamplingIsReproducedByItsSeed) {
  const auto ids = [&](const std::string& seed) {
    return nlohmann::json::parse(run_program("run" + tiny + wafer +
                                             "--tokens 8 --temperature 1.5 --ignore-eos --json - --seed " +
                                             seed)
                                     .out)["token_ids"];
  };
  EXPECT_EQ(ids("5"), ids("5"));
  EXPECT_NE(ids("5"), ids("6"));
}

TEST_F(Cli, ATextIsSavedAndGoneOnWith) {
  const std::string snapshot = folder.file("text.snapshot");
  const std::string text = "--prompt ab --ignore-eos --temperature 0.8 --seed 3";
  const auto run = [&](const std::string& arguments) {
    return report(run_program("run" + tiny + arguments + " --json -"));
  };
  const auto whole = run(wafer + text + " --tokens 9");
  run(wafer + text + " --tokens 4 --save " + snapshot);
  const auto rest = run("--restore " + snapshot + " --tokens 5");
  for (const char* key : {"text", "token_ids", "link_hash", "cycles", "position_cycles", "wafer"})
    EXPECT_EQ(rest[key], whole[key]) << key;
  EXPECT_EQ(rest["mismatches"], 0);
  EXPECT_GT(rest["compared"], 0);

  expect_refused("run" + tiny + "--restore " + snapshot + " --size 4x4", {"--restore", "--size"});
  expect_refused("run --quiet --restore " + snapshot, {"text.snapshot", "another model"});
  expect_refused("run" + tiny + "--restore " + model, {"model.bin", "not a snapshot"});
  expect_refused("run" + tiny + wafer + "--save " + folder.file("no/where"), {"no/where"});
  std::string damaged = read_bytes(snapshot);
  damaged[damaged.size() / 2] ^= 1;
  write_bytes(snapshot, damaged);
  expect_refused("run" + tiny + "--restore " + snapshot, {"text.snapshot", "damaged"});
  EXPECT_FALSE(std::filesystem::exists(snapshot + ".partial"));
}

TEST_F(Cli, AFlippedBitIsFoundWhereItIs) {
  const std::string json = folder.file("run.json");
  const std::string run = "run" + tiny + wafer + "--prompt ab --tokens 3 --json " + json;
  ASSERT_EQ(run_program(run).status, 0);
  EXPECT_TRUE(nlohmann::json::parse(read_bytes(json))["first_mismatch"].is_null());
  // The first byte of the first weights: behind parameters and receive buffers, the largest piece that is
  // loaded.
  const auto image = nlohmann::json::parse(run_program("compile" + tiny + wafer + "--json -").out);
  for (const auto& tile : image["tiles"]) {
    if (tile["name"] != "layer 0 output 0") continue;
    const auto& segments = tile["segments"];
    const auto weights = std::max_element(segments.begin(), segments.end(), [](const auto& a, const auto& b) {
      return a["bytes"] < b["bytes"];
    });
    const std::string place =
        std::to_string(tile["x"].get<int>()) + "," + std::to_string(tile["y"].get<int>());
    const std::string bit = ":" + std::to_string((*weights)["address"].get<int>()) + ":6";
    for (const std::string& name : {place, std::string("layer 0 output 0")}) {
      const ProgramResult result = run_program(run + " --flip-bit '" + name + bit + "'");
      EXPECT_EQ(result.status, 1);
      EXPECT_NE(result.out.find("fault: bit 6 of the byte at 0x"), std::string::npos) << result.out;
      EXPECT_NE(result.err.find("mismatch: request 0, "), std::string::npos) << result.err;
      const auto first = nlohmann::json::parse(read_bytes(json))["first_mismatch"];
      EXPECT_EQ(first["op"], "attention_output");
      EXPECT_EQ(first["layer"], 0);
      EXPECT_EQ(first["index"], 0);
      EXPECT_EQ(first["kernel"], "layer 0 output 0");
      EXPECT_EQ(first["tile"], (nlohmann::json{tile["x"], tile["y"]}));
    }
    return;
  }
  FAIL() << "no tile with the rows of o";
}

TEST_F(Cli, OtherCommands) {
  EXPECT_NE(run_program("compile" + tiny + wafer + "--tiles").out.find("attention"), std::string::npos);
  const std::string svg = folder.file("wafer.svg");
  EXPECT_EQ(run_program("inspect" + tiny + wafer + "--svg " + svg).status, 0);
  EXPECT_NE(read_bytes(svg).find("<svg"), std::string::npos);
  const auto eval =
      nlohmann::json::parse(run_program("eval" + tiny + "--sequences 2 --length 12 --json -").out);
  EXPECT_NEAR(eval["perplexity_ratio"].get<double>(), 1.0, 0.2);
  for (const char* command : {"", "run", "compile", "golden", "inspect", "eval", "train", "bench",
                              "bench engines", "bench engine", "debug waves", "debug trace"}) {
    const ProgramResult help = run_program(std::string(command) + " --help");
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_NE(help.out.find("Example"), std::string::npos) << command;
  }
}

TEST_F(Cli, BenchEngineMeasuresOne) {
  const auto row = [&](const std::string& arguments) {
    return nlohmann::json::parse(run_program("bench engine --json - " + arguments).out);
  };
  const auto load = row("--size 8x8 --awake 3 --seconds 0.02");
  EXPECT_EQ(load["engine"], "tiled");
  EXPECT_NEAR(load["awake_tiles"].get<double>(), 3, 0.03);
  EXPECT_NEAR(load["awake_percent"].get<double>(), 100.0 * 3 / 64, 0.1);
  EXPECT_GT(load["cycles_per_second"], 0);
  EXPECT_GT(load["peak_rss_bytes"], 1000000);
  const auto model = row("--load tiny_model --check");
  EXPECT_GT(model["tokens_per_second"], 0);
  EXPECT_EQ(model["checked"], true);
  expect_refused("bench engine --engine steam", {"steam", "tiled"});
  expect_refused("bench engine --load heavy", {"heavy", "mixed"});
  expect_refused("bench engine --size 4x4 --awake 17", {"17", "16"});
  expect_refused("bench engine --size 4x4 --check", {"--check", "mixed"});
  expect_refused("bench", {"subcommand"});
}

TEST_F(Cli, BenchEnginesComparesThem) {
  const std::string json = folder.file("bench.json"), svg = folder.file("bench.svg");
  const ProgramResult result =
      run_program("bench engines --quick --sizes 8x8 --engines tiled --engines threaded --json " + json +
                  " --svg " + svg);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("not measured"), std::string::npos);
  EXPECT_NE(read_bytes(svg).find("<svg"), std::string::npos);
  const auto rows = nlohmann::json::parse(read_bytes(json));
  ASSERT_EQ(rows.size(), 7u);  // two engines under two loads, one of them under three more
  for (const auto& row : rows) {
    for (const char* field :
         {"engine", "cols", "rows", "awake_percent", "threads", "ranks", "cycles_per_second",
          "ns_per_awake_tile_cycle", "compile_seconds", "binary_bytes", "peak_rss_bytes"})
      EXPECT_TRUE(row.contains(field)) << field;
    EXPECT_GT(row["compile_seconds"], 0);
    EXPECT_GT(row["binary_bytes"], 0);
  }
}

}  // namespace
}  // namespace tessera
