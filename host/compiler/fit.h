// What limits an operator's partition: the SRAM of a tile, its colors, and the kernels' fixed tables.
#pragma once

#include <string>

#include "host/compiler/kernel_graph.h"
#include "host/compiler/partition.h"

namespace tessera {

// The largest piece of work that one tile of the operator gets.
Work largest_work(const ModelShape& shape, const Partition& partition, Operator op);

// What the largest tile of linear o or down has of part `split` of the inputs.
LinearWork split_work(const ModelShape& shape, const Partition& partition, Operator op, int split);

// How a tile of q, k and v sends its rows (firmware::linear_kind_t).
int qkv_kind(const ModelShape& shape, const Partition& partition);

// Empty when the operator fits its tiles; else one line that names the resource and by how much it falls
// short.
std::string misfit(const ModelShape& shape, const Partition& partition, const WaferConfig& config,
                   Operator op);

// The most KV cache slots (at most rtl::kSlotCount) that the attention tiles hold; 0 when not even one fits.
int slots_that_fit(const ModelShape& shape, const Partition& partition, int in_flight);

}  // namespace tessera
