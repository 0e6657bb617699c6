// Threads that run the partitions of a wafer together.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace tessera::sim {

// Where a fixed number of threads meet. Waiting spins for some microseconds, which is as long as a step of a
// busy wafer may differ between threads, and then yields, so that more threads than cores still get on.
class Barrier {
 public:
  explicit Barrier(int threads) : threads_(threads), left_(threads) {}
  void wait();

 private:
  const int threads_;
  alignas(64) std::atomic<int> left_;
  alignas(64) std::atomic<unsigned> round_ = 0;
};

// Members 1 to size - 1 are threads of their own; member 0 is whoever calls work().
class Crew {
 public:
  explicit Crew(int size);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  // Calls job(member) on every member, and returns when all are done. The job does not throw.
  void work(const std::function<void(int member)>& job);

 private:
  void serve(int member);

  std::vector<std::thread> threads_;
  Barrier done_;
  const std::function<void(int)>* job_ = nullptr;  // null: it is over
  alignas(64) std::atomic<unsigned> round_ = 0;
};

}  // namespace tessera::sim
