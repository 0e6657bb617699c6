#include "host/cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace tessera {

bool stdout_is_terminal() { return isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

void ProgressLine::show(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (!enabled_ || now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  shown_ = true;
  fmt::print(stderr, "\r\x1b[K{}", text);
  std::fflush(stderr);
}

void ProgressLine::show_share(const std::string& text, std::uint64_t done, std::uint64_t all) {
  show(fmt::format("{} {:3} %", text, all == 0 ? 100 : 100 * done / all));
}

void ProgressLine::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace tessera
