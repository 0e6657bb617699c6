// Runs the program tessera as a user would.
#pragma once

#include <string>

namespace tessera {

struct ProgramResult {
  int status = -1;  // as a shell gives it: 128 + the signal of a program that died of one
  std::string out;
  std::string err;
};

// `arguments` as in a shell. `out` is where stdout goes ("/dev/full", "&-" for closed); by default it is
// kept.
ProgramResult run_program(const std::string& arguments, const std::string& out = "");
// Any command line of a shell.
ProgramResult run_shell(const std::string& command, const std::string& out = "");

}  // namespace tessera
