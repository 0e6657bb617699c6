// The program as a user meets it: what it writes, and that bad input is one line and status 2.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/host/cli/program.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

class Cli : public testing::Test {
 protected:
  Cli() {
    const ModelConfig config{.dim = 32,
                             .hidden_dim = 64,
                             .layers = 1,
                             .heads = 2,
                             .kv_heads = 1,
                             .vocabulary = 270,
                             .context = 24};
    write_checkpoint(model, random_model(config, 7));
    write_tokenizer(tokenizer, byte_tokenizer(config.vocabulary));
    tiny = " --model " + model + " --tokenizer " + tokenizer + " ";
  }

  // One line on stderr that says all of `parts`, nothing on stdout, status 2.
  void expect_refused(const std::string& arguments, const std::vector<std::string>& parts) {
    const ProgramResult result = run_program(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.err.rfind("tessera: ", 0), 0u) << result.err;
    for (const std::string& part : parts) EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "") << arguments;
  }
  std::string yaml(const std::string& text) {
    write_bytes(folder.file("wafer.yaml"), text);
    return " --wafer " + folder.file("wafer.yaml");
  }

  TemporaryFolder folder;
  std::string model = folder.file("model.bin");
  std::string tokenizer = folder.file("tok.bin");
  std::string tiny;
  std::string wafer = " --size 4x4 ";
};

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

TEST_F(Cli, OtherCommands) {
  EXPECT_NE(run_program("compile" + tiny + wafer + "--tiles").out.find("attention"), std::string::npos);
  const std::string svg = folder.file("wafer.svg");
  EXPECT_EQ(run_program("inspect" + tiny + wafer + "--svg " + svg).status, 0);
  EXPECT_NE(read_bytes(svg).find("<svg"), std::string::npos);
  const auto eval =
      nlohmann::json::parse(run_program("eval" + tiny + "--sequences 2 --length 12 --json -").out);
  EXPECT_NEAR(eval["perplexity_ratio"].get<double>(), 1.0, 0.2);
  for (const char* command : {"", "run", "compile", "golden", "inspect", "eval", "train", "bench",
                              "bench engines", "bench engine"}) {
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

TEST_F(Cli, WrongArguments) {
  expect_refused("", {"command", "run", "inspect"});
  expect_refused("fly", {"fly"});
  expect_refused("run --tokens many", {"--tokens", "many"});
  expect_refused("run --wings 2", {"--wings"});
  expect_refused("run" + tiny + wafer + "--tokens 0", {"--tokens", "1"});
  expect_refused("run" + tiny + wafer + "--temperature 99", {"99", "0.01", "10"});
  expect_refused("run" + tiny + wafer + "--engine steam", {"steam", "tiled"});
  expect_refused("run" + tiny + wafer + "--load parachute", {"--load", "parachute", "backdoor"});
  expect_refused("run" + tiny + "--size 4", {"--size", "16x16"});
  expect_refused("run" + tiny + wafer + "--dead 4,0", {"4,0", "off the wafer"});
  expect_refused("run" + tiny + wafer + "--dead-link 0,0,up", {"--dead-link", "east"});
  expect_refused("run" + tiny + wafer + "--tokens 1 --json /nowhere/x.json", {"/nowhere/x.json"});
}

TEST_F(Cli, WrongModels) {
  const auto with = [&](const std::string& name, const std::string& bytes) {
    write_bytes(folder.file(name), bytes);
    return "run --model " + folder.file(name) + " --tokenizer " + tokenizer + wafer;
  };
  const std::string good = read_bytes(model);
  expect_refused("run --model /nowhere/model.bin", {"/nowhere/model.bin"});
  expect_refused("run --model " + folder.path().string(), {folder.path().string()});
  expect_refused(with("empty.bin", ""), {"empty.bin"});
  expect_refused(with("short.bin", good.substr(0, good.size() - 5)), {"short.bin", "bytes"});
  expect_refused(with("long.bin", good + "12345678"), {"long.bin", "bytes"});
  expect_refused(with("magic.bin", "GGUF" + good.substr(4)), {"magic.bin"});
  std::string absurd = good;
  for (int i = 0; i < 4; ++i) absurd[i] = static_cast<char>(0x7f);  // dim 2139062143
  expect_refused(with("absurd.bin", absurd), {"absurd.bin", "dim"});
  std::string heads = good;
  heads[12] = 3;  // 32 / 3
  expect_refused(with("heads.bin", heads), {"heads.bin"});
  std::string infinite = good;
  infinite.replace(28 + 400, 4, std::string("\x00\x00\x80\x7f", 4));
  expect_refused(with("infinite.bin", infinite), {"infinite.bin"});
}

TEST_F(Cli, WrongTokenizers) {
  write_tokenizer(folder.file("other.bin"), byte_tokenizer(300));
  expect_refused("run --model " + model + " --tokenizer " + folder.file("other.bin") + wafer,
                 {"other.bin", "270"});
  expect_refused("run --model " + model + wafer, {"tokenizer.bin"});  // none beside the model
  write_bytes(folder.file("half.bin"), read_bytes(tokenizer).substr(0, 1000));
  expect_refused("golden --model " + model + " --tokenizer " + folder.file("half.bin"), {"half.bin"});
}

TEST_F(Cli, WrongWafers) {
  expect_refused("run --wafer /nowhere.yaml", {"/nowhere.yaml"});
  expect_refused("run" + tiny + yaml("size: big\n"), {"wafer.yaml:1", "big"});
  expect_refused("run" + tiny + yaml("size: 4x4\nin_flight: many\n"), {"wafer.yaml:2", "in_flight"});
  expect_refused("run" + tiny + yaml("size: 4x4\nwings: 2\n"), {"wafer.yaml:2", "wings"});
  expect_refused("run" + tiny + yaml("size: 4x4\ndead_tiles: [[9, 1]]\n"), {"wafer.yaml", "9,1"});
  expect_refused("run" + tiny + yaml("size: [4\n"), {"wafer.yaml"});
  std::string every_edge = "size: 4x4\ndead_links: [";
  for (int y = 0; y < 4; ++y)
    every_edge += "[0, " + std::to_string(y) + ", west], [3, " + std::to_string(y) + ", east], ";
  expect_refused("run" + tiny + yaml(every_edge + "]\n"), {"0 that are live"});
}

TEST_F(Cli, ModelsThatDoNotFit) {
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

TEST_F(Cli, PromptsThatDoNotFit) {
  expect_refused("run" + tiny + wafer + "--prompt abcdefghijklmnopqrstuvwxyz", {"prompt", "28", "24"});
  expect_refused("run" + tiny + wafer + "--context 4 --prompt abcdef", {"prompt", "8", "4"});
}

}  // namespace
}  // namespace tessera
