// What a person at a terminal sees and a pipe does not.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tessera {

bool stdout_is_terminal();
bool stderr_is_terminal();

// A line on stderr that is written over and over while something takes long, and wiped when it is done.
class ProgressLine {
 public:
  explicit ProgressLine(bool enabled) : enabled_(enabled && stderr_is_terminal()) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // At most some ten times a second.
  void show(const std::string& text);
  void show_share(const std::string& text, std::uint64_t done, std::uint64_t all);
  void clear();

 private:
  bool enabled_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace tessera
