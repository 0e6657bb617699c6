#include "sim/tile_schedule.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace tessera::sim {
namespace {

// Sets of small numbers, joined one by one.
class Partition {
 public:
  explicit Partition(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), size_t{0}); }
  size_t find(size_t item) {
    while (parent_[item] != item) item = parent_[item] = parent_[parent_[item]];
    return item;
  }
  // The set is named by its first member.
  void join(size_t a, size_t b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<size_t> parent_;
};

void join_by_locals(const std::vector<Placed>& statements, Partition& sets) {
  std::map<std::pair<size_t, std::string>, size_t> first;
  for (size_t i = 0; i < statements.size(); ++i) {
    for (const std::string& local : statements[i].statement.locals)
      sets.join(i, first.try_emplace({statements[i].function, local}, i).first->second);
  }
}

using Edges = std::vector<std::set<size_t>>;  // by set: those that must come after it

// Two statements keep their order when one writes what the other reads or writes.
Edges order_of(const std::vector<Placed>& statements, Partition& sets) {
  static const std::string kHost = "(the host's memories)";
  struct Use {
    std::vector<size_t> readers;  // since it was written
    size_t writer = SIZE_MAX;
  };
  std::map<std::string, Use> uses;
  Edges edges(statements.size());
  const auto keep = [&](size_t before, size_t after) {
    if (before != SIZE_MAX && sets.find(before) != sets.find(after))
      edges[sets.find(before)].insert(sets.find(after));
  };
  for (size_t i = 0; i < statements.size(); ++i) {
    const Statement& statement = statements[i].statement;
    for (const std::string& name : statement.reads) {
      Use& use = uses[name];
      keep(use.writer, i);
      use.readers.push_back(i);
    }
    Names writes = statement.writes;
    if (statement.calls) writes.insert(kHost);
    for (const std::string& name : writes) {
      Use& use = uses[name];
      keep(use.writer, i);
      for (const size_t reader : use.readers) keep(reader, i);
      use.readers.clear();
      use.writer = i;
    }
  }
  return edges;
}

// Joins the sets that lie on a cycle; false: there is none.
bool join_cycles(const Edges& edges, Partition& sets) {
  std::vector<size_t> number(edges.size(), 0), lowest(edges.size(), 0), path;
  std::vector<bool> on_path(edges.size(), false);
  size_t count = 0;
  bool joined = false;
  const std::function<void(size_t)> visit = [&](size_t at) {  // Tarjan's
    number[at] = lowest[at] = ++count;
    path.push_back(at);
    on_path[at] = true;
    for (const size_t next : edges[at]) {
      if (number[next] == 0) visit(next);
      if (on_path[next]) lowest[at] = std::min(lowest[at], lowest[next]);
    }
    if (lowest[at] != number[at]) return;
    for (size_t member = SIZE_MAX; member != at;) {
      member = path.back();
      path.pop_back();
      on_path[member] = false;
      joined |= member != at;
      sets.join(member, at);
    }
  };
  for (size_t i = 0; i < edges.size(); ++i)
    if (number[i] == 0) visit(i);
  return joined;
}

size_t cost_of(const std::string& text) {
  size_t cost = 0;
  for (const char c : text) cost += std::string_view("|&^+~?!<>=-").find(c) != std::string_view::npos;
  return cost;
}

// Of those that could be next: rather one of the same clocks as the last; else one of clocks of which none
// has to wait any more, so that they need not be taken up again; else the one that was first.
std::vector<Cluster> clusters_of(const std::vector<Placed>& statements, Partition& sets) {
  Edges edges = order_of(statements, sets);
  while (join_cycles(edges, sets)) edges = order_of(statements, sets);

  std::map<size_t, Cluster> clusters;
  std::vector<size_t> waits(statements.size(), 0);
  for (size_t i = 0; i < statements.size(); ++i) {
    const Placed& placed = statements[i];
    Cluster& cluster = clusters[sets.find(i)];
    cluster.statements.push_back(placed);
    cluster.reads.insert(placed.statement.reads.begin(), placed.statement.reads.end());
    cluster.writes.insert(placed.statement.writes.begin(), placed.statement.writes.end());
    cluster.clocks |= placed.clocks;
    cluster.cost += cost_of(placed.statement.text);
    for (const size_t after : edges[i]) ++waits[after];
  }
  std::set<size_t> ready;
  for (const auto& [set, cluster] : clusters)
    if (waits[set] == 0) ready.insert(set);
  std::map<uint32_t, size_t> left;  // by clocks: those that are not ready yet
  for (const auto& [set, cluster] : clusters) left[cluster.clocks] += waits[set] != 0 ? 1 : 0;
  std::vector<Cluster> result;
  while (!ready.empty()) {
    const auto first_that = [&](const auto& holds) {
      return std::find_if(ready.begin(), ready.end(), holds);
    };
    auto next = first_that(
        [&](size_t set) { return !result.empty() && clusters[set].clocks == result.back().clocks; });
    if (next == ready.end()) next = first_that([&](size_t set) { return left[clusters[set].clocks] == 0; });
    if (next == ready.end()) next = ready.begin();
    const size_t set = *next;
    ready.erase(next);
    result.push_back(std::move(clusters[set]));
    for (const size_t after : edges[set]) {
      if (--waits[after] != 0) continue;
      ready.insert(after);
      --left[clusters[after].clocks];
    }
  }
  if (result.size() != clusters.size()) throw UnknownForm("statements without an order");
  return result;
}

}  // namespace

Schedule schedule(const std::vector<Placed>& statements, const Names& combinational, const Names& observed) {
  // Combinational logic writes nothing that is not combinational; what shares a local variable goes together.
  Partition sets(statements.size());
  join_by_locals(statements, sets);
  std::map<size_t, bool> is_register;
  for (size_t i = 0; i < statements.size(); ++i) {
    const Statement& statement = statements[i].statement;
    const bool all = std::all_of(statement.writes.begin(), statement.writes.end(),
                                 [&](const std::string& name) { return combinational.contains(name); });
    is_register[sets.find(i)] |= statement.calls || !all;
  }
  std::vector<Placed> registers, logic;
  for (size_t i = 0; i < statements.size(); ++i) {
    const bool at_edge = is_register[sets.find(i)];
    if (at_edge && overlap(statements[i].statement.writes, combinational))
      throw UnknownForm("a register and logic in one: " + statements[i].statement.text.substr(0, 60));
    (at_edge ? registers : logic).push_back(statements[i]);
  }

  Partition logic_sets(logic.size());
  join_by_locals(logic, logic_sets);
  std::map<std::string, size_t> writer;
  for (size_t i = 0; i < logic.size(); ++i)
    for (const std::string& name : logic[i].statement.writes)
      logic_sets.join(i, writer.try_emplace(name, i).first->second);
  std::vector<Cluster> clusters = clusters_of(logic, logic_sets);

  // From the last to the first: what nobody needs before the next edge waits until then, and runs if one of
  // its readers does.
  std::map<std::string, uint32_t> read_at_edge;
  for (const Placed& placed : registers)
    for (const std::string& name : placed.statement.reads) read_at_edge[name] |= placed.clocks;
  Names needed = observed;
  std::vector<Cluster> now;
  std::vector<Placed> edge;
  for (size_t i = clusters.size(); i-- > 0;) {
    Cluster& cluster = clusters[i];
    if (overlap(cluster.writes, needed)) {
      needed.insert(cluster.reads.begin(), cluster.reads.end());
      now.insert(now.begin(), cluster);
      continue;
    }
    cluster.clocks = 0;
    for (const std::string& name : cluster.writes) cluster.clocks |= read_at_edge[name];
    for (const std::string& name : cluster.reads) read_at_edge[name] |= cluster.clocks;
    for (Placed& placed : cluster.statements) placed.clocks = cluster.clocks;
    if (cluster.clocks != 0) edge.insert(edge.begin(), cluster.statements.begin(), cluster.statements.end());
  }
  edge.insert(edge.end(), registers.begin(), registers.end());

  Schedule result;
  Partition edge_sets(edge.size());
  join_by_locals(edge, edge_sets);
  result.edge = clusters_of(edge, edge_sets);

  // What follows from which clocks.
  std::map<std::string, uint32_t> follows;
  for (const Placed& placed : registers)
    for (const std::string& name : placed.statement.writes) follows[name] |= placed.clocks;
  std::vector<Placed> after;
  for (Cluster& cluster : now) {
    cluster.clocks = 0;
    for (const std::string& name : cluster.reads) cluster.clocks |= follows[name];
    for (const std::string& name : cluster.writes) follows[name] |= cluster.clocks;
    for (Placed& placed : cluster.statements) {
      placed.clocks = cluster.clocks;
      after.push_back(placed);
    }
  }
  Partition after_sets(after.size());
  join_by_locals(after, after_sets);
  writer.clear();
  for (size_t i = 0; i < after.size(); ++i)
    for (const std::string& name : after[i].statement.writes)
      after_sets.join(i, writer.try_emplace(name, i).first->second);
  result.after = clusters_of(after, after_sets);
  return result;
}

}  // namespace tessera::sim
