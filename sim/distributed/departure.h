// Noticing that a rank is gone.
//
// When a process of a job dies, the launcher tells the others with SIGTERM, and kills them a second later. A
// rank that waits for another looks here from time to time, so that it can end with one clear line and leave
// no half-written file. One that does something else for too long says the line without ending properly.
#pragma once

#include <string>
#include <vector>

namespace tessera::sim {

// The other ranks of this job: process 0 for one on another machine, and for this one itself.
struct Job {
  int rank = 0;
  std::vector<int> processes;  // by rank
};

// From now on, SIGTERM is the launcher's word that the job is over.
void watch_departures(const Job& job);
void stop_watching_departures();

// Throws Error(kEngine) when the launcher has ended the job. `look` also finds ranks of this machine that are
// gone without its saying so, which takes some microseconds.
void check_departures(bool look);

}  // namespace tessera::sim
