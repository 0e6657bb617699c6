// From a partition to kernels and streams.
#pragma once

#include "host/compiler/kernel_graph.h"

namespace tessera {

// The graph of a model in the given pieces. The partition must be one that choose_partition gives.
KernelGraph build_graph(const ModelShape& shape, const Partition& partition);

}  // namespace tessera
