// tessera run over the ranks of an MPI job, as a user starts it: the same run as with the tiled engine, what
// is wrong said once, and a rank that dies ends it.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "tests/host/cli/fixture.h"

namespace tessera {
namespace {

class DistributedCli : public Cli {
 protected:
  // With other tests beside it, a rank may have no core of its own.
  static std::string launcher(int ranks) {
    return std::string(TESSERA_MPIRUN) + " --oversubscribe --bind-to none -n " + std::to_string(ranks) + " ";
  }
  static ProgramResult run_ranks(int ranks, const std::string& arguments) {
    return run_shell(launcher(ranks) + TESSERA_PROGRAM + " " + arguments);
  }
  // What the program said on stderr. The launcher has words of its own for what went wrong.
  static std::string our_lines(const ProgramResult& result) {
    std::string lines;
    std::istringstream text(result.err);
    for (std::string line; std::getline(text, line);) {
      if (line.rfind("tessera: ", 0) == 0) lines += line + "\n";
    }
    return lines;
  }
  static void expect_refused(int ranks, const std::string& arguments, const std::vector<std::string>& parts) {
    SCOPED_TRACE(arguments);
    ProgramResult result = run_ranks(ranks, arguments);
    result.err = our_lines(result);
    Cli::expect_refused(result, parts);
  }
  void expect_death(int victim);
};

TEST_F(DistributedCli, IsTheSameRun) {
  for (const std::string load : {"control", "backdoor"}) {
    const std::string arguments =
        "run" + tiny + wafer + "--prompt ab --tokens 6 --ignore-eos --json - --load " + load;
    const nlohmann::json tiled = report(run_program(arguments));
    EXPECT_EQ(tiled["ranks"], 1);
    std::vector<nlohmann::json> runs = {report(run_program(arguments + " --engine distributed"))};
    for (const int ranks : {2, 3})
      runs.push_back(report(run_ranks(ranks, arguments + " --engine distributed")));
    for (size_t i = 0; i < runs.size(); ++i) {
      SCOPED_TRACE(testing::Message() << i + 1 << " ranks, load " << load);
      EXPECT_EQ(runs[i]["ranks"], i + 1);
      EXPECT_EQ(runs[i]["engine"], "distributed");
      for (const char* key :
           {"token_ids", "text", "finished", "compared", "mismatches", "link_hash", "cycles",
            "position_cycles", "load_cycles", "load_words", "awake_tile_cycles", "counters"})
        EXPECT_EQ(runs[i][key], tiled[key]) << key;
    }
  }
}

TEST_F(DistributedCli, ATextGoesOnWithMoreOrFewerRanks) {
  const std::string snapshot = folder.file("text.snapshot");
  const std::string begin = "run" + tiny + wafer + "--prompt ab --ignore-eos --json - ";
  const std::string go_on = "run" + tiny + "--json - --restore " + snapshot;
  const nlohmann::json whole = report(run_program(begin + "--tokens 9"));
  report(run_ranks(3, begin + "--tokens 3 --engine distributed --save " + snapshot));
  report(run_program(go_on + " --tokens 2 --save " + snapshot));
  const nlohmann::json last = report(run_ranks(2, go_on + " --tokens 4 --engine distributed"));
  EXPECT_EQ(last["ranks"], 2);
  EXPECT_EQ(last["mismatches"], 0);
  for (const char* key : {"text", "link_hash", "cycles"}) EXPECT_EQ(last[key], whole[key]) << key;
}

TEST_F(DistributedCli, TheFirstLineNamesTheRanks) {
  const ProgramResult result = run_ranks(2, "run" + tiny + wafer + "--tokens 1 --engine distributed");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.rfind("wafer: 4 x 4 tiles, 0 dead, distributed engine on 2 ranks\n", 0), 0u)
      << result.out;
}

TEST_F(DistributedCli, WhatIsWrongIsSaidOnce) {
  expect_refused(2, "run --engine distributed --model /nowhere/model.bin", {"/nowhere/model.bin"});
  expect_refused(2, "run" + tiny + wafer + "--engine distributed --tokens many", {"--tokens", "many"});
  expect_refused(2, "run" + tiny + wafer + "--engine distributed --json /nowhere/x.json",
                 {"/nowhere/x.json"});
  expect_refused(5, "run" + tiny + wafer + "--engine distributed --tokens 1 --quiet",
                 {"5 ranks", "4 rows", "1 to 4"});
}

// In the middle of a long run of the shipped model.
void DistributedCli::expect_death(int victim) {
  const std::string out = folder.file("begun");
  const std::string json = folder.file("run.json");
  const std::string script = folder.file("rank.sh");
  write_bytes(script, "if [ $OMPI_COMM_WORLD_RANK = " + std::to_string(victim) +
                          " ]; then\n"
                          "  (until grep -q wafer: " +
                          out +
                          "; do sleep 0.1; done; sleep 0.5\n"
                          "   date +%s.%N > " +
                          folder.file("killed") +
                          "; kill -9 $$) > /dev/null 2>&1 < /dev/null &\n"
                          "fi\n"
                          "exec " TESSERA_PROGRAM
                          " run --engine distributed --tokens 100000 --ignore-eos"
                          " --json " +
                          json + "\n");
  const ProgramResult result =
      run_shell(launcher(2) + "sh " + script + " > " + out + "; status=$?; date +%s.%N; exit $status");
  EXPECT_NE(result.status, 0);
  EXPECT_EQ(our_lines(result), "tessera: distributed engine: rank " + std::to_string(victim) +
                                   " of 2 is gone, the run cannot go on\n")
      << result.err;
  EXPECT_LT(std::stod(result.out) - std::stod(read_bytes(folder.file("killed"))), 10);
  if (victim == 0) return;  // could not clean up
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().filename().string().find("run.json"), std::string::npos) << entry.path();
}

TEST_F(DistributedCli, ARankThatDiesEndsTheRun) { expect_death(1); }

TEST_F(DistributedCli, TheLeadThatDiesEndsTheRun) { expect_death(0); }

}  // namespace
}  // namespace tessera
