#include "tests/host/cli/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "tests/support/files.h"

namespace tessera {

ProgramResult run_program(const std::string& arguments) {
  return run_shell(std::string(TESSERA_PROGRAM) + " " + arguments);
}

ProgramResult run_shell(const std::string& command) {
  const TemporaryFolder folder;
  const std::string redirected =
      "{ " + command + "\n} > '" + folder.file("out") + "' 2> '" + folder.file("err") + "' < /dev/null";
  const int status = std::system(redirected.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_bytes(folder.file("out")),
          read_bytes(folder.file("err"))};
}

}  // namespace tessera
