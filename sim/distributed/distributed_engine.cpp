#include "sim/distributed/distributed_engine.h"

#include <algorithm>

#include "host/error/error.h"
#include "sim/distributed/results.h"
#include "sim/distributed/serve.h"
#include "sim/snapshot.h"
#include "sim/snapshot_sections.h"

namespace tessera::sim {
namespace {

constexpr size_t kBorrowedMemories = 256;

std::vector<int> share_out_rows(const WaferShape& shape, const EngineOptions& options, const Ranks& ranks) {
  validate(shape);
  if (ranks.size() > shape.rows)
    fail(ErrorKind::kConfig, "distributed engine: {} ranks for {} rows of tiles, should be 1 to {}",
         ranks.size(), shape.rows, shape.rows);
  std::vector<double> work(options.work_by_row.begin(), options.work_by_row.end());
  if (work.empty()) {
    work.resize(shape.rows);
    for (int tile = 0; tile < shape.tiles(); ++tile) work[shape.y(tile)] += shape.alive(tile);
  }
  return share_rows(work, ranks.size());
}

}  // namespace

DistributedEngine::DistributedEngine(const WaferShape& shape, const EngineOptions& options, Ranks& ranks)
    : StripEngine(shape, options, ranks, share_out_rows(shape, options, ranks)) {
  ranks.begin_use();
  Parcel parcel = command(Command::kCreate);
  put_shape(parcel, shape);
  parcel.put(options.threads);
  parcel.put(options.evaluation);
  parcel.put(options.skip);
  parcel.put(options.audit);
  parcel.put_list<int>(share_out_rows(shape, options, ranks));
  try {
    tell_all(ranks, parcel);
  } catch (...) {
    ranks.end_use();
    throw;
  }
}

DistributedEngine::~DistributedEngine() {
  job().end_use();
  if (job().broken()) return;
  try {
    tell_all(job(), command(Command::kDestroy));
  } catch (const Error&) {  // a rank is gone; whoever speaks to it next says so
  }
}

void DistributedEngine::reset_tiles() {
  tell_all(job(), command(Command::kReset));
  others_quiet_ = true;
  StripEngine::reset_tiles();
}

void DistributedEngine::observe_retired(int tile, bool on) {
  StripEngine::observe_retired(tile, on);
  Parcel parcel = command(Command::kObserveRetired);
  parcel.put(tile);
  parcel.put(on);
  tell_all(job(), parcel);
}

// ---------------------------------------------------------------- memories

TileMemory& DistributedEngine::memory(int tile) {
  TileMemory& memory = StripEngine::memory(tile);
  const int rank = rank_of(shape_.y(tile));
  if (rank == 0 || std::ranges::find(borrowed_, tile) != borrowed_.end()) return memory;
  if (borrowed_.size() == kBorrowedMemories) write_memories();
  Parcel parcel = command(Command::kReadMemory);
  parcel.put(tile);
  Parcel answer = ask(job(), rank, parcel);
  get_memory(answer, memory);
  borrowed_.push_back(tile);
  return memory;
}

// Gives the borrowed memories back to their ranks.
void DistributedEngine::write_memories() {
  for (const int tile : borrowed_) {
    TileMemory& memory = StripEngine::memory(tile);
    Parcel parcel = command(Command::kWriteMemory);
    parcel.put(tile);
    put_memory(parcel, memory);
    ask(job(), rank_of(shape_.y(tile)), parcel);
    memory = {};
  }
  borrowed_.clear();
}

// ---------------------------------------------------------------- running

void DistributedEngine::run_partitions(uint64_t limit, bool until_received) {
  if (ranks() == 1) {
    TiledEngine::run_partitions(limit, until_received);
    return;
  }
  write_memories();
  for (int rank = 1; rank < ranks(); ++rank) job().send(rank, make_order(rank, limit, until_received));
  others_quiet_ = true;
  try {
    run_strip(limit, until_received);
  } catch (...) {
    job().give_up();  // the others are in the middle of a run
    throw;
  }
  for (int rank = 1; rank < ranks(); ++rank) read_answer(rank, receive_answer(job(), rank));
}

Parcel DistributedEngine::make_order(int rank, uint64_t limit, bool until_received) {
  Parcel parcel = command(Command::kRun);
  parcel.put(Order{moment_.cycle, moment_.step, limit, until_received, observed()});
  const auto theirs = [&](const auto& link) { return link && rank_of(edge_row(link->index())) == rank; };
  parcel.put<uint64_t>(std::ranges::count_if(edges_, theirs));
  for (const auto& link : edges_) {
    if (!theirs(link)) continue;
    parcel.put(link->index());
    put_mail(parcel, link->take_mail());
  }
  for (Partition& partition : partitions_of(rank)) partition.active_edges.clear();
  return parcel;
}

void DistributedEngine::read_answer(int rank, Parcel answer) {
  for (Partition& partition : partitions_of(rank)) {
    get_results(answer, partition);
    partition.failure = get_failure(answer);
  }
  others_quiet_ = answer.get<bool>() && others_quiet_;
  const auto links = answer.get<uint64_t>();
  for (uint64_t i = 0; i < links; ++i) {
    const int index = answer.get<int>();
    edge(index).put_news(get_news(answer));
  }
}

// ---------------------------------------------------------------- snapshots

std::vector<EdgeSnapshot> DistributedEngine::save_edges() {
  std::vector<EdgeSnapshot> result = StripEngine::save_edges();
  std::vector<EdgeLinkState> there(edges_.size());
  for (int rank = 1; rank < ranks(); ++rank) {
    Parcel answer = ask(job(), rank, command(Command::kSaveEdges));
    const auto count = answer.get<uint64_t>();
    for (uint64_t i = 0; i < count; ++i) {
      const std::vector<uint8_t> section = answer.get_list<uint8_t>();
      ByteReader in(section, "distributed engine");
      EdgeSnapshot edge = get_edge(in, shape_);
      there[edge.index] = std::move(edge.state);
    }
  }
  for (EdgeSnapshot& edge : result) {
    if (!owns(edge_row(edge.index)))
      edge.state = this->edge(edge.index).state_with(std::move(there[edge.index]));
  }
  return result;
}

void DistributedEngine::save_tiles(const ByteSink& sink) {
  write_memories();
  StripEngine::save_tiles(0, first_tile(1), sink);
  for (int rank = 1; rank < ranks(); ++rank) {
    for (int tile = first_tile(rank); tile < first_tile(rank + 1);) {
      Parcel order = command(Command::kSaveTiles);
      order.put(tile);
      Parcel answer = ask(job(), rank, order);
      tile = answer.get<int>();
      Parcel sections(answer.get_list<uint8_t>());
      while (!sections.empty()) sink(sections.get_list<uint8_t>());
    }
  }
}

// A tile next to a boundary goes to the ranks on both sides, because links over it may hold something.
void DistributedEngine::restore_parts(WaferSnapshot& snapshot) {
  borrowed_.clear();
  struct Parts {
    Part next;
    Parcel tiles, edges;
  };
  std::vector<Parts> parts(ranks(),
                           {.next = {moment_.cycle, moment_.step, true, 0, 0}, .tiles = {}, .edges = {}});
  const auto send = [&](int rank) {
    Parts& part = parts[rank];
    Parcel order = command(Command::kRestore);
    order.put(part.next);
    order.append(part.tiles);
    order.append(part.edges);
    const bool quiet = ask(job(), rank, order).get<bool>();
    part = {.next = {moment_.cycle, moment_.step, false, 0, 0}, .tiles = {}, .edges = {}};
    return quiet;
  };
  for (TileSnapshot& tile : snapshot.tiles) {
    const int row = shape_.y(tile.tile);
    ByteWriter section;
    put_tile(section, tile.tile, tile.error_seen, tile.state, tile.memory);
    const int first = rank_of(std::max(row - 1, 0));
    const int last = rank_of(std::min(row + 1, shape_.rows - 1));
    for (int rank = std::max(first, 1); rank <= last; ++rank) {
      parts[rank].tiles.put_list<uint8_t>(section.bytes());
      ++parts[rank].next.tiles;
      if (parts[rank].tiles.bytes().size() >= kPieceBytes) send(rank);
    }
    if (first == 0) restore_here(tile);
  }
  for (EdgeSnapshot& edge : snapshot.edges) {
    const int rank = rank_of(edge_row(edge.index));
    if (rank == 0) {
      restore_part(edge);
      continue;
    }
    this->edge(edge.index).restore_host(edge.state);
    edge.state.received.clear();  // is the host's
    ByteWriter section;
    put_edge(section, edge);
    parts[rank].edges.put_list<uint8_t>(section.bytes());
    ++parts[rank].next.edges;
  }
  others_quiet_ = true;
  for (int rank = 1; rank < ranks(); ++rank) others_quiet_ = send(rank) && others_quiet_;
}

}  // namespace tessera::sim
