// A model of time: about how many cycles an operator adds to a token's latency. Good enough to compare
// partitions; what is true is measured by running the image.
#pragma once

#include "host/compiler/partition.h"

namespace tessera {

// Cycles from the last message in to the last message out of the operator's slowest tile, and the way to the
// next operator.
double operator_cycles(const ModelShape& shape, const Partition& partition, Operator op);

// One token through all layers.
double token_cycles(const ModelShape& shape, const Partition& partition);

}  // namespace tessera
