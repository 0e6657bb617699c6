#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <regex>
#include <set>

#include "host/compiler/compile.h"
#include "host/error/error.h"
#include "host/runtime/embedded_firmware.h"
#include "host/runtime/engine_port.h"
#include "host/runtime/run.h"
#include "host/waves/disassemble.h"
#include "host/waves/fst_file.h"
#include "host/waves/record.h"
#include "sim/make_engine.h"
#include "sim/tile_waves.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr std::uint64_t kCycleTime = 1000;  // of the file's unit

struct Tiny {
  QuantizedModel model;
  Image image;
};

const Tiny& tiny() {
  static const Tiny made = [] {
    Tiny result;
    result.model = quantize(random_model({.dim = 32,
                                          .hidden_dim = 64,
                                          .layers = 1,
                                          .heads = 2,
                                          .kv_heads = 1,
                                          .vocabulary = 64,
                                          .context = 32},
                                         1));
    WaferConfig wafer;
    wafer.columns = 4;
    wafer.rows = 4;
    result.image = compile(result.model, wafer, embedded_firmware());
    return result;
  }();
  return made;
}

GenerationRequest two_tokens() {
  GenerationRequest request;
  request.prompt = {5, 9};
  request.tokens = 2;
  request.ignore_end_of_text = true;
  return request;
}

WaveRequest make_request(const TemporaryFolder& folder) {
  WaveRequest request;
  request.tiles = usual_tiles(tiny().image);
  request.folder = folder.path() / "made on the way";
  request.request = two_tokens();
  return request;
}

RunReport untraced() {
  RunOptions options;
  options.load = LoadMode::kBackDoor;
  options.check = false;
  options.request = two_tokens();
  EnginePort port(sim::make_engine("tiled", engine_shape(tiny().image.wafer)));
  return run(port, tiny().image, tiny().model, options);
}

// Every path that a save file names, without bit and range: "tile_1_2.tile.u_core.state_q".
std::set<std::string> named_signals(const std::string& save_file) {
  std::set<std::string> paths;
  const std::regex path(R"(tile_\d+_\d+\.tile\.[\w.]+)");
  for (std::sregex_iterator it(save_file.begin(), save_file.end(), path), end; it != end; ++it)
    paths.insert(it->str());
  return paths;
}

std::set<std::string> named_files(const std::string& save_file) {
  std::set<std::string> files;
  const std::regex file(R"(\n\^1 (.+))");
  for (std::sregex_iterator it(save_file.begin(), save_file.end(), file), end; it != end; ++it)
    files.insert((*it)[1]);
  return files;
}

TEST(Waves, SaveFileNamesWhatIsInTheTrace) {
  const TemporaryFolder folder;
  const WaveReport report = record_waves(tiny().image, make_request(folder));
  EXPECT_EQ(report.error, "");
  EXPECT_THAT(report.missing, testing::IsEmpty());

  const FstFile trace = read_fst(report.trace.string());
  const std::string save_file = read_bytes(report.save_file.string());
  const std::set<std::string> signals = named_signals(save_file);
  EXPECT_GT(signals.size(), 3 * 60u);
  for (const std::string& path : signals) {
    ASSERT_TRUE(trace.signals.contains(path)) << path;
    // The range has to be the trace's, or GTKWave drops the line.
    EXPECT_NE(save_file.find(path + trace.signals.at(path).range), std::string::npos) << path;
  }
  for (const std::string& file : named_files(save_file)) EXPECT_FALSE(read_bytes(file).empty()) << file;
  const auto names = report.trace.parent_path() / "names";
  EXPECT_THAT(read_bytes((names / "u_core_state.txt").string()), testing::HasSubstr("1 Execute\n"));
  EXPECT_THAT(read_bytes((names / "u_control_plane_state.txt").string()), testing::HasSubstr("7 Payload\n"));
  EXPECT_THAT(read_bytes((names / "map_operations.txt").string()), testing::HasSubstr("1 MapNorm\n"));
  EXPECT_THAT(read_bytes((names / "error_kinds.txt").string()), testing::HasSubstr("1 ErrorNoRoute\n"));
}

TEST(Waves, TraceIsOnTheWafersTimeAndMoves) {
  const TemporaryFolder folder;
  const WaveReport report = record_waves(tiny().image, make_request(folder));
  const FstFile trace = read_fst(report.trace.string());
  EXPECT_EQ(trace.first_time, report.cycles.first * kCycleTime);
  EXPECT_LE(trace.last_time, (report.cycles.last + 1) * kCycleTime);
  EXPECT_GT(report.recorded, 100u);
  for (const TilePosition tile : usual_tiles(tiny().image)) {
    const std::string scope = "tile_" + std::to_string(tile.x) + "_" + std::to_string(tile.y) + ".tile.";
    const auto changes = [&](const std::string& path) {
      const auto found = trace.changes.find(trace.signals.at(scope + path).handle);
      return found == trace.changes.end() ? 0 : found->second;
    };
    EXPECT_GE(changes("clk_i"), 2 * report.recorded - 1);
    EXPECT_GT(changes("retire_pc_o"), 5u) << scope;
    EXPECT_GT(changes("sent_o"), 2u) << scope;
    EXPECT_GT(changes("idle_o"), 1u) << scope;
  }
}

TEST(Waves, RunIsTheSameWithAndWithout) {
  const TemporaryFolder folder;
  WaveRequest request = make_request(folder);
  request.cycles = Span{0, std::numeric_limits<std::uint64_t>::max()};
  for (const TilePosition tile : tiny().image.kernel_tiles) {
    if (std::find(request.tiles.begin(), request.tiles.end(), tile) == request.tiles.end())
      request.tiles.push_back(tile);
  }
  const WaveReport report = record_waves(tiny().image, request);
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(report.link_hash, untraced().link_hash);
}

TEST(Waves, WindowOfCyclesIsKept) {
  const TemporaryFolder folder;
  WaveRequest request = make_request(folder);
  request.cycles = Span{200, 260};
  const WaveReport report = record_waves(tiny().image, request);
  const FstFile trace = read_fst(report.trace.string());
  EXPECT_GE(trace.first_time, 200 * kCycleTime);
  EXPECT_LT(trace.last_time, 261 * kCycleTime);
  EXPECT_LE(report.recorded, 61u);
}

TEST(Waves, CopyThatDiffersIsAnError) {
  const TemporaryFolder folder;
  std::vector<sim::TileMemory> memories(1);
  const sim::TileWaves waves(sim::WaferShape(), memories, {folder.file("wafer.fst"), {0}});
  sim::TileOutputs outputs;
  outputs.idle = true;
  EXPECT_NO_THROW(waves.check(0, 7, outputs));
  outputs.sent = 1;
  EXPECT_THROW(waves.check(0, 7, outputs), Error);
}

TEST(Waves, TraceOfAHangIsComplete) {
  const TemporaryFolder folder;
  // No tile knows where to send anything any more: the first message finds no route.
  Image image = tiny().image;
  for (TileImage& tile : image.tiles) {
    std::erase_if(tile.registers, [](const RegisterWrite& write) {
      return write.address >= rtl::kRegRoute && write.address < rtl::kRegRule;
    });
  }
  WaveRequest request = make_request(folder);
  request.tiles = {image.inlet.tile};
  const WaveReport report = record_waves(image, request);
  EXPECT_THAT(report.error, testing::HasSubstr("ErrorNoRoute"));
  const FstFile trace = read_fst(report.trace.string());
  EXPECT_FALSE(trace.changes.empty());
  EXPECT_THAT(report.missing, testing::IsEmpty());
}

TEST(Waves, WrongRequestsAreRefused) {
  const TemporaryFolder folder;
  const auto message_of = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_EQ(parse_span("7", "--tokens").last, 7u);
  EXPECT_EQ(parse_span("7:9", "--tokens").last, 9u);
  for (const char* text : {"", "7:", ":7", "9:7", "a:b", "1:2:3", "-1:2"})
    EXPECT_THAT(message_of([&] { parse_span(text, "--tokens"); }), testing::HasSubstr("--tokens")) << text;
  EXPECT_THAT(message_of([] { find_kernel_tile(tiny().image, "nonsense"); }), testing::HasSubstr("nonsense"));
  EXPECT_EQ(find_kernel_tile(tiny().image, "attention"), usual_tiles(tiny().image)[2]);

  WaveRequest late = make_request(folder);
  late.cycles = Span{1'000'000'000, 1'000'000'001};
  EXPECT_THAT(message_of([&] { record_waves(tiny().image, late); }), testing::HasSubstr("nothing ran"));
  WaveRequest twice = make_request(folder);
  twice.tiles.push_back(twice.tiles[0]);
  EXPECT_THAT(message_of([&] { record_waves(tiny().image, twice); }), testing::HasSubstr("twice"));
  EXPECT_THAT(message_of([] { read_fst("/nonexistent/wafer.fst"); }), testing::HasSubstr("FST"));
}

TEST(Disassemble, InstructionsAreText) {
  // As riscv64-unknown-elf-objdump shows them.
  EXPECT_EQ(disassemble(0xff010113), "addi sp, sp, -16");
  EXPECT_EQ(disassemble(0x00812503), "lw a0, 8(sp)");
  EXPECT_EQ(disassemble(0x00112623), "sw ra, 12(sp)");
  EXPECT_EQ(disassemble(0xfe0518e3), "bne a0, zero, -16");
  EXPECT_EQ(disassemble(0x000202b7), "lui t0, 0x20");
  EXPECT_EQ(disassemble(0x02c58533), "mul a0, a1, a2");
  EXPECT_EQ(disassemble(0x40555513), "srai a0, a0, 5");
  EXPECT_EQ(disassemble(0x40b50533), "sub a0, a0, a1");
  EXPECT_EQ(disassemble(0x0000006f), "jal zero, +0");
  EXPECT_EQ(disassemble(0x0005150b), "squareroot a0, a0");
  EXPECT_EQ(disassemble(0x00000000), ".word 0x00000000");
}

}  // namespace
}  // namespace tessera
