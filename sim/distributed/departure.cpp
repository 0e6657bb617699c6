#include "sim/distributed/departure.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "host/error/error.h"

namespace tessera::sim {
namespace {

constexpr suseconds_t kMicrosecondsToEnd = 400'000;  // well below the launcher's second
constexpr int kNobody = -1;

// All that the signal handlers need is made before they are set.
Job job;
std::vector<std::string> lines;  // by the rank that is gone
std::string ended_line;          // none is
volatile sig_atomic_t ended = 0;
volatile sig_atomic_t gone = kNobody;

// Safe in a signal handler.
int find_gone() {
  for (size_t rank = 0; rank < job.processes.size(); ++rank) {
    if (job.processes[rank] != 0 && kill(job.processes[rank], 0) != 0 && errno == ESRCH)
      return static_cast<int>(rank);
  }
  return kNobody;
}

const std::string& line() { return gone == kNobody ? ended_line : lines[gone]; }

// One rank speaks for all: the first, or the second when the first is gone.
bool speaks() { return job.rank == 0 || (gone == 0 && job.rank == 1); }

void on_terminate(int) {
  if (ended) return;
  gone = find_gone();
  ended = 1;
  const itimerval soon{.it_interval = {0, 0}, .it_value = {0, kMicrosecondsToEnd}};
  setitimer(ITIMER_REAL, &soon, nullptr);
}

void on_alarm(int) {
  if (speaks()) {
    const std::string& text = line();
    for (const std::string_view part :
         {std::string_view("tessera: "), std::string_view(text), std::string_view("\n")})
      if (write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  }
  _exit(2);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void watch_departures(const Job& of) {
  job = of;
  lines.clear();
  for (size_t rank = 0; rank < job.processes.size(); ++rank)
    lines.push_back(fmt::format("distributed engine: rank {} of {} is gone, the run cannot go on", rank,
                                job.processes.size()));
  ended_line = fmt::format(
      "distributed engine: the launcher ended the job of {} ranks (one of another machine is gone, or it was "
      "asked to)",
      job.processes.size());
  handle(SIGALRM, on_alarm);
  handle(SIGTERM, on_terminate);
}

void stop_watching_departures() {
  handle(SIGTERM, SIG_DFL);
  handle(SIGALRM, SIG_DFL);
}

void check_departures(bool look) {
  if (look && !ended && find_gone() != kNobody) on_terminate(SIGTERM);
  if (!ended) return;
  if (!speaks()) {
    pause();  // until the alarm: whoever speaks should not find this rank gone too
    return;
  }
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  throw Error(ErrorKind::kEngine, line());
}

}  // namespace tessera::sim
