#include "tests/host/cli/program.h"

#include <sys/wait.h>

#include <cstdlib>

#include "tests/support/files.h"

namespace tessera {

ProgramResult run_program(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string command = std::string(TESSERA_PROGRAM) + " " + arguments + " > '" + folder.file("out") +
                              "' 2> '" + folder.file("err") + "' < /dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_bytes(folder.file("out")),
          read_bytes(folder.file("err"))};
}

}  // namespace tessera
