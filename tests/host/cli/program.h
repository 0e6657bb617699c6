// Runs the program tessera as a user would.
#pragma once

#include <string>

namespace tessera {

struct ProgramResult {
  int status = -1;
  std::string out;
  std::string err;
};

// `arguments` as in a shell.
ProgramResult run_program(const std::string& arguments);
// Any command line of a shell.
ProgramResult run_shell(const std::string& command);

}  // namespace tessera
