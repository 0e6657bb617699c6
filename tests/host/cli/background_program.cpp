#include "tests/host/cli/background_program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>
#include <vector>

namespace tessera {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kGlance{10};

}  // namespace

BackgroundProgram::BackgroundProgram(const std::string& arguments) {
  std::vector<std::string> words = {TESSERA_PROGRAM};
  std::istringstream stream(arguments);
  for (std::string word; stream >> word;) words.push_back(word);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string out = folder_.file("out"), err = folder_.file("err");
  process_ = fork();
  if (process_ != 0) return;
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

BackgroundProgram::~BackgroundProgram() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::string BackgroundProgram::line_after(const std::string& prefix) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    std::istringstream out(read_bytes(folder_.file("out")));
    // getline() without a newline at the end is a line that is still being written.
    for (std::string line; std::getline(out, line) && !out.eof();) {
      if (line.starts_with(prefix)) return line.substr(prefix.size());
    }
    std::this_thread::sleep_for(kGlance);
  }
  ADD_FAILURE() << "no line \"" << prefix << "...\": " << read_bytes(folder_.file("err"));
  return {};
}

void BackgroundProgram::signal(int number) { kill(process_, number); }

ProgramResult BackgroundProgram::wait() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  int status = 0;
  ProgramResult result;
  while (waitpid(process_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(kGlance);
      continue;
    }
    kill(process_, SIGKILL);
    waitpid(process_, &status, 0);
    ADD_FAILURE() << "it does not end";
    break;
  }
  process_ = -1;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = read_bytes(folder_.file("out"));
  result.err = read_bytes(folder_.file("err"));
  return result;
}

}  // namespace tessera
