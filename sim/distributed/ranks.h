// The processes of an MPI job that run one wafer together.
//
// Rank 0 leads: it is the program as it would be without MPI. The others serve it (sim/distributed/serve.h).
// Every call that waits throws Error(kEngine) when MPI reports a failure or a rank is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "sim/distributed/parcel.h"

namespace tessera::sim {

class Ranks {
 public:
  // Joins the others when a launcher (mpirun) started this process; else it is alone. There is one at a time.
  Ranks();
  // The lead tells the others that it is over.
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  static Ranks* of_process();  // null: none has been made

  int size() const { return size_; }
  int rank() const { return rank_; }
  bool leads() const { return rank_ == 0; }

  // ---- Between the lead and another one.

  void send(int to, const Parcel& parcel);
  Parcel receive(int from);

  // ---- Among all, step by step.

  // Every value becomes the least that any rank has in its place.
  void least(std::span<uint64_t> values);

  // Begins to exchange with a neighbour. `in` is a buffer for as much as may come; both have to stay until
  // finish_exchanges(), which gives the bytes that came, in the order of the calls.
  void begin_exchange(int with, std::span<const uint8_t> out, std::span<uint8_t> in);
  std::vector<size_t> finish_exchanges();

  // By a wafer, of which the ranks run one at a time. Throws Error(kEngine) when they do already.
  void begin_use();
  void end_use() { used_ = false; }

  // The ranks are not in step any more, so that nothing may be said to them: the job ends with this process.
  void give_up() { broken_ = true; }
  bool broken() const { return broken_; }

 private:
  struct Requests;
  void wait(Requests& requests);
  std::chrono::microseconds spin() const;
  void start();

  int size_ = 1;
  int rank_ = 0;
  bool broken_ = false;
  bool used_ = false;
  bool crowded_ = false;                 // more ranks than cores on this machine
  std::unique_ptr<Requests> exchanges_;  // receive, send, receive, send
  std::unique_ptr<Requests> round_;      // of least()
  std::vector<uint64_t> from_other_;
};

// Whether a launcher started this process as another rank than the first: what is wrong with the arguments is
// then for that one to say.
bool launched_to_serve();

}  // namespace tessera::sim
