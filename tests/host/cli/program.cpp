#include "tests/host/cli/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "tests/support/files.h"

namespace tessera {

ProgramResult run_program(const std::string& arguments, const std::string& out) {
  return run_shell(std::string(TESSERA_PROGRAM) + " " + arguments, out);
}

ProgramResult run_shell(const std::string& command, const std::string& out) {
  const TemporaryFolder folder;
  const std::string to = out.empty() ? " '" + folder.file("out") + "'" : out;
  const std::string redirected =
      "{ " + command + "\n} >" + to + " 2> '" + folder.file("err") + "' < /dev/null";
  const int status = std::system(redirected.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_bytes(folder.file("out")),
          read_bytes(folder.file("err"))};
}

}  // namespace tessera
