// The program tessera in the background, as a server.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/host/cli/program.h"
#include "tests/support/files.h"

namespace tessera {

class BackgroundProgram {
 public:
  // `arguments` are split at spaces.
  explicit BackgroundProgram(const std::string& arguments);
  // Ends it, if it has not ended.
  ~BackgroundProgram();
  BackgroundProgram(const BackgroundProgram&) = delete;
  BackgroundProgram& operator=(const BackgroundProgram&) = delete;

  // What follows `prefix` on a line of its stdout, once it is there; "" and a failed test when it is not
  // after some seconds.
  std::string line_after(const std::string& prefix);
  void signal(int number);
  // Waits for its end; a program that does not end in some seconds is killed, and its status -1.
  ProgramResult wait();

 private:
  TemporaryFolder folder_;
  pid_t process_ = -1;
};

}  // namespace tessera
