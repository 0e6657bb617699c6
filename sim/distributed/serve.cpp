#include "sim/distributed/serve.h"

#include <memory>

#include "sim/distributed/results.h"
#include "sim/distributed/strip_engine.h"

namespace tessera::sim {
namespace {

std::unique_ptr<StripEngine> create(Ranks& ranks, Parcel& parcel) {
  const WaferShape shape = get_shape(parcel);
  EngineOptions options;
  options.threads = parcel.get<int>();
  options.evaluation = parcel.get<Evaluation>();
  options.skip = parcel.get<bool>();
  options.audit = parcel.get<bool>();
  return std::make_unique<StripEngine>(shape, options, ranks, parcel.get_list<int>());
}

// Gives what the command answers.
Parcel execute(Command command, Parcel& parcel, Ranks& ranks, std::unique_ptr<StripEngine>& engine) {
  Parcel answer;
  switch (command) {
    case Command::kCreate:
      engine.reset();
      engine = create(ranks, parcel);
      break;
    case Command::kDestroy:
      engine.reset();
      break;
    case Command::kReset:
      engine->reset();
      break;
    case Command::kObserveRetired: {
      const int tile = parcel.get<int>();
      engine->observe_retired(tile, parcel.get<bool>());
      break;
    }
    case Command::kReadMemory:
      put_memory(answer, engine->memory(parcel.get<int>()));
      break;
    case Command::kWriteMemory: {
      TileMemory& memory = engine->memory(parcel.get<int>());
      get_memory(parcel, memory);
      break;
    }
    case Command::kSaveEdges:
      engine->save_edges_ordered(answer);
      break;
    case Command::kSaveTiles:
      engine->save_tiles_ordered(parcel, answer);
      break;
    case Command::kRestore:
      engine->restore_ordered(parcel, answer);
      break;
    case Command::kRun:
      engine->run_ordered(parcel, answer);
      break;
    case Command::kEnd:
      break;
  }
  return answer;
}

}  // namespace

Parcel command(Command command) {
  Parcel parcel;
  parcel.put(command);
  return parcel;
}

Parcel end_of_service() { return command(Command::kEnd); }

Parcel ask(Ranks& ranks, int rank, const Parcel& command) {
  ranks.send(rank, command);
  return receive_answer(ranks, rank);
}

Parcel receive_answer(Ranks& ranks, int rank) {
  Parcel answer = ranks.receive(rank);
  if (const std::exception_ptr failure = get_failure(answer)) std::rethrow_exception(failure);
  return answer;
}

void tell_all(Ranks& ranks, const Parcel& command) {
  for (int rank = 1; rank < ranks.size(); ++rank) ranks.send(rank, command);
  std::exception_ptr first;
  for (int rank = 1; rank < ranks.size(); ++rank) {
    Parcel answer = ranks.receive(rank);
    const std::exception_ptr failure = get_failure(answer);
    if (failure && !first) first = failure;
  }
  if (first) std::rethrow_exception(first);
}

void serve(Ranks& ranks) {
  std::unique_ptr<StripEngine> engine;
  while (true) {
    Parcel parcel = ranks.receive(0);
    const auto command = parcel.get<Command>();
    if (command == Command::kEnd) return;
    Parcel answer;
    std::exception_ptr failure;
    try {
      answer = execute(command, parcel, ranks, engine);
    } catch (...) {
      // In the middle of a run the others wait for this rank, and no answer would reach the lead.
      if (command == Command::kRun) {
        ranks.give_up();
        throw;
      }
      failure = std::current_exception();
    }
    Parcel whole;
    put_failure(whole, failure, ranks.rank());
    whole.append(answer);
    ranks.send(0, whole);
  }
}

}  // namespace tessera::sim
