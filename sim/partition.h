// A strip of whole rows of a wafer, and everything that one thread writes while it runs their tiles.
//
// In a step the tiles read what all links drove in the last one, and write what they drive in the next. So
// partitions can be run in any order or at the same time, and have to meet once a step. What a partition has
// for its neighbours (which of their tiles something was sent to) it leaves in `toward`, of which there are
// two: a neighbour still reads that of a step while the next one is under way.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <vector>

#include "sim/edge_link.h"
#include "sim/link_hash.h"
#include "sim/traffic_log.h"
#include "sim/wavelet.h"

namespace tessera::sim {

// An instruction that left the core in the cycle before.
struct Retired {
  uint32_t pc;
  uint32_t instruction;
  uint8_t rd;  // 0: no register written
  uint32_t rd_data;
  uint8_t store_be;  // 0: no store
  uint32_t address;  // of the load or store
  uint32_t store_data;
};

struct alignas(64) Partition {
  int first_row = 0;
  int end_row = 0;

  // Tiles by their place on the grid (Engine::grid_index), in any order.
  std::vector<uint32_t> awake;   // in the step to come, or under way
  std::vector<uint32_t> next;    // in the one after it
  std::vector<uint32_t> asleep;  // fell asleep in the last one
  uint64_t awake_tile_cycles = 0;

  std::vector<EdgeLink*> active_edges;   // have something to do in the step to come
  std::vector<EdgeLink*> stepped_edges;  // had in the one under way

  LinkHash hash;
  uint64_t hash_key = 0;  // of the cycle

  TrafficLog<WaveletBits> sent;
  TrafficLog<uint32_t> errors;  // tile_error_t
  TrafficLog<Retired> retired;

  struct Toward {
    std::vector<uint32_t> north, south;  // tiles of the neighbouring rows that something was sent to
    bool quiet = true;                   // nothing of this partition will do anything, and nothing was sent
    bool received = false;               // an edge link took a last wavelet
    bool failed = false;
  };
  std::array<Toward, 2> toward;  // by Engine::Moment::now()
  bool received = false;         // in this run: an edge link took a last wavelet
  std::exception_ptr failure;    // thrown in the step under way

  bool holds(int row) const { return first_row <= row && row < end_row; }
  bool quiet() const { return awake.empty() && active_edges.empty(); }
};

// Shares out rows so that all parts have as much work, given by row. Gives the end row of each part; every
// part has at least one row, of which there are as many as parts or more.
std::vector<int> share_rows(const std::vector<double>& work, int parts);

}  // namespace tessera::sim
