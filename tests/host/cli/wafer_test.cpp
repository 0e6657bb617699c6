// tessera wafer, and the commands that run on what it hosts.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <vector>

#include "tests/host/cli/background_program.h"
#include "tests/host/cli/fixture.h"

namespace tessera {
namespace {

class WaferCommand : public Cli {
 protected:
  ProgramResult run(const std::string& options) {
    return run_program("run" + tiny + "--prompt ab --tokens 5 --ignore-eos " + options);
  }
  // A report, without what depends on the machine.
  nlohmann::json report(const std::string& options) {
    nlohmann::json json = Cli::report(run(options + " --json -"));
    for (const char* key :
         {"load_seconds", "wall_seconds", "tokens_per_second", "awake_tile_cycles_per_second", "threads"})
      json.erase(key);
    return json;
  }
};

TEST_F(WaferCommand, ReportsAreTheSameOverBothSocketsAndWithoutOne) {
  const std::string wafer =
      yaml("size: 5x4\ndead_tiles: [[2, 1]]\ndead_links: [[0, 0, west]]\nseed: 5\nclock_mhz: 850\n");
  const nlohmann::json local = report(wafer);
  EXPECT_EQ(local["mismatches"], 0);
  EXPECT_EQ(local["wafer"]["clock_mhz"], 850);
  for (const std::string& listen : {std::string("tcp:0"), "unix:" + folder.file("socket")}) {
    BackgroundProgram host("wafer --listen " + listen + wafer);
    const std::string address = host.line_after("listening on ");
    EXPECT_EQ(report("--connect " + address), local);
    EXPECT_EQ(report("--connect " + address + wafer), local);  // said once more, and the same
    host.signal(SIGTERM);
    const ProgramResult ended = host.wait();
    EXPECT_EQ(ended.status, 0);
    EXPECT_NE(ended.err.find("client 2"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("shut down: terminated"), std::string::npos) << ended.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder.file("socket")));
}

TEST_F(WaferCommand, OptionsThatAreNotTheWafersAreTheClients) {
  BackgroundProgram host("wafer --listen unix:" + folder.file("socket") + " --size 4x4");
  const std::string connect = "--connect " + host.line_after("listening on ");
  EXPECT_EQ(report(connect + " --in-flight 1 --context 9"), report("--size 4x4 --in-flight 1 --context 9"));
  EXPECT_EQ(report(connect + " --load backdoor --no-check"), report("--size 4x4 --load backdoor --no-check"));
  EXPECT_NE(run(connect).out.find("wafer: 4 x 4 tiles, 0 dead, tiled engine at unix:"), std::string::npos);
  expect_refused(run(connect + " --size 5x4"), {"4x4", "5x4", "--connect"});
  expect_refused(run(connect + " --size 4x4 --dead 1,1"), {"0 dead tiles", "1 dead tiles"});
  expect_refused(run(connect + " --size 4x4 --dead-link 0,0,west"), {"1 dead links"});
  expect_refused(run(connect + " --engine tiled"), {"--engine", "--connect"});
}

TEST_F(WaferCommand, TraceRunsOnItToo) {
  BackgroundProgram host("wafer --once --listen tcp:localhost:0 --size 4x4");
  const std::string address = host.line_after("listening on ");
  const std::string trace = "debug trace" + tiny + "--prompt ab --position 1";
  const ProgramResult remote = run_program(trace + " --connect " + address);
  EXPECT_EQ(remote.status, 0) << remote.err;
  EXPECT_EQ(remote.out, run_program(trace + " --size 4x4").out);
  EXPECT_NE(remote.out.find("position 1"), std::string::npos);
  EXPECT_EQ(host.wait().status, 0);  // its client has left
}

TEST_F(WaferCommand, AnInterruptEndsItWhileItServes) {
  BackgroundProgram host("wafer --listen unix:" + folder.file("socket") + " --size 4x4");
  const std::string address = host.line_after("listening on ");
  BackgroundProgram client("run" + tiny + "--tokens 20 --ignore-eos --prompt a --connect " + address);
  client.line_after("model: ");
  host.signal(SIGINT);
  EXPECT_EQ(host.wait().status, 0);
  EXPECT_FALSE(std::filesystem::exists(folder.file("socket")));
  // It was cut off, or had just come to its end.
  const ProgramResult cut = client.wait();
  if (cut.status != 0) {
    EXPECT_EQ(cut.status, 2);
    EXPECT_NE(cut.err.find(address), std::string::npos) << cut.err;
  }
}

TEST_F(WaferCommand, WrongAddresses) {
  for (const auto& [address, part] : std::vector<std::pair<std::string, std::string>>{
           {"tcp:", "port"}, {"tcp:99999", "99999"}, {"pigeon:loft", "unix:PATH"}, {"unix:", "unix:PATH"}}) {
    expect_refused("wafer --listen " + address, {"--listen", part});
    expect_refused(run("--connect " + address), {"--connect", part});
  }
  expect_refused("wafer", {"--listen"});
  expect_refused(run("--connect tcp:0"), {"--connect", "port 0"});
  expect_refused(run("--connect unix:" + folder.file("nobody")), {"unix:" + folder.file("nobody")});
  expect_refused("wafer --listen unix:/nowhere/socket", {"unix:/nowhere/socket"});
  expect_refused("wafer --listen unix:" + written("text", "precious"), {"not a socket"});
  expect_refused("wafer --listen tcp:0 --engine steam", {"steam"});
  expect_refused("wafer --listen tcp:0 --idle 0", {"--idle"});
  expect_refused("wafer --listen tcp:0 --size 4x4 --dead 4,0", {"4,0"});

  BackgroundProgram host("wafer --listen tcp:0 --size 4x4");
  const std::string taken = host.line_after("listening on ");
  expect_refused("wafer --size 4x4 --listen " + taken, {taken, "in use"});
  host.signal(SIGTERM);
  host.wait();
  expect_refused(run("--connect " + taken), {taken, "refused"});
}

TEST_F(WaferCommand, HelpTeaches) {
  const ProgramResult help = run_program("wafer --help");
  EXPECT_EQ(help.status, 0);
  for (const char* part : {"--listen", "--once", "Examples", "--connect"})
    EXPECT_NE(help.out.find(part), std::string::npos) << part;
  EXPECT_NE(run_program("run --help").out.find("--connect"), std::string::npos);
}

}  // namespace
}  // namespace tessera
