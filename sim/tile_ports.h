// What goes into a Verilated tile in a cycle and what it then drives, whichever class of model it is.
#pragma once

#include <cstdint>

#include "sim/wavelet.h"

namespace tessera::sim {

// Of the mesh ports, in the order of port_e.
struct TileInputs {
  uint32_t cycle = 0;
  WaveletBits north = 0, east = 0, south = 0, west = 0;
  CreditBits north_credit = 0, east_credit = 0, south_credit = 0, west_credit = 0;
};

// `Ports` is the root of a Verilated tile.
template <typename Ports>
void set_inputs(Ports& ports, const TileInputs& inputs) {
  ports.cycle_i = inputs.cycle;
  ports.north_i = inputs.north;
  ports.east_i = inputs.east;
  ports.south_i = inputs.south;
  ports.west_i = inputs.west;
  ports.north_credit_i = inputs.north_credit;
  ports.east_credit_i = inputs.east_credit;
  ports.south_credit_i = inputs.south_credit;
  ports.west_credit_i = inputs.west_credit;
}

struct TileOutputs {
  WaveletBits wavelet[rtl::kPortCount] = {};
  CreditBits credit[rtl::kPortCount] = {};
  WaveletBits sent = 0;
  uint32_t error = 0;
  bool idle = false;
  bool retire_valid = false;
  uint32_t retire_pc = 0;
  uint32_t retire_rd_data = 0;

  friend bool operator==(const TileOutputs&, const TileOutputs&) = default;
};

template <typename Ports>
TileOutputs outputs_of(const Ports& ports) {
  return {{ports.north_o, ports.east_o, ports.south_o, ports.west_o, ports.ramp_o},
          {ports.north_credit_o, ports.east_credit_o, ports.south_credit_o, ports.west_credit_o,
           ports.ramp_credit_o},
          ports.sent_o,
          ports.error_o,
          ports.idle_o != 0,
          ports.retire_valid_o != 0,
          ports.retire_pc_o,
          ports.retire_rd_data_o};
}

}  // namespace tessera::sim
