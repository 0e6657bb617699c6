// Runs a program and says how it ended, what it wrote, and what it cost.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tessera::bench {

struct ProcessOptions {
  std::vector<std::string> environment;  // "NAME=value", beside this process's own
  std::filesystem::path log;             // where stderr goes, appended; empty: to this process's own
  bool capture_stdout = true;            // false: stdout goes where stderr goes
};

struct ProcessResult {
  int status = 0;  // of its exit; 128 + the signal's number when one ended it
  std::string out;
  double wall_seconds = 0;
  double cpu_seconds = 0;  // user and system, of it and all it waited for
};

// `command` is the program, looked up in PATH, and its arguments. Throws Error(kEngine) when it cannot be
// started.
ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options = {});

// Where a program of this name is in PATH; empty: nowhere.
std::filesystem::path find_program(const std::string& name);

}  // namespace tessera::bench
