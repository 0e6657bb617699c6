// tessera wafer: hosts a wafer for other processes.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/cli/commands.h"
#include "host/cli/options.h"
#include "host/cli/wafer_source.h"
#include "host/error/error.h"
#include "host/link/wafer_server.h"

namespace tessera {
namespace {

constexpr const char* kFooter =
    R"(The wafer is simulated here; whoever runs a model on it with --connect compiles, loads, streams and checks
there. One client has it at a time, as after power-on; others are told that it is busy. What happens is said on
stderr. A port of 0 is one that is free; which one is said. Without HOST only this machine can connect, and a socket
file is for this user only: there are no passwords, so name another HOST only in a network that you trust.
Ends at SIGINT or SIGTERM, with status 0.

Examples:
  tessera wafer --listen unix:/tmp/wafer                   and then: tessera run --connect unix:/tmp/wafer
  tessera wafer --listen tcp:7070 --size 24x24 --dead 3,4
  tessera wafer --listen tcp:192.168.1.5:7070 --wafer big.yaml
  tessera wafer --listen unix:wafer.socket --once &        for scripts: goes when its client goes)";

struct Options {
  WaferOptions wafer;
  EngineChoice engine;
  std::string listen;
  int idle_seconds = 3600;
  bool once = false;
};

void say(const std::string& line) {
  fmt::print(stderr, "tessera: {}\n", line);
  std::fflush(stderr);
}

int execute(const Options& options) {
  const JoinedRanks ranks(options.engine);
  if (ranks.served()) return 0;
  ServerOptions server_options;
  server_options.listen = parse_link_address(options.listen, "--listen");
  server_options.once = options.once;
  server_options.signals = true;
  if (options.idle_seconds < 1 || options.idle_seconds > 1'000'000)
    fail(ErrorKind::kConfig, "--idle: {} should be 1 to 1000000 seconds", options.idle_seconds);
  server_options.times.idle = std::chrono::seconds(options.idle_seconds);

  HostedWafer wafer;
  wafer.config = make_wafer_config(options.wafer);
  wafer.engine = options.engine.name;
  wafer.power_on = [&] { return simulate_wafer(wafer.config, options.engine); };
  WaferServer server(wafer, server_options, say);
  const std::string address = describe(server.address());
  if (server.is_public())
    say(fmt::format("{} can be reached from other machines, and whoever reaches it can use the wafer",
                    address));
  fmt::print("wafer: {} x {} tiles, {} dead, {} engine\n", wafer.config.columns, wafer.config.rows,
             wafer.config.dead_tiles.size(), options.engine.name);
  fmt::print("listening on {}\n", address);
  std::fflush(stdout);
  server.run();
  return 0;
}

}  // namespace

void add_wafer_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("wafer", "host a wafer that other processes run models on");
  command->add_option("--listen", options->listen, "tcp:PORT, tcp:HOST:PORT or unix:PATH")
      ->type_name("ADDRESS")
      ->required();
  add_engine_options(*command, options->engine);
  add_wafer_options(*command, options->wafer);
  command
      ->add_option("--idle", options->idle_seconds, "a client that asks for nothing for so long is sent away")
      ->capture_default_str()
      ->type_name("SECONDS");
  command->add_flag("--once", options->once, "end when the first client that had the wafer has left");
  command->footer(kFooter);
  command->callback([options, &status] { status = execute(*options); });
}

}  // namespace tessera
