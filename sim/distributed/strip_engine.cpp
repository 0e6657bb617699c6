#include "sim/distributed/strip_engine.h"

#include <algorithm>
#include <bit>

#include "sim/distributed/results.h"
#include "sim/snapshot.h"
#include "sim/snapshot_sections.h"

namespace tessera::sim {
namespace {

// In each rank there are as many threads as were asked for. By itself it takes one: how many are faster
// cannot be found out in windows of a few cycles.
EngineOptions with_definite_threads(EngineOptions options) {
  if (options.threads == 0) options.threads = 1;
  return options;
}

}  // namespace

StripEngine::StripEngine(const WaferShape& shape, const EngineOptions& options, Ranks& ranks,
                         const std::vector<int>& end_rows)
    : TiledEngine(shape, with_definite_threads(options)), ranks_(ranks), end_rows_(end_rows) {
  const int threads = with_definite_threads(options).threads;
  std::vector<int> ends;
  int row = 0;
  for (const int end : end_rows) {
    first_partition_.push_back(ends.size());
    const int parts = std::min(threads, end - row);
    for (int part = 1; part <= parts; ++part) ends.push_back(row + (end - row) * part / parts);
    row = end;
  }
  first_partition_.push_back(ends.size());
  const int rank = ranks.rank();
  share_out(ends, first_partition_[rank], first_partition_[rank + 1] - first_partition_[rank]);
  for (const auto& [boundary, neighbour] : {std::pair{&north_, rank - 1}, std::pair{&south_, rank + 1}}) {
    boundary->there = 0 <= neighbour && neighbour < ranks.size();
    boundary->neighbour = neighbour;
    if (boundary->there) boundary->in.resize(shape.columns);
  }
}

int StripEngine::rank_of(int row) const {
  return static_cast<int>(std::ranges::upper_bound(end_rows_, row) - end_rows_.begin());
}

std::span<Partition> StripEngine::partitions_of(int rank) {
  return std::span(partitions_)
      .subspan(first_partition_[rank], first_partition_[rank + 1] - first_partition_[rank]);
}

void StripEngine::reset_tiles() {
  ghosts_.clear();
  TiledEngine::reset_tiles();
}

// ---------------------------------------------------------------- windows

void StripEngine::run_strip(uint64_t limit, bool until_received) {
  Outlook outlook;
  look_ahead(until_received, outlook);
  agree(outlook);
  while (!outlook.stops() && moment_.cycle < limit) {
    const Moment begin = moment_;
    const uint64_t steps = std::min({limit - moment_.cycle, outlook.until_crossing, outlook.until_received});
    const bool crosses = steps == outlook.until_crossing;
    outlook = run_window(steps);
    if (until_received && std::ranges::any_of(own_partitions(), &Partition::received)) outlook.going_on = 0;
    look_ahead(until_received, outlook);
    if (crosses) begin_crossing(outlook);
    agree(outlook);
    if (crosses) finish_crossing();
    uint64_t done = steps;
    if (outlook.quiet != 0) done = steps - outlook.idle_steps;
    if (outlook.failed_after != kNever) done = outlook.failed_after;
    moment_ = {begin.cycle + done, begin.step + done};
  }
}

StripEngine::Outlook StripEngine::run_window(uint64_t steps) {
  Outlook outlook{.idle_steps = 0};
  const uint64_t begin = moment_.cycle;
  const uint64_t end = begin + steps;
  bool failed = false;
  if (!std::ranges::all_of(own_partitions(), &Partition::quiet)) {
    if (own_partitions().size() > 1) {
      run_together(end, false);
    } else {
      Engine::run_partitions(end, false);
    }
    failed =
        std::ranges::any_of(own_partitions(), [](const Partition& own) { return own.failure != nullptr; });
  }
  for (Links* links : ghosts_) *links = {};
  ghosts_.clear();
  if (failed) {
    outlook.failed_after = moment_.cycle - begin;
  } else {
    outlook.idle_steps = end - moment_.cycle;
    rest(outlook.idle_steps);
  }
  return outlook;
}

// Steps in which nothing happens.
void StripEngine::rest(uint64_t steps) {
  if (steps == 0) return;
  for (Partition& partition : own_partitions()) {
    for (const uint32_t place : partition.asleep) links_[0][place] = links_[1][place] = {};
    partition.asleep.clear();
    partition.toward = {};
  }
  moment_.cycle += steps;
  moment_.step += steps;
}

void StripEngine::agree(Outlook& outlook) {
  auto values = std::bit_cast<std::array<uint64_t, Outlook::kValues>>(outlook);
  ranks_.least(values);
  outlook = std::bit_cast<Outlook>(values);
}

// ---------------------------------------------------------------- looking ahead

void StripEngine::look_ahead(bool until_received, Outlook& outlook) {
  uint32_t least = std::numeric_limits<uint32_t>::max();
  uint32_t greatest = 0;
  for (const Partition& partition : own_partitions()) {
    for (const uint32_t place : partition.awake) {
      least = std::min(least, place);
      greatest = std::max(greatest, place);
    }
    for (const EdgeLink* edge : partition.active_edges) {
      const auto place = static_cast<uint32_t>(grid_index(0, edge_row(edge->index())));
      least = std::min(least, place);
      greatest = std::max(greatest, place);
    }
  }
  if (least > greatest) return;
  outlook.quiet = 0;
  // A tile of a boundary row that is awake in the first cycle drives something in the second.
  if (north_.there)
    outlook.until_crossing = static_cast<uint64_t>(grid_row(least) - own_partitions().front().first_row + 1);
  if (south_.there)
    outlook.until_crossing = std::min(
        outlook.until_crossing, static_cast<uint64_t>(own_partitions().back().end_row - grid_row(greatest)));
  if (!until_received) return;
  for (const Partition& partition : own_partitions()) {
    const uint64_t enough = std::min(outlook.until_crossing, outlook.until_received);
    outlook.until_received = std::min(outlook.until_received, cycles_until_received(partition, enough));
  }
}

// In how many cycles an edge link could take a last wavelet; any number when it is `enough` or more.
uint64_t StripEngine::cycles_until_received(const Partition& partition, uint64_t enough) const {
  uint64_t cycles = kNever;
  for (const EdgeLink* edge : partition.active_edges) {
    const bool west = edge->index() < shape_.rows;
    const size_t place = grid_index(west ? 0 : shape_.columns - 1, edge_row(edge->index()));
    const WaveletBits arrives = links_[moment_.now()][place].wavelet[west ? rtl::kPortWest : rtl::kPortEast];
    if (edge->takes()) return 1;
    if (arrives >> kWaveletValid & 1) cycles = 2;
  }
  // What a tile of an edge column drives in the next cycle is taken in the one after it.
  constexpr uint64_t kFromEdgeColumn = 3;
  if (std::min(cycles, enough) <= kFromEdgeColumn) return cycles;
  for (const uint32_t place : partition.awake) {
    const size_t column = place % grid_stride() - 1;
    cycles = std::min(cycles, std::min(column, shape_.columns - 1 - column) + kFromEdgeColumn);
    if (cycles == kFromEdgeColumn) break;
  }
  return cycles;
}

// ---------------------------------------------------------------- boundaries

void StripEngine::collect(Boundary& boundary, const std::vector<uint32_t>& woken, std::ptrdiff_t inward,
                          int port) {
  for (const uint32_t place : woken) {
    const Links& links = links_[moment_.now()][place + inward];
    boundary.out.push_back(
        {static_cast<uint32_t>(place % grid_stride() - 1), links.credit[port], links.wavelet[port]});
  }
}

// Tells the neighbours what was driven over the boundaries in the step before this one.
void StripEngine::begin_crossing(Outlook& outlook) {
  const size_t last = moment_.then();
  const auto stride = static_cast<std::ptrdiff_t>(grid_stride());
  north_.out.clear();
  south_.out.clear();
  if (outlook.failed_after == kNever) {
    collect(north_, own_partitions().front().toward[last].north, stride, rtl::kPortNorth);
    collect(south_, own_partitions().back().toward[last].south, -stride, rtl::kPortSouth);
  }
  for (Boundary* boundary : {&north_, &south_}) {
    if (!boundary->there) continue;
    const std::span in(boundary->in);
    const std::span out(boundary->out);
    ranks_.begin_exchange(boundary->neighbour,
                          {reinterpret_cast<const uint8_t*>(out.data()), out.size_bytes()},
                          {reinterpret_cast<uint8_t*>(in.data()), in.size_bytes()});
    if (!out.empty()) {  // the tiles beyond are awake
      outlook.quiet = 0;
      outlook.until_crossing = 1;
    }
  }
}

void StripEngine::finish_crossing() {
  const std::vector<size_t> bytes = ranks_.finish_exchanges();
  size_t index = 0;
  if (north_.there) {
    Partition& first = own_partitions().front();
    arrive(north_, bytes[index++] / sizeof(Crossing), first, first.first_row, 1, rtl::kPortSouth);
  }
  if (south_.there) {
    Partition& last = own_partitions().back();
    arrive(south_, bytes[index++] / sizeof(Crossing), last, last.end_row - 1, -1, rtl::kPortNorth);
  }
}

// The neighbours' tiles drive this in the step to come.
void StripEngine::arrive(const Boundary& boundary, size_t count, Partition& partition, int row, int inward,
                         int port) {
  for (const Crossing& crossing : std::span(boundary.in).first(count)) {
    const int column = static_cast<int>(crossing.column);
    Links& links = links_[moment_.now()][grid_index(column, row - inward)];
    links.wavelet[port] = crossing.wavelet;
    links.credit[port] = crossing.credit;
    ghosts_.push_back(&links);
    wake_tile(partition, moment_, grid_index(column, row));
  }
}

// ---------------------------------------------------------------- serving

void StripEngine::run_ordered(Parcel& parcel, Parcel& answer) {
  const auto order = parcel.get<Order>();
  moment_ = {order.cycle, order.step};
  EngineObserver nobody;  // what there is to be seen goes to the lead
  set_observer(order.observed ? &nobody : nullptr);
  const auto links = parcel.get<uint64_t>();
  for (uint64_t i = 0; i < links; ++i) {
    const int index = parcel.get<int>();
    edge(index).put_mail(get_mail(parcel));
  }

  run_strip(order.limit, order.until_received);

  bool quiet = true;
  for (Partition& partition : own_partitions()) {
    put_results(answer, partition);
    put_failure(answer, std::exchange(partition.failure, nullptr), ranks_.rank());
    quiet = quiet && partition.quiet();
  }
  answer.put(quiet);
  const auto mine = [&](const auto& link) { return link && owns(edge_row(link->index())); };
  answer.put<uint64_t>(std::ranges::count_if(edges_, mine));
  for (const auto& link : edges_) {
    if (!mine(link)) continue;
    answer.put(link->index());
    put_news(answer, link->take_news());
  }
  set_observer(nullptr);
}

// ---------------------------------------------------------------- snapshots

void StripEngine::save_edges_ordered(Parcel& answer) {
  const std::vector<EdgeSnapshot> edges = StripEngine::save_edges();
  answer.put<uint64_t>(edges.size());
  for (const EdgeSnapshot& edge : edges) {
    ByteWriter section;
    put_edge(section, edge);
    answer.put_list<uint8_t>(section.bytes());
  }
}

void StripEngine::save_tiles_ordered(Parcel& order, Parcel& answer) const {
  const int end = first_tile(ranks_.rank() + 1);
  int tile = order.get<int>();
  Parcel sections;
  for (; tile < end && sections.bytes().size() < kPieceBytes; ++tile) {
    ByteWriter section;
    if (save_tile(tile, section)) sections.put_list<uint8_t>(section.bytes());
  }
  answer.put(tile);
  answer.put_list<uint8_t>(sections.bytes());
}

void StripEngine::restore_ordered(Parcel& order, Parcel& answer) {
  const auto part = order.get<Part>();
  moment_ = {part.cycle, part.step};
  if (part.first) clear_memories();
  for (uint32_t i = 0; i < part.tiles; ++i) {
    const std::vector<uint8_t> section = order.get_list<uint8_t>();
    ByteReader in(section, "distributed engine");
    TileSnapshot tile = get_tile(in, shape_);
    restore_here(tile);
  }
  for (uint32_t i = 0; i < part.edges; ++i) {
    const std::vector<uint8_t> section = order.get_list<uint8_t>();
    ByteReader in(section, "distributed engine");
    restore_part(get_edge(in, shape_));
  }
  answer.put(std::ranges::all_of(own_partitions(), &Partition::quiet));
}

void StripEngine::restore_here(TileSnapshot& tile) {
  const int row = shape_.y(tile.tile);
  if (owns(row)) {
    restore_part(tile);
  } else if (!tile.state.empty()) {
    if (row + 1 == own_partitions().front().first_row) restore_beyond(tile, row + 1, rtl::kPortSouth);
    if (row == own_partitions().back().end_row) restore_beyond(tile, row - 1, rtl::kPortNorth);
  }
}

// `port` is the one by which the tile drives its neighbour in the strip's row.
void StripEngine::restore_beyond(const TileSnapshot& tile, int row, int port) {
  const Links driven = driven_in(tile.tile, tile.state);
  if (!driven.valid(port)) return;
  const int column = shape_.x(tile.tile);
  Links& links = links_[moment_.now()][grid_index(column, shape_.y(tile.tile))];
  links.wavelet[port] = driven.wavelet[port];
  links.credit[port] = driven.credit[port];
  ghosts_.push_back(&links);
  wake_tile(partition_of(row), moment_, grid_index(column, row));
}

}  // namespace tessera::sim
