// A whole wafer as one Verilated model, in a shared library of its own for each size
// (libtessera_flat_<size>.so). This is all that the library and the flat engine know of each other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/host_memory.h"
#include "sim/wavelet.h"

namespace tessera::sim {

// Where a tile's outputs are in the model, in the order of port_e.
struct FlatTile {
  const uint64_t* wavelet[rtl::kPortCount];
  const uint8_t* credit[rtl::kPortCount];
  const uint8_t* idle;
  const uint64_t* sent;
  const uint32_t* error;
  const uint8_t* retire_valid;
  const uint32_t* retire_pc;
  const uint32_t* retire_instruction;
  const uint8_t* retire_rd;
  const uint32_t* retire_rd_data;
  const uint8_t* retire_store_be;
  const uint32_t* retire_address;
  const uint32_t* retire_store_data;
};

// What the host drives into the edge links of a row.
struct FlatEdge {
  uint64_t wavelet;
  uint8_t credit;
};

class FlatModel {
 public:
  virtual ~FlatModel() = default;
  virtual const std::vector<FlatTile>& tiles() const = 0;
  virtual void reset() = 0;
  // A rising edge of the clock.
  virtual void cycle(uint32_t cycle, const std::vector<FlatEdge>& west,
                     const std::vector<FlatEdge>& east) = 0;
};

struct FlatStraps {
  std::vector<bool> dead_tile;
  std::vector<bool> dead_link_east;
  std::vector<bool> dead_link_south;
};

// The one symbol of the library: gives a model out of reset.
extern "C" FlatModel* tessera_flat_create(const FlatStraps& straps, std::vector<TileMemory>& memories);
using FlatCreate = FlatModel* (*)(const FlatStraps& straps, std::vector<TileMemory>& memories);

}  // namespace tessera::sim
