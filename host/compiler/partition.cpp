#include "host/compiler/partition.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera {

int partition_tiles(const ModelShape& shape, const Partition& p) {
  const int layer = p.qkv + p.attention + p.output + p.hidden + p.down;
  return p.embedding + p.rope + shape.stages * p.stripes + shape.config.layers * layer + p.logits + 1;
}

int qkv_piece_rows(const ModelShape& shape, const Partition& partition) {
  return std::min(shape.head_length, kGroupRows * partition.qkv_unit);
}

Partition choose_partition(const ModelShape& shape, const WaferConfig& config, int) {
  Partition p;
  p.stripes = std::min(2, shape.dim_blocks);
  p.qkv = shape.qkv_groups;
  p.attention = shape.config.heads;
  p.output = 2 * shape.dim_blocks;
  p.hidden = shape.hidden_blocks;
  p.down = 2 * shape.dim_blocks;
  p.logits = std::max(1, shape.vocabulary_groups / 4);
  p.key_value_multicast = true;
  p.slots = std::max(1, config.slots);
  return p;
}

bool coarsen(const ModelShape&, const WaferConfig&, Partition&) { return false; }

std::string describe(const Partition& p) {
  return fmt::format(
      "partition: embedding {}, rope {}, stripes {}, qkv {}, attention {}, output {}, hidden {}, down {}, "
      "logits "
      "{}; {} slots; predicted {:.0f} cycles a token\n",
      p.embedding, p.rope, p.stripes, p.qkv, p.attention, p.output, p.hidden, p.down, p.logits, p.slots,
      p.cycles);
}

}  // namespace tessera
