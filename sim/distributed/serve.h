// How the lead uses the other ranks: it gives commands, each of which is answered.
#pragma once

#include "sim/distributed/parcel.h"
#include "sim/distributed/ranks.h"

namespace tessera::sim {

enum class Command : uint8_t {
  kCreate,  // a StripEngine, in place of the one there is
  kDestroy,
  kReset,
  kObserveRetired,
  kReadMemory,
  kWriteMemory,
  kSaveEdges,
  kSaveTiles,
  kRestore,
  kRun,
  kEnd,  // no answer
};

// ---- The lead's side.

Parcel command(Command command);
Parcel end_of_service();
// Throws what the command threw there.
Parcel ask(Ranks& ranks, int rank, const Parcel& command);
Parcel receive_answer(Ranks& ranks, int rank);
void tell_all(Ranks& ranks, const Parcel& command);

// ---- The others'.

// Does what the lead says, until it is over. Throws Error(kEngine) when a rank is gone.
void serve(Ranks& ranks);

}  // namespace tessera::sim
