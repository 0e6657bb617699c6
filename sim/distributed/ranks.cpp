#include "sim/distributed/ranks.h"

#include <mpi.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <string>
#include <thread>

#include "host/error/error.h"
#include "sim/distributed/departure.h"
#include "sim/distributed/serve.h"

namespace tessera::sim {
namespace {

enum Tag { kParcel, kLeast, kExchange };

Ranks* current = nullptr;

void check(int result, const char* what) {
  if (result == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(result, text, &length);
  fail(ErrorKind::kEngine, "distributed engine: {} failed: {}", what, std::string(text, length));
}

int count_of(size_t bytes) {
  if (bytes > INT_MAX)
    fail(ErrorKind::kEngine, "distributed engine: a message of {} bytes is too long", bytes);
  return static_cast<int>(bytes);
}

// Calls done() until it is true. At first without a pause, for about as long as ranks differ in a step; then
// it sleeps, briefly, because there may be more ranks than cores. (To yield is worse than both where others
// are busy: who yields waits for its next turn, who slept is woken.)
template <typename Done>
void wait_until(const Done& done, std::chrono::microseconds spin) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kNap{20};
  constexpr std::chrono::milliseconds kLook{100};
  constexpr int kCallsBetweenClocks = 50;
  const Clock::time_point begin = Clock::now();
  for (Clock::time_point now = begin; now - begin < spin; now = Clock::now()) {
    for (int call = 0; call < kCallsBetweenClocks; ++call) {
      if (done()) return;
    }
  }
  Clock::time_point looked = begin;
  while (!done()) {
    const Clock::time_point now = Clock::now();
    const bool look = now - looked > kLook;
    check_departures(look);
    if (look) looked = now;
    // An idle rank, such as one that waits while the lead compiles, takes a hundredth of a core.
    std::this_thread::sleep_for(now - begin < kLook ? kNap : 50 * kNap);
  }
}

// What launchers tell a process: its rank.
const char* launched_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (const char* value = std::getenv(name)) return value;
  }
  return nullptr;
}

Job find_job(int rank, int size) {
  struct Place {
    int process;
    char machine[MPI_MAX_PROCESSOR_NAME];
  };
  Place mine{static_cast<int>(getpid()), {}};
  int length = 0;
  check(MPI_Get_processor_name(mine.machine, &length), "MPI_Get_processor_name");
  std::vector<Place> places(size);
  check(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, places.data(), sizeof mine, MPI_BYTE, MPI_COMM_WORLD),
        "MPI_Allgather");
  Job job{rank, std::vector<int>(size)};
  for (int other = 0; other < size; ++other) {
    if (other != rank && std::string(places[other].machine) == mine.machine)
      job.processes[other] = places[other].process;
  }
  return job;
}

}  // namespace

// Where a rank has no core of its own, what it waits for may need the one that it spins on.
std::chrono::microseconds Ranks::spin() const { return std::chrono::microseconds(crowded_ ? 0 : 30); }

struct Ranks::Requests {
  std::vector<MPI_Request> requests;
  std::vector<MPI_Status> statuses;

  void receive(int from, Tag tag, std::span<uint8_t> bytes) {
    check(MPI_Irecv(bytes.data(), count_of(bytes.size()), MPI_BYTE, from, tag, MPI_COMM_WORLD,
                    &requests.emplace_back()),
          "MPI_Irecv");
  }
  void send(int to, Tag tag, std::span<const uint8_t> bytes) {
    check(MPI_Isend(bytes.data(), count_of(bytes.size()), MPI_BYTE, to, tag, MPI_COMM_WORLD,
                    &requests.emplace_back()),
          "MPI_Isend");
  }
};

Ranks::Ranks() : exchanges_(std::make_unique<Requests>()), round_(std::make_unique<Requests>()) {
  if (current != nullptr) fail(ErrorKind::kEngine, "distributed engine: the ranks are in use");
  if (launched_rank() != nullptr) start();
  current = this;
}

void Ranks::start() {
  // wait_until() knows better.
  setenv("OMPI_MCA_mpi_yield_when_idle", "0", 1);
  int level = 0;
  check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level), "MPI_Init_thread");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "MPI_Comm_size");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "MPI_Comm_rank");
  const Job job = find_job(rank_, size_);
  const auto here = std::ranges::count_if(job.processes, [](int process) { return process != 0; }) + 1;
  crowded_ = here > static_cast<std::ptrdiff_t>(std::thread::hardware_concurrency());
  watch_departures(job);
  prctl(PR_SET_TIMERSLACK, 1000);  // nanoseconds; else a nap takes three times as long
}

Ranks::~Ranks() {
  current = nullptr;
  int started = 0;
  if (broken_ || MPI_Initialized(&started) != MPI_SUCCESS || !started) return;
  try {
    if (leads()) {
      for (int rank = 1; rank < size_; ++rank) send(rank, end_of_service());
    }
    stop_watching_departures();
    MPI_Finalize();
  } catch (const Error&) {  // a rank is gone, and so will the job be
  }
}

Ranks* Ranks::of_process() { return current; }

void Ranks::begin_use() {
  if (used_) fail(ErrorKind::kEngine, "distributed engine: the ranks run another wafer");
  used_ = true;
}

void Ranks::wait(Requests& requests) {
  requests.statuses.resize(requests.requests.size());
  try {
    wait_until(
        [&] {
          int done = 0;
          check(MPI_Testall(static_cast<int>(requests.requests.size()), requests.requests.data(), &done,
                            requests.statuses.data()),
                "a message");
          return done != 0;
        },
        spin());
  } catch (...) {
    give_up();
    throw;
  }
  requests.requests.clear();
}

void Ranks::send(int to, const Parcel& parcel) {
  Requests requests;
  requests.send(to, kParcel, parcel.bytes());
  wait(requests);
}

Parcel Ranks::receive(int from) {
  std::vector<uint8_t> bytes;
  MPI_Status status;
  try {
    wait_until(
        [&] {
          int arrived = 0;
          check(MPI_Iprobe(from, kParcel, MPI_COMM_WORLD, &arrived, &status), "MPI_Iprobe");
          return arrived != 0;
        },
        spin());
    int count = 0;
    check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    bytes.resize(count);
  } catch (...) {
    give_up();
    throw;
  }
  Requests requests;
  requests.receive(from, kParcel, bytes);
  wait(requests);
  return Parcel(std::move(bytes));
}

// In rounds: after each, a rank knows the least of twice as many ranks. That some are counted twice does not
// matter to a minimum.
void Ranks::least(std::span<uint64_t> values) {
  from_other_.resize(values.size());
  for (int distance = 1; distance < size_; distance *= 2) {
    const std::span<uint64_t> other(from_other_);
    round_->receive((rank_ + size_ - distance) % size_, kLeast,
                    {reinterpret_cast<uint8_t*>(other.data()), other.size_bytes()});
    round_->send((rank_ + distance) % size_, kLeast,
                 {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
    wait(*round_);
    for (size_t i = 0; i < values.size(); ++i) values[i] = std::min(values[i], other[i]);
  }
}

void Ranks::begin_exchange(int with, std::span<const uint8_t> out, std::span<uint8_t> in) {
  exchanges_->receive(with, kExchange, in);
  exchanges_->send(with, kExchange, out);
}

std::vector<size_t> Ranks::finish_exchanges() {
  wait(*exchanges_);
  std::vector<size_t> bytes;
  for (size_t i = 0; i < exchanges_->statuses.size(); i += 2) {
    int count = 0;
    check(MPI_Get_count(&exchanges_->statuses[i], MPI_BYTE, &count), "MPI_Get_count");
    bytes.push_back(static_cast<size_t>(count));
  }
  return bytes;
}

bool launched_to_serve() {
  const char* rank = launched_rank();
  return rank != nullptr && std::string_view(rank) != "0";
}

}  // namespace tessera::sim
