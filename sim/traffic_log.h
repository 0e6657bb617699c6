// What a part of a wafer shows its observer, kept until it can be shown.
//
// Tiles are run by several threads and in no particular order, but an observer is called from one, cycle by
// cycle and tile by tile: so what it sees does not depend on who ran what.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace tessera::sim {

template <typename What>
struct Logged {
  uint64_t cycle;
  int tile;
  What what;

  bool before(const Logged& other) const {
    return cycle != other.cycle ? cycle < other.cycle : tile < other.tile;
  }
};

// Added cycle by cycle, the tiles of a cycle in any order.
template <typename What>
class TrafficLog {
 public:
  void add(uint64_t cycle, int tile, const What& what) { entries_.push_back({cycle, tile, what}); }
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }

  // In order of cycle and tile. Nearly sorted as it is, so that insertion is the cheapest way.
  const std::vector<Logged<What>>& sorted() {
    for (size_t i = 1; i < entries_.size(); ++i) {
      if (!entries_[i].before(entries_[i - 1])) continue;
      const Logged<What> entry = entries_[i];
      size_t place = i;
      for (; place > 0 && entry.before(entries_[place - 1]); --place) entries_[place] = entries_[place - 1];
      entries_[place] = entry;
    }
    return entries_;
  }

 private:
  std::vector<Logged<What>> entries_;
};

// Calls show(entry) for all entries of several logs, in order of cycle and tile, and clears the logs.
template <typename What, typename Logs, typename Show>
void show_in_order(const Logs& logs, const Show& show) {
  std::vector<Logged<What>> all;
  for (TrafficLog<What>* log : logs) {
    if (log->empty()) continue;
    const std::vector<Logged<What>>& entries = log->sorted();
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), entries.begin(), entries.end());
    std::inplace_merge(all.begin(), all.begin() + middle, all.end(),
                       [](const Logged<What>& a, const Logged<What>& b) { return a.before(b); });
    log->clear();
  }
  for (const Logged<What>& entry : all) show(entry);
}

}  // namespace tessera::sim
