// Simulated annealing of a placement.
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "host/compiler/place.h"

namespace tessera {

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

// A kernel's part of a group: the kernels (or kHost) it has a pair with.
struct Partners {
  int group = 0;
  std::vector<int> kernels;
};

class Annealer {
 public:
  Annealer(const KernelGraph& graph, const Wafer& region, const Distances& distances, std::uint64_t seed);

  void start(const std::vector<int>& order);
  void anneal();

  const std::vector<int>& tiles() const { return tile_of_; }
  double cost() const;  // in hops
  int critical_hops() const;
  int wire_hops() const;

 private:
  int distance(int from, int to) const;
  int longest(const Group& group) const;
  int longest(int kernel, const Partners& partners) const;
  int length(const Net& net) const;
  int moves() const;
  void touch(int kernel);
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
  std::vector<std::vector<Partners>> partners_of_;  // by kernel
  std::vector<std::vector<int>> nets_of_;           // by kernel
  // The move under consideration: what it touches, the longest pairs of its kernels before and after, and
  // what would change.
  struct Touched {
    int before = 0, after = 0;
    int stamp = 0;
  };
  std::vector<Touched> touched_;  // by group
  std::vector<int> touched_groups_, touched_nets_, net_stamp_;
  std::vector<std::pair<int, int>> new_longest_, new_length_;
  int stamp_ = 0;
};

}  // namespace tessera
