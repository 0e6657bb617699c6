#include "host/compiler/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "firmware/parameters.h"
#include "host/compiler/cost.h"
#include "host/compiler/fit.h"
#include "host/compiler/kernel_graph.h"
#include "host/error/error.h"

namespace tessera {
namespace {

constexpr Operator kShared[] = {Operator::kEmbedding, Operator::kRope,   Operator::kQkv,
                                Operator::kAttention, Operator::kOutput, Operator::kHidden,
                                Operator::kDown,      Operator::kLogits};
constexpr int kMulticasts = 8;  // producers that multicast to several tiles, before merges take fewer colors
constexpr int kMostMulticasts = 12;  // ... where merges are not possible
constexpr int kMostCopies = 8;       // firmware::MAX_MX_COLORS
constexpr int kMostStripes = 13;     // x, rows and 12 sisters: the colors a stripe can receive
constexpr int kMostSplits = 8;       // parts of a linear's inputs
constexpr int kMostWaitingGroups = 2 * firmware::CHUNK_GROUPS;  // sums of two chunks stay in the accumulators
constexpr double kLeastGain = 0.001;   // of a token's latency: what another tile must save
constexpr std::size_t kLookAhead = 6;  // larger sizes of an operator that are weighed at a time

int knob_of(const PartitionConfig& knobs, Operator op) {
  switch (op) {
    case Operator::kEmbedding:
      return knobs.embedding;
    case Operator::kRope:
      return knobs.rope;
    case Operator::kQkv:
      return knobs.qkv;
    case Operator::kAttention:
      return knobs.attention;
    case Operator::kOutput:
      return knobs.output;
    case Operator::kHidden:
      return knobs.hidden;
    case Operator::kDown:
      return knobs.down;
    case Operator::kLogits:
      return knobs.logits;
    default:
      return knobs.stripes;
  }
}

// Row groups that stay together on a tile of q, k, v: of those that leave the least work on the largest tile,
// the most.
int best_qkv_unit(const ModelShape& shape, int tiles) {
  const int head_groups = std::max(1, shape.head_length / kGroupRows);
  int best = 1, least = shape.qkv_groups + 1;
  for (int unit = 1; unit <= head_groups; ++unit) {
    if (head_groups % unit != 0 || shape.qkv_groups / unit < tiles) continue;
    const int load = divide_up(shape.qkv_groups / unit, tiles) * unit;
    if (load > least) continue;
    least = load;
    best = unit;
  }
  return best;
}

// The same for messages of rows to the stripes: of up to 64 rows, and every stripe a whole number of them.
int best_rows_unit(const ModelShape& shape, int stripes, int tiles) {
  const int groups = 2 * shape.dim_blocks;
  int best = 1, least = groups + 1;
  for (const int unit : {1, 2, 4}) {
    bool whole = groups / unit >= tiles;
    for (int i = 0; i < stripes; ++i) whole &= 2 * share(shape.dim_blocks, stripes, i).count % unit == 0;
    if (!whole) continue;
    const int load = divide_up(groups / unit, tiles) * unit;
    if (load > least) continue;
    least = load;
    best = unit;
  }
  return best;
}

bool key_value_heads_are_whole(const ModelShape& shape, const Partition& p) {
  const int units = divide_up(shape.qkv_groups, p.qkv_unit);
  for (int tile = 1; tile < p.qkv; ++tile) {
    const int row = kGroupRows * p.qkv_unit * share(units, p.qkv, tile).first;
    if (row / shape.head_length >= shape.config.heads && row % shape.head_length != 0) return false;
  }
  return true;
}

// Copies cost time, multicasts cost colors.
bool needs_merges(int producers, int consumers) { return consumers == 1 || producers > kMostMulticasts; }

bool is_split(Operator op) { return op == Operator::kOutput || op == Operator::kDown; }

// Whose tiles send the inputs of o or down.
Operator input_operator(Operator op) {
  return op == Operator::kOutput ? Operator::kAttention : Operator::kHidden;
}

// Tiles can be cut into `splits` sets of equal size, none larger than the row groups; and sums that wait for
// those of other parts have room in the accumulators.
bool can_split(const ModelShape& shape, const Partition& p, Operator op, int splits) {
  const int row_tiles = tiles_of(p, op) / splits;
  const int groups = operator_units(shape, p, op);
  if (tiles_of(p, op) % splits != 0 || row_tiles > groups) return false;
  return splits == 1 || divide_up(groups, row_tiles) <= kMostWaitingGroups;
}

void settle_rows(const ModelShape& shape, Partition& p, Operator op, int splits, int lead) {
  const bool output = op == Operator::kOutput;
  (output ? p.output_splits : p.down_splits) = splits;
  (output ? p.output_lead : p.down_lead) = lead;
  const int row_tiles = row_tiles_of(p, op);
  (output ? p.output_unit : p.down_unit) = best_rows_unit(shape, p.stripes, row_tiles);
  (output ? p.attention_merges : p.hidden_merges) = needs_merges(most_split_tiles(p, op), row_tiles);
}

// The splits of linear o or down with which its sums are there soonest. Where no number of splits suits, the
// fewest that the rows allow: fit says what is wrong with it.
void settle_splits(const ModelShape& shape, Partition& p, Operator op) {
  const int inputs = input_tiles_of(p, op);
  int best = 0, best_lead = 0;
  double least = 0;
  for (int splits = 1; splits <= kMostSplits; ++splits) {
    if (!can_split(shape, p, op, splits)) continue;
    if (best > 0 && splits > inputs) break;
    const int most = std::max(1, inputs - (splits - 1));
    for (int lead = splits == 1 ? most : divide_up(inputs, splits); lead <= most; ++lead) {
      settle_rows(shape, p, op, splits, lead);
      const double cycles = operator_cycles(shape, p, input_operator(op)) + operator_cycles(shape, p, op);
      if (best > 0 && cycles >= least) continue;
      best = splits;
      best_lead = lead;
      least = cycles;
    }
  }
  settle_rows(shape, p, op, std::max(best, 1), std::max(best_lead, 1));
}

// Numbers of tiles worth considering for `units`: the least for each size of the largest share.
std::vector<int> sizes_of_share(int units, int most) {
  std::vector<int> sizes;
  for (int size = 1; size <= std::min(units, most); size = divide_up(units, divide_up(units, size) - 1)) {
    sizes.push_back(size);
    if (size == units) break;
  }
  return sizes;
}

std::vector<int> sizes_of(const ModelShape& shape, const Partition& p, Operator op) {
  std::vector<int> sizes;
  if (op == Operator::kAttention) {
    for (int load = shape.group(); load >= 1; --load)
      sizes.push_back(shape.config.kv_heads * divide_up(shape.group(), load));
  } else {
    const int units = operator_units(shape, p, op);
    sizes = sizes_of_share(units, units);
  }
  if (op == Operator::kHidden) {
    const std::vector<int> together = sizes;
    for (const int size : together)
      if (2 * size > together.back()) sizes.push_back(2 * size);
  }
  if (is_split(op)) {
    const std::vector<int> rows = sizes;
    for (const int splits : sizes_of_share(input_tiles_of(p, op), kMostSplits))
      for (const int row_tiles : rows) sizes.push_back(splits * row_tiles);
    std::sort(sizes.begin(), sizes.end());
  }
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

void check_knob(const ModelShape& shape, const Partition& p, Operator op, int knob) {
  const int most = op == Operator::kAttention ? shape.config.heads : operator_units(shape, p, op);
  if (is_split(op)) {
    Partition trial = p;
    tiles_of(trial, op) = knob;
    const int most_splits =
        std::min(kMostSplits, op == Operator::kOutput ? shape.config.heads : shape.hidden_blocks);
    for (int splits = 1; splits <= most_splits; ++splits)
      if (can_split(shape, trial, op, splits)) return;
    fail(ErrorKind::kConfig,
         "partition.{} is {}, should be at most {}, or 2 to {} times a number up to that, "
         "for this model",
         operator_name(op), knob, most, most_splits);
  }
  if (op == Operator::kHidden && knob > most) {
    if (knob % 2 == 0 && knob <= 2 * most) return;
    fail(ErrorKind::kConfig,
         "partition.hidden is {}, should be at most {}, or even and at most {}, for this model", knob, most,
         2 * most);
  }
  if (knob > most)
    fail(ErrorKind::kConfig, "partition.{} is {}, should be at most {} for this model", operator_name(op),
         knob, most);
  if (op == Operator::kAttention && knob % shape.config.kv_heads != 0)
    fail(ErrorKind::kConfig, "partition.attention is {}, should be a multiple of the {} KV heads", knob,
         shape.config.kv_heads);
}

class Chooser {
 public:
  Chooser(const ModelShape& shape, const WaferConfig& config) : shape_(shape), config_(config) {}

  // The smallest partition with this many stripes; empty, with problem() set, when there is none.
  std::optional<Partition> smallest(int stripes);
  // Spends tiles where they save the most time, up to `limit`.
  Partition improve(Partition partition, int limit);

  bool fits(const Partition& partition);

  const std::string& problem() const { return problem_; }  // of the last that did not fit

 private:
  const ModelShape& shape_;
  const WaferConfig& config_;
  std::string problem_;
};

bool Chooser::fits(const Partition& partition) {
  for (int op = 0; op < kOperators; ++op) {
    problem_ = misfit(shape_, partition, config_, static_cast<Operator>(op));
    if (!problem_.empty()) return false;
  }
  return true;
}

std::optional<Partition> Chooser::smallest(int stripes) {
  Partition p;
  p.stripes = stripes;
  p.slots = std::max(1, config_.slots);
  for (const Operator op : kShared) {
    const int knob = knob_of(config_.partition, op);
    if (knob > 0) check_knob(shape_, p, op, knob);
    tiles_of(p, op) = knob > 0 ? knob : sizes_of(shape_, p, op).front();
  }
  const auto grow = [&](Operator op) {
    if (knob_of(config_.partition, op) > 0) return false;
    const std::vector<int> sizes = sizes_of(shape_, p, op);
    const auto next = std::upper_bound(sizes.begin(), sizes.end(), tiles_of(p, op));
    if (next == sizes.end()) return false;
    tiles_of(p, op) = *next;
    return true;
  };
  while (true) {
    settle(shape_, p);
    if (fits(p)) return p;
    // Grow what does not fit; where it cannot grow, its neighbours in the graph may be what is in its way.
    bool grown = false;
    for (const Operator op : kShared) {
      if (misfit(shape_, p, config_, op).empty()) continue;
      const bool few_inputs = is_split(op) && splits_of(p, op) > input_tiles_of(p, op);
      grown |= grow(few_inputs ? input_operator(op) : op);
    }
    if (!grown) return std::nullopt;
  }
}

Partition Chooser::improve(Partition p, int limit) {
  p.cycles = token_cycles(shape_, p);
  while (true) {
    Partition best;
    const double least_gain = kLeastGain * p.cycles;
    double best_gain = least_gain;
    for (const Operator op : kShared) {
      if (knob_of(config_.partition, op) > 0) continue;
      const std::vector<int> sizes = sizes_of(shape_, p, op);
      auto next = std::upper_bound(sizes.begin(), sizes.end(), tiles_of(p, op));
      for (std::size_t ahead = 0; ahead < kLookAhead && next != sizes.end(); ++ahead, ++next) {
        Partition trial = p;
        tiles_of(trial, op) = *next;
        const int tiles = partition_tiles(shape_, trial);
        if (tiles > limit) break;
        settle(shape_, trial);
        trial.cycles = token_cycles(shape_, trial);
        const double gain = (p.cycles - trial.cycles) / (tiles - partition_tiles(shape_, p));
        if (gain <= best_gain || !fits(trial)) continue;
        best_gain = gain;
        best = trial;
      }
    }
    if (best_gain <= least_gain) return p;
    p = best;
  }
}

}  // namespace

const int& count_of(const Partition& p, Operator op) {
  switch (op) {
    case Operator::kEmbedding:
      return p.embedding;
    case Operator::kRope:
      return p.rope;
    case Operator::kQkv:
      return p.qkv;
    case Operator::kAttention:
      return p.attention;
    case Operator::kOutput:
      return p.output;
    case Operator::kHidden:
      return p.hidden;
    case Operator::kDown:
      return p.down;
    case Operator::kLogits:
      return p.logits;
    default:
      return p.stripes;
  }
}

int tiles_of(const Partition& partition, Operator op) { return count_of(partition, op); }
int& tiles_of(Partition& partition, Operator op) { return const_cast<int&>(count_of(partition, op)); }

int partition_tiles(const ModelShape& shape, const Partition& p) {
  const int layer = p.qkv + p.attention + p.output + p.hidden + p.down;
  return p.embedding + p.rope + shape.stages * p.stripes + shape.config.layers * layer + p.logits + 1;
}

int operator_units(const ModelShape& shape, const Partition&, Operator op) {
  switch (op) {
    case Operator::kEmbedding:
      return shape.config.vocabulary;
    case Operator::kRope:
      return shape.context;
    case Operator::kQkv:
      return shape.qkv_groups;
    case Operator::kAttention:
      return shape.config.heads;
    case Operator::kOutput:
    case Operator::kDown:
      return 2 * shape.dim_blocks;
    case Operator::kHidden:
      return shape.hidden_blocks;
    case Operator::kLogits:
      return shape.vocabulary_groups;
    default:
      return shape.dim_blocks;
  }
}

int splits_of(const Partition& p, Operator op) {
  return op == Operator::kOutput ? p.output_splits : p.down_splits;
}

int row_tiles_of(const Partition& p, Operator op) { return tiles_of(p, op) / splits_of(p, op); }

int input_tiles_of(const Partition& p, Operator op) {
  if (op == Operator::kOutput) return p.attention;
  return p.hidden_apart ? p.hidden / 2 : p.hidden;
}

Share split_tiles(const Partition& p, Operator op, int split) {
  const int lead = op == Operator::kOutput ? p.output_lead : p.down_lead;
  if (split == 0) return {0, lead};
  Share tiles = share(input_tiles_of(p, op) - lead, splits_of(p, op) - 1, split - 1);
  tiles.first += lead;
  return tiles;
}

int most_split_tiles(const Partition& p, Operator op) {
  int most = 0;
  for (int split = 0; split < std::min(2, splits_of(p, op)); ++split)
    most = std::max(most, split_tiles(p, op, split).count);
  return most;
}

Share split_blocks(const ModelShape& shape, const Partition& p, Operator op, int split) {
  const Share tiles = split_tiles(p, op, split);
  const auto blocks_before = [&](int tile) {
    if (op == Operator::kDown) return share(shape.hidden_blocks, input_tiles_of(p, op), tile).first;
    return shape.head_blocks * (tile == p.attention ? shape.config.heads : query_heads(shape, p, tile).first);
  };
  const int first = blocks_before(tiles.first);
  return {first, blocks_before(tiles.first + tiles.count) - first};
}

Share query_heads(const ModelShape& shape, const Partition& p, int tile) {
  const int tiles_per_head = p.attention / shape.config.kv_heads;
  Share heads = share(shape.group(), tiles_per_head, tile % tiles_per_head);
  heads.first += tile / tiles_per_head * shape.group();
  return heads;
}

int qkv_piece_rows(const ModelShape& shape, const Partition& partition) {
  return std::min(shape.head_length, kGroupRows * partition.qkv_unit);
}

void settle(const ModelShape& shape, Partition& p) {
  p.qkv_unit = best_qkv_unit(shape, p.qkv);
  p.key_value_multicast = p.attention > shape.config.kv_heads && key_value_heads_are_whole(shape, p);
  p.hidden_apart = p.hidden > shape.hidden_blocks;
  settle_splits(shape, p, Operator::kOutput);
  settle_splits(shape, p, Operator::kDown);
}

Partition choose_partition(const ModelShape& shape, const WaferConfig& config, int tiles, int wanted) {
  const int knob = config.partition.stripes;
  if (knob > shape.dim_blocks)
    fail(ErrorKind::kConfig, "partition.stripes is {}, should be at most {} for this model", knob,
         shape.dim_blocks);
  Chooser chooser(shape, config);
  std::optional<Partition> best;
  std::string problem;
  int fewest = 0;
  for (int stripes = knob > 0 ? knob : 1;
       stripes <= (knob > 0 ? knob : std::min(kMostStripes, shape.dim_blocks)); ++stripes) {
    const std::optional<Partition> smallest = chooser.smallest(stripes);
    if (!smallest) {
      problem = chooser.problem();  // of the most stripes: what is left when x is cut as fine as it can be
      continue;
    }
    const int needed = partition_tiles(shape, *smallest);
    fewest = fewest == 0 ? needed : std::min(fewest, needed);
    if (needed > tiles) continue;
    const Partition improved = chooser.improve(*smallest, std::min(tiles, std::max(wanted, needed)));
    // More tiles than wanted are taken only where no partition does with fewer.
    const auto rank = [&](const Partition& p) {
      return std::pair(std::max(0, partition_tiles(shape, p) - wanted), p.cycles);
    };
    if (!best || rank(improved) < rank(*best)) best = improved;
  }
  if (!best && fewest > 0)
    fail(ErrorKind::kCapacity,
         "tiles: the model needs at least {}, {} more than the {} that are live and connected", fewest,
         fewest - tiles, tiles);
  if (!best) fail(ErrorKind::kCapacity, "{}", problem);
  if (config.slots == 0) best->slots = slots_that_fit(shape, *best, config.in_flight);
  return *best;
}

bool save_colors(const ModelShape& shape, const WaferConfig& config, Partition& partition) {
  Partition saved = partition;
  const auto copies_save = [&](Operator op) {
    const int row_tiles = row_tiles_of(partition, op);
    return most_split_tiles(partition, op) > row_tiles && row_tiles <= kMostCopies;
  };
  saved.attention_merges |= copies_save(Operator::kOutput);
  saved.hidden_merges |= copies_save(Operator::kDown);
  const bool changed =
      saved.attention_merges != partition.attention_merges || saved.hidden_merges != partition.hidden_merges;
  if (!changed || !Chooser(shape, config).fits(saved)) return false;
  partition = saved;
  partition.cycles = token_cycles(shape, partition);
  return true;
}

std::string describe(const Partition& p) {
  const auto split_text = [](int splits) {
    return splits == 1 ? std::string() : fmt::format(" (inputs in {} parts)", splits);
  };
  return fmt::format(
      "partition: embedding {}, rope {}, stripes {}, qkv {}, attention {}, output {}{}, hidden {}{}, down "
      "{}{}, "
      "logits {}; k and v {}, heads {}, hidden {}; {} slots; predicted {:.0f} cycles a token\n",
      p.embedding, p.rope, p.stripes, p.qkv, p.attention, p.output, split_text(p.output_splits), p.hidden,
      p.hidden_apart ? " (gate and up apart)" : "", p.down, split_text(p.down_splits), p.logits,
      p.key_value_multicast ? "multicast" : "merge", p.attention_merges ? "merge" : "multicast",
      p.hidden_merges ? "merge" : "multicast", p.slots, p.cycles);
}

}  // namespace tessera
