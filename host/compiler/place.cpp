#include "host/compiler/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "host/error/error.h"

namespace tessera {
namespace {

constexpr double kWireWeight = 0.08;     // of a hop of wire, against a hop on the critical path
constexpr std::size_t kLargestNet = 24;  // streams with more ends reach everywhere: no place is better
constexpr double kBandRows = 5;          // about as many as a layer is wide
constexpr int kMovesPerKernel = 6000;
constexpr int kLeastMoves = 40000;
constexpr int kMostMoves = 4000000;
constexpr double kFirstTemperature = 4.0;  // hops
constexpr double kLastTemperature = 0.05;

// The live tiles in bands of a few rows, each band column by column, to and fro: neighbours in this order are
// neighbours on the wafer.
std::vector<int> snake(const Wafer& region) {
  int top = region.rows, bottom = -1, left = region.columns, right = -1;
  for (int tile = 0; tile < region.tiles(); ++tile) {
    if (!region.live[tile]) continue;
    const TilePosition at = region.position(tile);
    top = std::min(top, at.y);
    bottom = std::max(bottom, at.y);
    left = std::min(left, at.x);
    right = std::max(right, at.x);
  }
  const int rows = bottom - top + 1;
  const int bands = std::max(1, static_cast<int>(std::lround(rows / kBandRows)));
  std::vector<int> order;
  bool eastward = true;
  for (int band = 0; band < bands; ++band, eastward = !eastward) {
    const Share share_of = share(rows, bands, band);
    for (int step = 0; step <= right - left; ++step) {
      const int x = eastward ? left + step : right - step;
      for (int i = 0; i < share_of.count; ++i) {
        const int y = top + share_of.first + (step % 2 == 0 ? i : share_of.count - 1 - i);
        const int tile = region.index({x, y});
        if (region.live[tile]) order.push_back(tile);
      }
    }
  }
  return order;
}

// Live edge links of the region.
std::vector<HostPort> host_ports(const Wafer& region) {
  std::vector<HostPort> ports;
  for (int y = 0; y < region.rows; ++y) {
    for (const Direction side : {Direction::kWest, Direction::kEast}) {
      const int tile = region.index({side == Direction::kWest ? 0 : region.columns - 1, y});
      if (region.has_link(tile, side)) ports.push_back({tile, side});
    }
  }
  return ports;
}

// The kernels of one transition that talk to each other; kHost stands for the nearest edge link.
struct Group {
  double weight = 0;
  std::vector<std::pair<int, int>> pairs;
  int longest = 0;
};

struct Net {
  std::vector<int> kernels;
  int length = 0;  // half the perimeter of the box around them
};

class Annealer {
 public:
  Annealer(const KernelGraph& graph, const Wafer& region, const Distances& distances, std::uint64_t seed);

  void start(const std::vector<int>& order);
  void anneal();

  const std::vector<int>& tiles() const { return tile_of_; }
  double cost() const;
  int critical_hops() const;
  int wire_hops() const;

 private:
  int distance(const std::pair<int, int>& pair) const;
  int longest(const Group& group) const;
  int length(const Net& net) const;
  double change_of(int first, int second);
  void accept();
  void put(int kernel, int tile);
  int pick_tile(int kernel, int reach);

  const Wafer& region_;
  const Distances& distances_;
  std::mt19937_64 random_;
  std::vector<int> edge_hops_;  // by tile: to the nearest edge link
  std::vector<int> tile_of_;    // by kernel
  std::vector<TilePosition> position_of_;
  std::vector<int> kernel_on_;  // by tile, or -1
  std::vector<Group> groups_;
  std::vector<Net> nets_;
  std::vector<std::vector<int>> groups_of_, nets_of_;  // by kernel
  // What a move under consideration would change.
  std::vector<std::pair<int, int>> new_longest_, new_length_;
  std::vector<int> group_stamp_, net_stamp_;
  int stamp_ = 0;
};

Annealer::Annealer(const KernelGraph& graph, const Wafer& region, const Distances& distances,
                   std::uint64_t seed)
    : region_(region), distances_(distances), random_(seed), kernel_on_(region.tiles(), -1) {
  std::vector<int> edge_tiles;
  for (const HostPort& port : host_ports(region)) edge_tiles.push_back(port.tile);
  edge_hops_ = hops_from(region, edge_tiles);
  groups_.resize(graph.urgency.size());
  groups_of_.resize(graph.kernels.size());
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
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (const auto& [from, to] : groups_[i].pairs) {
      for (const int kernel : {from, to}) {
        if (kernel == kHost) continue;
        std::vector<int>& of = groups_of_[kernel];
        if (of.empty() || of.back() != static_cast<int>(i)) of.push_back(static_cast<int>(i));
      }
    }
  }
  group_stamp_.assign(groups_.size(), 0);
  net_stamp_.assign(nets_.size(), 0);
}

void Annealer::put(int kernel, int tile) {
  tile_of_[kernel] = tile;
  position_of_[kernel] = region_.position(tile);
  kernel_on_[tile] = kernel;
}

void Annealer::start(const std::vector<int>& order) {
  tile_of_.assign(groups_of_.size(), kNoTile);
  position_of_.assign(groups_of_.size(), {});
  for (size_t kernel = 0; kernel < tile_of_.size(); ++kernel) put(static_cast<int>(kernel), order[kernel]);
  for (Group& group : groups_) group.longest = longest(group);
  for (Net& net : nets_) net.length = length(net);
}

int Annealer::distance(const std::pair<int, int>& pair) const {
  if (pair.first == kHost) return edge_hops_[tile_of_[pair.second]];
  if (pair.second == kHost) return edge_hops_[tile_of_[pair.first]];
  return distances_.between(tile_of_[pair.first], tile_of_[pair.second]);
}

int Annealer::longest(const Group& group) const {
  int most = 0;
  for (const auto& pair : group.pairs) most = std::max(most, distance(pair));
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

// The change of cost by where the two kernels (one may be -1) now are.
double Annealer::change_of(int first, int second) {
  ++stamp_;
  new_longest_.clear();
  new_length_.clear();
  double change = 0;
  for (const int kernel : {first, second}) {
    if (kernel < 0) continue;
    for (const int i : groups_of_[kernel]) {
      if (group_stamp_[i] == stamp_) continue;
      group_stamp_[i] = stamp_;
      const int now = longest(groups_[i]);
      if (now == groups_[i].longest) continue;
      change += groups_[i].weight * (now - groups_[i].longest);
      new_longest_.push_back({i, now});
    }
    for (const int i : nets_of_[kernel]) {
      if (net_stamp_[i] == stamp_) continue;
      net_stamp_[i] = stamp_;
      const int now = length(nets_[i]);
      if (now == nets_[i].length) continue;
      change += kWireWeight * (now - nets_[i].length);
      new_length_.push_back({i, now});
    }
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
  const int tile = region_.index({x, y});
  return region_.live[tile] && tile != tile_of_[kernel] ? tile : kNoTile;
}

void Annealer::anneal() {
  const auto kernels = static_cast<int>(tile_of_.size());
  const int moves = std::clamp(kMovesPerKernel * kernels, kLeastMoves, kMostMoves);
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

// The edge link from which all of `kernels` are nearest.
HostPort nearest_port(const Wafer& region, const Distances& distances, const std::vector<int>& kernels,
                      const std::vector<int>& tiles) {
  HostPort best;
  int least = std::numeric_limits<int>::max();
  for (const HostPort& port : host_ports(region)) {
    int most = 0;
    for (const int kernel : kernels)
      if (kernel != kHost) most = std::max(most, distances.between(port.tile, tiles[kernel]));
    if (most >= least) continue;
    least = most;
    best = port;
  }
  return best;
}

}  // namespace

Placement place(const KernelGraph& graph, const Wafer& region, std::uint64_t seed) {
  const std::vector<int> order = snake(region);
  if (order.size() < graph.kernels.size())
    fail(ErrorKind::kCapacity, "the model needs {} tiles, {} more than the {} that are live and connected",
         graph.kernels.size(), graph.kernels.size() - order.size(), order.size());
  const Distances distances(region);
  Annealer annealer(graph, region, distances, seed);
  annealer.start(order);
  annealer.anneal();
  Placement placement;
  placement.tiles = annealer.tiles();
  placement.cost = annealer.cost();
  const auto port_of = [&](int stream, bool to_host) {
    const Stream& ends = graph.streams[stream];
    return nearest_port(region, distances, to_host ? ends.producers : ends.consumers, placement.tiles);
  };
  placement.inlet = port_of(graph.token_stream, false);
  placement.answer = port_of(graph.answer_stream, true);
  placement.logits = port_of(graph.logits_stream, true);
  return placement;
}

PlacementFigures measure(const KernelGraph& graph, const Wafer& region, const Placement& placement) {
  const Distances distances(region);
  Annealer annealer(graph, region, distances, 0);
  annealer.start(placement.tiles);
  return {annealer.critical_hops(), annealer.wire_hops()};
}

std::string describe(const KernelGraph& graph, const Wafer& region, const Placement& placement) {
  const PlacementFigures figures = measure(graph, region, placement);
  std::string text = fmt::format("placement: {} tiles, {} hops on the critical path, {} hops of wire\n",
                                 placement.tiles.size(), figures.critical_hops, figures.wire_hops);
  for (size_t kernel = 0; kernel < graph.kernels.size(); ++kernel) {
    const TilePosition at = region.position(placement.tiles[kernel]);
    text += fmt::format("  {},{}: {}\n", at.x, at.y, kernel_name(graph.kernels[kernel]));
  }
  return text;
}

}  // namespace tessera
