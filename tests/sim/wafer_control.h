// Requests to a wafer's control planes through one edge link, for tests.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/engine.h"

namespace tessera::sim {

// Live tiles as a tree, by breadth-first search from a tile at the west edge.
class Tree {
 public:
  Tree(const WaferShape& shape, int root);

  bool reaches(int tile) const { return parent_port_[tile] >= 0; }
  // The ports to leave by, tile after tile, on the way between two tiles.
  std::vector<int> path(int from, int to) const;
  int neighbour(int tile, int port) const;

 private:
  std::vector<int> to_root(int tile) const;  // ports

  const WaferShape& shape_;
  int root_;
  std::vector<int> parent_port_;  // of the root: PortWest; -1: not reached
};

class WaferControl {
 public:
  WaferControl(Engine& engine, const Tree& tree, int row);

  // Goes on with another engine, whose wafer is in the same state.
  void use(Engine& engine) { engine_ = &engine; }

  // Each runs the engine until the answer is complete.
  void write(int tile, uint32_t address, const std::vector<uint32_t>& words);
  std::vector<uint32_t> read(int tile, uint32_t address, uint32_t count);

  // Only queue the request.
  void send_write(int tile, uint32_t address, const std::vector<uint32_t>& words);
  void send_read(int tile, uint32_t address, uint32_t count);
  // The words of the next answer, without the operation word; empty when the wafer fell quiet or was too
  // slow.
  std::vector<uint32_t> answer();

 private:
  void send(int tile, rtl::RequestOperationE operation, const std::vector<uint32_t>& words);

  Engine* engine_;
  const Tree& tree_;
  int row_;
  uint16_t identity_ = 0;
};

}  // namespace tessera::sim
