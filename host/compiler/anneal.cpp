#include "host/compiler/anneal.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

constexpr double kWireWeight = 0.08;     // of a hop of wire, against a hop on the critical path
constexpr std::size_t kLargestNet = 24;  // streams with more ends reach everywhere: no place is better
constexpr double kMovesPerKernel = 6000;
constexpr double kLeastMovesPerKernel = 500;
constexpr double kMostWork = 4e8;          // distances looked up: about a second
constexpr double kFirstTemperature = 4.0;  // hops
constexpr double kLastTemperature = 0.05;

}  // namespace

Annealer::Annealer(const KernelGraph& graph, const Wafer& region, const Distances& distances,
                   std::uint64_t seed)
    : region_(region), distances_(distances), random_(seed), kernel_on_(region.tiles(), -1) {
  std::vector<int> edge_tiles;
  for (const HostPort& port : host_ports(region)) edge_tiles.push_back(port.tile);
  edge_hops_ = hops_from(region, edge_tiles);
  groups_.resize(graph.urgency.size());
  partners_of_.resize(graph.kernels.size());
  nets_of_.resize(graph.kernels.size());
  for (size_t i = 0; i < groups_.size(); ++i) groups_[i].weight = graph.urgency[i];
  for (size_t i = 0; i < graph.streams.size(); ++i) {
    const Stream& stream = graph.streams[i];
    Group& group = groups_[stream.transition];
    Net net;
    for (const int from : stream.producers) {
      for (const int to : stream.consumers) {
        // The host sends a token through one link: its other consumers should be near the first.
        const bool from_host = static_cast<int>(i) == graph.token_stream && to != stream.consumers.front();
        if (group.weight > 0) group.pairs.push_back({from_host ? stream.consumers.front() : from, to});
      }
    }
    for (const auto* ends : {&stream.producers, &stream.consumers}) {
      for (const int kernel : *ends) {
        if (kernel != kHost) net.kernels.push_back(kernel);
      }
    }
    if (net.kernels.size() >= 2 && net.kernels.size() <= kLargestNet) nets_.push_back(std::move(net));
  }
  for (size_t i = 0; i < nets_.size(); ++i) {
    for (const int kernel : nets_[i].kernels) nets_of_[kernel].push_back(static_cast<int>(i));
  }
  const auto add_partner = [&](int kernel, int group, int partner) {
    if (kernel == kHost) return;
    std::vector<Partners>& of = partners_of_[kernel];
    if (of.empty() || of.back().group != group) of.push_back({group, {}});
    of.back().kernels.push_back(partner);
  };
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (const auto& [from, to] : groups_[i].pairs) {
      add_partner(from, static_cast<int>(i), to);
      add_partner(to, static_cast<int>(i), from);
    }
  }
  touched_.resize(groups_.size());
  net_stamp_.assign(nets_.size(), 0);
}

void Annealer::put(int kernel, int tile) {
  tile_of_[kernel] = tile;
  position_of_[kernel] = {tile % region_.columns, tile / region_.columns};
  kernel_on_[tile] = kernel;
}

void Annealer::start(const std::vector<int>& order) {
  tile_of_.assign(partners_of_.size(), kNoTile);
  position_of_.assign(partners_of_.size(), {});
  for (size_t kernel = 0; kernel < tile_of_.size(); ++kernel) put(static_cast<int>(kernel), order[kernel]);
  for (Group& group : groups_) group.longest = longest(group);
  for (Net& net : nets_) net.length = length(net);
}

int Annealer::distance(int from, int to) const {
  if (from == kHost) return edge_hops_[tile_of_[to]];
  if (to == kHost) return edge_hops_[tile_of_[from]];
  return distances_.between(tile_of_[from], tile_of_[to]);
}

int Annealer::longest(const Group& group) const {
  int most = 0;
  for (const auto& [from, to] : group.pairs) most = std::max(most, distance(from, to));
  return most;
}

int Annealer::longest(int kernel, const Partners& partners) const {
  int most = 0;
  for (const int partner : partners.kernels) most = std::max(most, distance(kernel, partner));
  return most;
}

int Annealer::length(const Net& net) const {
  int left = region_.columns, right = 0, top = region_.rows, bottom = 0;
  for (const int kernel : net.kernels) {
    const TilePosition at = position_of_[kernel];
    left = std::min(left, at.x);
    right = std::max(right, at.x);
    top = std::min(top, at.y);
    bottom = std::max(bottom, at.y);
  }
  return right - left + bottom - top;
}

// Notes what a kernel that is about to move takes part in.
void Annealer::touch(int kernel) {
  for (const Partners& partners : partners_of_[kernel]) {
    Touched& touched = touched_[partners.group];
    if (touched.stamp != stamp_) {
      touched = {0, 0, stamp_};
      touched_groups_.push_back(partners.group);
    }
    touched.before = std::max(touched.before, longest(kernel, partners));
  }
  for (const int i : nets_of_[kernel]) {
    if (net_stamp_[i] == stamp_) continue;
    net_stamp_[i] = stamp_;
    touched_nets_.push_back(i);
  }
}

// The change of cost by where the touched kernels (one may be -1) now are.
double Annealer::change_of(int first, int second) {
  for (const int kernel : {first, second}) {
    if (kernel < 0) continue;
    for (const Partners& partners : partners_of_[kernel]) {
      int& after = touched_[partners.group].after;
      after = std::max(after, longest(kernel, partners));
    }
  }
  new_longest_.clear();
  new_length_.clear();
  double change = 0;
  for (const int i : touched_groups_) {
    const Group& group = groups_[i];
    const Touched& touched = touched_[i];
    // Only where the longest pair was among the moved ones, and is no more, must the others be looked at.
    int now = group.longest;
    if (touched.after >= group.longest) {
      now = touched.after;
    } else if (touched.before == group.longest) {
      now = longest(group);
    }
    if (now == group.longest) continue;
    change += group.weight * (now - group.longest);
    new_longest_.push_back({i, now});
  }
  for (const int i : touched_nets_) {
    const int now = length(nets_[i]);
    if (now == nets_[i].length) continue;
    change += kWireWeight * (now - nets_[i].length);
    new_length_.push_back({i, now});
  }
  return change;
}

void Annealer::accept() {
  for (const auto& [i, now] : new_longest_) groups_[i].longest = now;
  for (const auto& [i, now] : new_length_) nets_[i].length = now;
}

// A live tile within `reach` rows and columns of a kernel, or kNoTile.
int Annealer::pick_tile(int kernel, int reach) {
  const TilePosition at = position_of_[kernel];
  const auto span = static_cast<std::uint64_t>(2 * reach + 1);
  const std::uint64_t draw = random_();
  const int x = at.x - reach + static_cast<int>((draw & 0xffffffff) * span >> 32);
  const int y = at.y - reach + static_cast<int>((draw >> 32) * span >> 32);
  if (x < 0 || x >= region_.columns || y < 0 || y >= region_.rows) return kNoTile;
  const int tile = y * region_.columns + x;
  return region_.live[tile] && tile != tile_of_[kernel] ? tile : kNoTile;
}

// As many as the kernels are worth, within a bound on the work.
int Annealer::moves() const {
  double work = 0;  // of a move, in distances looked up
  for (const std::vector<Partners>& of : partners_of_)
    for (const Partners& partners : of) work += 4.0 * static_cast<double>(partners.kernels.size());
  for (const std::vector<int>& of : nets_of_) work += 8.0 * static_cast<double>(of.size());
  const auto kernels = static_cast<double>(tile_of_.size());
  return static_cast<int>(std::max(std::min(kMovesPerKernel * kernels, kMostWork / (work / kernels)),
                                   kLeastMovesPerKernel * kernels));
}

void Annealer::anneal() {
  const auto kernels = static_cast<int>(tile_of_.size());
  const int moves = this->moves();
  const int widest = std::max(2, static_cast<int>(std::sqrt(region_.live_tiles())) / 2);
  constexpr int kSteps = 100;  // of temperature
  const double factor = std::pow(kLastTemperature / kFirstTemperature, 1.0 / (kSteps - 1));
  double temperature = kFirstTemperature;
  for (int step = 0; step < kSteps; ++step, temperature *= factor) {
    const int reach = std::max(1, widest * (kSteps - step) / kSteps);
    for (int move = 0; move < moves / kSteps; ++move) {
      const int kernel = static_cast<int>(random_() % static_cast<std::uint64_t>(kernels));
      const int from = tile_of_[kernel];
      const int to = pick_tile(kernel, reach);
      if (to == kNoTile) continue;
      const int other = kernel_on_[to];
      ++stamp_;
      touched_groups_.clear();
      touched_nets_.clear();
      touch(kernel);
      if (other >= 0) touch(other);
      kernel_on_[from] = -1;
      put(kernel, to);
      if (other >= 0) put(other, from);
      const double change = change_of(kernel, other);
      const double luck = static_cast<double>(random_() >> 11) * 0x1p-53;
      if (change <= 0 || luck < std::exp(-change / temperature)) {
        accept();
        continue;
      }
      kernel_on_[to] = -1;
      put(kernel, from);
      if (other >= 0) put(other, to);
    }
  }
}

int Annealer::critical_hops() const {
  int hops = 0;
  for (const Group& group : groups_) hops += group.weight >= 1 ? group.longest : 0;
  return hops;
}

int Annealer::wire_hops() const {
  int hops = 0;
  for (const Net& net : nets_) hops += net.length;
  return hops;
}

double Annealer::cost() const {
  double cost = kWireWeight * wire_hops();
  for (const Group& group : groups_) cost += group.weight * group.longest;
  return cost;
}

}  // namespace tessera
