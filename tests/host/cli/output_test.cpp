// Output that cannot be written is not lost in silence.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "tests/host/cli/fixture.h"

namespace tessera {
namespace {

using Output = Cli;

TEST_F(Output, AFullDiskIsAnError) {
  for (const std::string& command :
       {std::string("--help"), "golden" + tiny + "--tokens 2", "golden" + tiny + "--tokens 2 --json -",
        "compile" + tiny + wafer + "--tiles", "run" + tiny + wafer + "--tokens 1"}) {
    const ProgramResult result = run_program(command, "/dev/full");
    EXPECT_EQ(result.status, 2) << command;
    EXPECT_NE(result.err.find("stdout"), std::string::npos) << command << "\n" << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << command << "\n" << result.err;
  }
  // Nothing is printed, so nothing is lost.
  EXPECT_EQ(run_program("run" + tiny + wafer + "--tokens 1 --quiet", "/dev/full").status, 0);
}

TEST_F(Output, AClosedStdoutIsAnError) {
  const ProgramResult result = run_program("golden" + tiny + "--tokens 2", "&-");
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(Output, AReaderThatLeavesEndsTheProgramQuietly) {
  constexpr int kBroken = 9;  // a pipe that nobody reads; one digit, for the shell
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(dup2(ends[1], kBroken), kBroken);
  close(ends[0]);
  close(ends[1]);
  const ProgramResult result = run_program("golden" + tiny + "--tokens 2", "&9");
  close(kBroken);
  // By the signal; where the caller of the tests ignores it, the error of the write is seen.
  EXPECT_TRUE(result.status == 128 + SIGPIPE || result.status == 2) << result.status;
  EXPECT_LE(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
}

TEST_F(Output, FilesThatCannotBeWrittenLeaveNothingBehind) {
  const std::string nowhere = folder.file("nowhere/out.json");
  for (const std::string& command :
       {"run" + tiny + wafer + "--tokens 1 --json ", "compile" + tiny + wafer + "--json ",
        "inspect" + tiny + wafer + "--svg ", "golden" + tiny + "--tokens 1 --json ",
        "eval" + tiny + "--json ", std::string("bench engine --size 2x2 --seconds 0.01 --json ")}) {
    expect_refused(command + nowhere, {nowhere});
    expect_refused(command + folder.path().string(), {folder.path().string(), "directory"});
    expect_refused(command + "/proc/tessera.json", {"/proc/tessera.json"});
  }
  // A run that is refused later has not touched the file that was there.
  const std::string kept = written("kept.json", "kept");
  expect_refused("run" + tiny + "--size 3x3 --json " + kept, {"tiles"});
  EXPECT_EQ(read_bytes(kept), "kept");
  EXPECT_FALSE(std::filesystem::exists(kept + ".partial"));
}

}  // namespace
}  // namespace tessera
