// The program tessera: the one place that turns errors into an exit status.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "host/cli/commands.h"
#include "host/error/error.h"
#include "sim/distributed/ranks.h"

namespace {

constexpr int kDiffered = 1;
constexpr int kWrongInput = 2;

constexpr const char* kFooter = R"(Examples:
  tessera run                                  text from the shipped model, every tensor compared
  tessera run --prompt "And it came to pass" --tokens 100 --profile
  tessera inspect --svg wafer.svg              where everything lies
  tessera COMMAND --help                       more)";

int report(const std::string& message, int status) {
  std::fflush(stdout);
  // One line, whatever is in it.
  std::string line = message;
  for (char& letter : line) {
    if (letter == '\n') letter = ' ';
  }
  fmt::print(stderr, "tessera: {}\n", line);
  return status;
}

// What was printed may still be on its way: to a disk that is full, for example.
int close_stdout(int status) {
  std::cout.flush();
  const bool written = std::cout.good() && std::ferror(stdout) == 0 && std::fflush(stdout) == 0;
  return written ? status : report("stdout cannot be written", kWrongInput);
}

int status_of(tessera::ErrorKind kind) {
  // The wafer itself went wrong; everything else is about what was asked for.
  return kind == tessera::ErrorKind::kFabric ? kDiffered : kWrongInput;
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  CLI::App app{"Tessera: a wafer of processing elements that runs a language model.", "tessera"};
  app.require_subcommand(0, 1);
  app.footer(kFooter);
  tessera::add_run_command(app, status);
  tessera::add_compile_command(app, status);
  tessera::add_golden_command(app, status);
  tessera::add_inspect_command(app, status);
  tessera::add_eval_command(app, status);
  tessera::add_train_command(app, status);
  tessera::add_bench_command(app, status);
  tessera::add_wafer_command(app, status);
  tessera::add_debug_command(app, status);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) {
      std::string names;
      for (const CLI::App* command : app.get_subcommands({})) names += " " + command->get_name();
      return report(fmt::format("a command is missing, should be one of{} (tessera --help says more)", names),
                    kWrongInput);
    }
    return close_stdout(status);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return close_stdout(app.exit(error));  // --help
    // All ranks of a job have the same arguments, and the first says what is wrong with them.
    if (tessera::sim::launched_to_serve()) return 0;
    return report(fmt::format("{} (tessera --help says more)", error.what()), kWrongInput);
  } catch (const tessera::Error& error) {
    return report(error.what(), status_of(error.kind()));
  } catch (const std::exception& error) {
    return report(error.what(), kWrongInput);
  }
}
