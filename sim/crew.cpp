#include "sim/crew.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tessera::sim {
namespace {

constexpr int kSpins = 4000;  // some ten microseconds

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// Until the value is another one: spins, and then calls `rest` again and again.
template <typename Rest>
unsigned wait_for_change(const std::atomic<unsigned>& value, unsigned from, const Rest& rest) {
  for (int spin = 0;; ++spin) {
    const unsigned now = value.load(std::memory_order_acquire);
    if (now != from) return now;
    if (spin < kSpins) {
      pause();
    } else {
      rest();
    }
  }
}

}  // namespace

void Barrier::wait() {
  const unsigned round = round_.load(std::memory_order_relaxed);
  if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    left_.store(threads_, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
  } else {
    wait_for_change(round_, round, [] { std::this_thread::yield(); });
  }
}

Crew::Crew(int size) : done_(size) {
  for (int member = 1; member < size; ++member) threads_.emplace_back([this, member] { serve(member); });
}

Crew::~Crew() {
  job_ = nullptr;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Crew::work(const std::function<void(int)>& job) {
  job_ = &job;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  job(0);
  done_.wait();
}

void Crew::serve(int member) {
  unsigned round = 0;
  while (true) {
    // Between runs there may be nothing to do for long: then the thread sleeps.
    round = wait_for_change(round_, round, [&] { round_.wait(round, std::memory_order_acquire); });
    if (job_ == nullptr) return;
    (*job_)(member);
    done_.wait();
  }
}

}  // namespace tessera::sim
