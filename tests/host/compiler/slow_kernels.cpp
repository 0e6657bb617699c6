// What each kernel computes, from its parameters and its SRAM. The part of `header` is the join that
// completed.
#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>

#include "firmware/parameters.h"
#include "host/golden/formats.h"
#include "host/numerics/numerics.h"
#include "host/numerics/tables.h"
#include "tests/host/compiler/slow_wafer.h"

namespace tessera {
namespace {

using namespace firmware;
using Words = std::vector<std::uint32_t>;

rtl::Header fields(std::uint32_t header) { return std::bit_cast<rtl::Header>(header); }

Words words_of(const std::vector<std::int32_t>& values) { return {values.begin(), values.end()}; }

// int8 or int16 elements, packed little-endian.
Words packed(const std::vector<std::int32_t>& values, int bits) {
  const int per_word = 32 / bits;
  Words words((values.size() + per_word - 1) / per_word, 0);
  for (size_t i = 0; i < values.size(); ++i)
    words[i / per_word] |= (static_cast<std::uint32_t>(values[i]) & ((1u << bits) - 1))
                           << (bits * (i % per_word));
  return words;
}

Words mx_block(std::vector<std::int32_t> values, int fraction) {
  const int exponent = bfp8(values, fraction, values);
  Words words = packed(values, 8);
  words.push_back(static_cast<std::uint32_t>(exponent));
  return words;
}

void send_block(SlowWafer& wafer, const SlowTile& tile, const mx_send_t& mx, int part, const Words& words) {
  for (int i = 0; i < mx.count; ++i) wafer.send(tile, mx.color[i], part, words);
}

struct Matrix {
  std::uint32_t blocks, block_length, groups, x, weights, multipliers, shifts, biases;
};

// Section "Linear" of docs/numerics.md: the sums of all rows.
std::vector<std::int32_t> sums(const SlowTile& tile, const Matrix& m) {
  std::vector<std::int32_t> result;
  const std::uint32_t columns = m.blocks * m.block_length;
  for (std::uint32_t row = 0; row < 16 * m.groups; ++row) {
    std::uint32_t sum = m.biases == 0 ? 0 : tile.load<std::uint32_t>(m.biases + 4 * row);
    for (std::uint32_t block = 0; block < m.blocks; ++block) {
      const std::uint32_t x = m.x + block * mx_stride(m.block_length);
      std::int64_t acc = 0;
      for (std::uint32_t k = 0; k < m.block_length; ++k)
        acc += tile.load<std::int8_t>(m.weights + 16 * (row / 16 * columns + block * m.block_length + k) +
                                      row % 16) *
               tile.load<std::int8_t>(x + k);
      const int shift =
          tile.load<std::int8_t>(m.shifts + row) - tile.load<std::int8_t>(x + m.block_length) - 16;
      sum += static_cast<std::uint32_t>(
          sat(rsh(acc * tile.load<std::int16_t>(m.multipliers + 2 * row), shift), 32));
    }
    result.push_back(static_cast<std::int32_t>(sum));
  }
  return result;
}

void run_embedding(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<embedding_parameters_t>(PARAMETER_ADDRESS);
  const std::uint32_t row =
      tile.load<std::uint32_t>(p.token_address + fields(header).tag * p.token_tag_stride) - p.first_row;
  if (row >= p.row_count) return;
  const int multiplier = tile.load<std::int16_t>(p.multiplier_address + 2 * row);
  const int shift = tile.load<std::int8_t>(p.shift_address + row) - 16;
  for (int i = 0; i < p.stripes; ++i) {
    std::vector<std::int32_t> x;
    for (int column = p.stripe[i].first; column < p.stripe[i].first + p.stripe[i].count; ++column) {
      const std::int64_t weight = tile.load<std::int8_t>(p.weight_address + row * p.row_bytes + column);
      x.push_back(static_cast<std::int32_t>(sat(rsh(weight * multiplier, shift), kResidualBits)));
    }
    wafer.send(tile, p.stripe[i].color, p.stripe[i].part, words_of(x));
  }
}

void run_rope(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<rope_parameters_t>(PARAMETER_ADDRESS);
  const std::uint32_t row = fields(header).position - p.first_position;
  if (row >= p.position_count) return;
  Words words;
  for (std::uint32_t at = 0; at < p.row_bytes; at += 4)
    words.push_back(tile.load<std::uint32_t>(p.table_address + row * p.row_bytes + at));
  wafer.send(tile, p.color, 0, words);
}

std::uint64_t own_squares(const SlowTile& tile, const stripe_parameters_t& p, std::uint32_t x) {
  std::uint64_t sum = 0;
  for (int i = 0; i < 32 * p.blocks; ++i) {
    const std::int64_t value = tile.load<std::int32_t>(x + 4 * i);
    sum += static_cast<std::uint64_t>(value * value);
  }
  return sum;
}

void send_norm(SlowWafer& wafer, SlowTile& tile, const stripe_parameters_t& p, std::uint32_t tag) {
  const std::uint32_t x = p.x_address + tag * p.x_tag_stride;
  std::uint64_t sum = own_squares(tile, p, x) + (std::uint64_t{p.epsilon_high} << 32 | p.epsilon_low);
  for (int i = 0; i < p.sisters; ++i)
    sum += tile.load<std::uint64_t>(p.squares_address + tag * p.squares_tag_stride + 16 * i);
  int k = bit_length(sum) - 32;
  k += k & 1;
  const std::int64_t inverse = (std::int64_t{1} << 31) / isqrt(k >= 0 ? sum >> k : sum << -k);
  for (int block = 0; block < p.blocks; ++block) {
    std::vector<std::int64_t> u;
    std::uint64_t largest = 0;
    for (int i = 32 * block; i < 32 * block + 32; ++i) {
      u.push_back(rsh(
          std::int64_t{tile.load<std::int32_t>(x + 4 * i)} * tile.load<std::int16_t>(p.gain_address + 2 * i),
          15));
      largest = std::max(largest, magnitude(u.back()));
    }
    const int t = std::max(0, bit_length(largest) - 14);
    const std::int64_t most = std::min<std::int64_t>(rsh(static_cast<std::int64_t>(largest), t), 16383);
    const int s = std::max(0, bit_length(static_cast<std::uint64_t>(most * inverse)) - 7);
    std::vector<std::int32_t> q;
    for (const std::int64_t value : u)
      q.push_back(static_cast<std::int32_t>(
          sat(rsh(std::clamp<std::int64_t>(rsh(value, t), -16383, 16383) * inverse, s), 8)));
    Words words = packed(q, 8);
    words.push_back(static_cast<std::uint32_t>(s + t + p.exponent - k / 2));
    wafer.send(tile, p.mx_color, p.first_block + block, words);
  }
  if (!p.forward) return;
  Words words;
  for (int i = 0; i < 32 * p.blocks; ++i) words.push_back(tile.load<std::uint32_t>(x + 4 * i));
  wafer.send(tile, p.forward_color, p.forward_part, words);
}

void run_stripe(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<stripe_parameters_t>(PARAMETER_ADDRESS);
  const std::uint32_t tag = fields(header).tag;
  const std::uint32_t x = p.x_address + tag * p.x_tag_stride;
  // Which of the two joins completed first is not fixed; the norm follows the second.
  const std::uint32_t state = tile.load<std::uint32_t>(rtl::kSramBytes - 4);
  const bool waiting = state == 1;
  if (fields(header).part == TOKEN_JOIN) {
    for (int i = 0; p.y_address != 0 && i < 32 * p.blocks; ++i) {
      const std::int64_t y = tile.load<std::int32_t>(p.y_address + tag * p.y_tag_stride + 4 * i);
      tile.store(x + 4 * i,
                 static_cast<std::int32_t>(sat(tile.load<std::int32_t>(x + 4 * i) + y, kResidualBits)));
    }
    if (p.sisters > 0) {
      const std::uint64_t own = own_squares(tile, p, x);
      wafer.send(tile, p.squares_color, p.squares_part,
                 {static_cast<std::uint32_t>(own), static_cast<std::uint32_t>(own >> 32)});
    }
  }
  if (p.sisters == 0 || waiting) {
    tile.store<std::uint32_t>(rtl::kSramBytes - 4, 0);
    send_norm(wafer, tile, p, tag);
  } else {
    tile.store<std::uint32_t>(rtl::kSramBytes - 4, 1);
  }
}

std::int32_t sigmoid(std::int32_t gate) {
  const auto& table = sigmoid_table();
  const int a = std::abs(gate);
  const int index = a >> 5;
  int value = table[256];
  if (index < 256) value = table[index] + (((table[index + 1] - table[index]) * (a & 31)) >> 5);
  return gate < 0 ? 32768 - value : value;
}

// True when both joins of a kernel have completed, in whatever order; the last word of SRAM remembers one.
bool both_joined(SlowTile& tile) {
  const std::uint32_t state = tile.load<std::uint32_t>(rtl::kSramBytes - 4);
  tile.store<std::uint32_t>(rtl::kSramBytes - 4, state == 1 ? 0 : 1);
  return state == 1;
}

void run_linear(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<linear_parameters_t>(PARAMETER_ADDRESS);
  const std::uint32_t tag = fields(header).tag;
  if ((p.kind == LINEAR_GATE || p.partials > 0) && !both_joined(tile)) return;
  std::vector<std::int32_t> rows =
      sums(tile, {p.blocks, p.block_length, p.groups, p.x_address + tag * p.x_tag_stride, p.weight_address,
                  p.multiplier_address, p.shift_address, p.bias_address});
  const std::uint32_t sister = p.sister_address + tag * p.sister_tag_stride;
  for (std::uint32_t i = 0; i < p.partials * rows.size(); ++i) {
    std::int32_t& row = rows[i % rows.size()];
    row =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(row) + tile.load<std::uint32_t>(sister + 4 * i));
  }
  const auto narrow = [&](std::int32_t sum) {
    return static_cast<std::int32_t>(sat(rsh(sum, p.result_shift), 16));
  };
  if (p.kind == LINEAR_HIDDEN || p.kind == LINEAR_GATE) {
    const bool apart = p.kind == LINEAR_GATE;
    const int block_rows = apart ? 32 : 64;
    for (int block = 0; block < 16 * p.groups / block_rows; ++block) {
      std::vector<std::int32_t> hidden;
      for (int i = 0; i < 32; ++i) {
        const std::int32_t gate = narrow(rows[block_rows * block + i]);
        const std::int32_t up = apart ? tile.load<std::int16_t>(sister + 2 * (32 * block + i))
                                      : narrow(rows[64 * block + 32 + i]);
        hidden.push_back(static_cast<std::int32_t>(rsh(std::int64_t{gate} * sigmoid(gate), 15) * up));
      }
      send_block(wafer, tile, p.mx, p.first_part + block, mx_block(hidden, kHiddenFraction));
    }
    return;
  }
  for (int i = 0; i < p.sends; ++i) {
    const row_send_t& send = p.send[i];
    std::vector<std::int32_t> values(rows.begin() + send.first, rows.begin() + send.first + send.count);
    if (p.kind != LINEAR_ROWS16) {
      if (send.first % 16 != 0 || send.first / 64 != (send.first + send.count - 1) / 64)
        throw std::runtime_error("a message of rows lies in two chunks");
    }
    if (p.kind == LINEAR_ROWS32) {
      if (p.sum_width != 0)
        for (std::int32_t& value : values) value = static_cast<std::int32_t>(sat(value, p.sum_width));
      wafer.send(tile, send.color, send.part, words_of(values));
    } else {
      for (std::int32_t& value : values) value = narrow(value);
      wafer.send(tile, send.color, send.part, packed(values, 16));
    }
  }
}

std::vector<std::int32_t> rotated(const SlowTile& tile, std::uint32_t vector, std::uint32_t rope,
                                  int length) {
  std::vector<std::int32_t> result(length);
  for (int i = 0; i < length; i += 2) {
    const std::int64_t a = tile.load<std::int16_t>(vector + 2 * i),
                       b = tile.load<std::int16_t>(vector + 2 * i + 2);
    const std::int64_t c = tile.load<std::int16_t>(rope + 2 * i),
                       s = tile.load<std::int16_t>(rope + 2 * i + 2);
    result[i] = static_cast<std::int32_t>(sat(rsh(a * c - b * s, 14), 16));
    result[i + 1] = static_cast<std::int32_t>(sat(rsh(a * s + b * c, 14), 16));
  }
  return result;
}

// One head's output over the positions so far. Section "Attention" of docs/numerics.md.
std::vector<std::int32_t> attend(const SlowTile& tile, const attention_parameters_t& p,
                                 std::vector<std::int32_t> query, std::uint32_t slot, int positions) {
  const int exponent = bfp8(query, kQueryFraction, query);
  const std::uint32_t exponents = slot * p.exponent_stride;
  std::vector<std::int64_t> scores;
  int value_exponent = std::numeric_limits<int>::min();
  for (int u = 0; u < positions; ++u) {
    std::int64_t acc = 0;
    for (int k = 0; k < p.head_length; ++k)
      acc += query[k] * tile.load<std::int8_t>(p.key_cache_address + slot * p.key_cache_stride +
                                               (u / 16 * p.head_length + k) * 16 + u % 16);
    const int key_exponent = tile.load<std::int8_t>(p.key_exponent_address + exponents + u);
    scores.push_back(std::clamp<std::int64_t>(rsh(acc * p.scale, p.scale_shift - 8 - exponent - key_exponent),
                                              -(1 << 29), 1 << 29));
    value_exponent =
        std::max<int>(value_exponent, tile.load<std::int8_t>(p.value_exponent_address + exponents + u));
  }
  const std::int64_t largest = *std::max_element(scores.begin(), scores.end());
  std::uint64_t sum = 0;
  std::vector<std::int64_t> weights;
  for (int u = 0; u < positions; ++u) {
    const std::int64_t dl = largest - scores[u];
    const std::int64_t probability = dl >> 8 > 15 ? 0 : rsh(exp_table()[dl & 255], static_cast<int>(dl >> 8));
    sum += static_cast<std::uint64_t>(probability);
    const int shift = value_exponent - tile.load<std::int8_t>(p.value_exponent_address + exponents + u);
    weights.push_back(std::min<std::int64_t>(16383, rsh(probability, shift)));
  }
  const int kk = bit_length(sum) - 16;
  const auto reciprocal =
      static_cast<std::int64_t>((std::uint64_t{1} << 31) / (kk >= 0 ? sum >> kk : sum << -kk));
  std::vector<std::int32_t> output;
  for (int i = 0; i < p.head_length; ++i) {
    std::int64_t total = 0;
    for (int u = 0; u < positions; ++u)
      total += weights[u] * tile.load<std::int8_t>(p.value_cache_address + slot * p.value_cache_stride +
                                                   u * value_row_bytes(p.head_length) + i);
    output.push_back(static_cast<std::int32_t>(
        sat(rsh(total * reciprocal, 31 + kk - value_exponent - kAttentionFraction), kAttentionBits)));
  }
  return output;
}

void run_attention(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<attention_parameters_t>(PARAMETER_ADDRESS);
  const rtl::Header h = fields(header);
  const std::uint32_t rope = p.rope_address + h.tag * p.rope_tag_stride;
  const int position = static_cast<int>(h.position);
  if (h.slot >= p.slots || position >= p.context) throw std::runtime_error("a token beyond the cache");
  std::vector<std::int32_t> key =
      rotated(tile, p.key_address + h.tag * p.key_tag_stride, rope, p.head_length);
  std::vector<std::int32_t> value;
  for (int i = 0; i < p.head_length; ++i)
    value.push_back(tile.load<std::int16_t>(p.value_address + h.tag * p.value_tag_stride + 2 * i));
  const std::uint32_t exponent = h.slot * p.exponent_stride + position;
  tile.store(p.key_exponent_address + exponent, static_cast<std::int8_t>(bfp8(key, kQueryFraction, key)));
  tile.store(p.value_exponent_address + exponent,
             static_cast<std::int8_t>(bfp8(value, kQueryFraction, value)));
  for (int i = 0; i < p.head_length; ++i) {
    tile.store(p.key_cache_address + h.slot * p.key_cache_stride + (position / 16 * p.head_length + i) * 16 +
                   position % 16,
               static_cast<std::int8_t>(key[i]));
    tile.store(
        p.value_cache_address + h.slot * p.value_cache_stride + position * value_row_bytes(p.head_length) + i,
        static_cast<std::int8_t>(value[i]));
  }
  const int blocks = static_cast<int>(head_blocks(p.head_length));
  const int length = static_cast<int>(head_block_length(p.head_length));
  for (int head = 0; head < p.query_heads; ++head) {
    const std::uint32_t query = p.query_address + h.tag * p.query_tag_stride + 2 * p.head_length * head;
    std::vector<std::int32_t> output =
        attend(tile, p, rotated(tile, query, rope, p.head_length), h.slot, position + 1);
    for (int i = p.head_length; i < blocks * length; ++i)  // what the kernel never writes must be zero
      output.push_back(tile.load<std::int32_t>(p.output_address + 4 * i));
    for (int block = 0; block < blocks; ++block) {
      const std::vector<std::int32_t> part(output.begin() + block * length,
                                           output.begin() + (block + 1) * length);
      send_block(wafer, tile, p.mx[head], p.first_part + head * blocks + block,
                 mx_block(part, kAttentionFraction));
    }
  }
}

void run_logits(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<logits_parameters_t>(PARAMETER_ADDRESS);
  const std::uint32_t x = p.x_address + fields(header).tag * p.x_tag_stride;
  std::vector<std::int32_t> rows = sums(tile, {p.blocks, p.block_length, p.groups, x, p.weight_address,
                                               p.multiplier_address, p.shift_address, 0});
  rows.resize(p.row_count);
  for (std::int32_t& row : rows) row = static_cast<std::int32_t>(sat(row, 32));
  if (fields(header).flags & rtl::kHeaderFlagLogits) {
    for (size_t first = 0; first < rows.size(); first += 256)
      wafer.send(tile, p.logits_color, p.first_logits_part + static_cast<int>(first / 256),
                 words_of({rows.begin() + static_cast<std::ptrdiff_t>(first),
                           rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), first + 256))}));
  }
  const auto best = std::max_element(rows.begin(), rows.end());
  wafer.send(
      tile, p.winner_color, p.part,
      {static_cast<std::uint32_t>(*best), static_cast<std::uint32_t>(p.first_row + (best - rows.begin()))});
}

void run_argmax(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  const auto p = tile.load<argmax_parameters_t>(PARAMETER_ADDRESS);
  std::int32_t value = 0;
  std::uint32_t id = 0;
  for (int i = 0; i < p.tiles; ++i) {
    const std::uint32_t at = p.winner_address + fields(header).tag * p.winner_tag_stride + 16 * i;
    if (i > 0 && tile.load<std::int32_t>(at) <= value) continue;
    value = tile.load<std::int32_t>(at);
    id = tile.load<std::uint32_t>(at + 4);
  }
  wafer.send(tile, p.color, 0, {id, static_cast<std::uint32_t>(value)});
}

}  // namespace

void run_slow_kernel(SlowWafer& wafer, SlowTile& tile, std::uint32_t header) {
  if (tile.binary == "embedding") return run_embedding(wafer, tile, header);
  if (tile.binary == "rope") return run_rope(wafer, tile, header);
  if (tile.binary == "stripe") return run_stripe(wafer, tile, header);
  if (tile.binary == "linear") return run_linear(wafer, tile, header);
  if (tile.binary == "attention") return run_attention(wafer, tile, header);
  if (tile.binary == "logits") return run_logits(wafer, tile, header);
  if (tile.binary == "argmax") return run_argmax(wafer, tile, header);
  throw std::runtime_error("a message for a tile without a kernel");
}

}  // namespace tessera
