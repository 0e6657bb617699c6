// The operations of docs/numerics.md as lists of descriptors, the way kernels write them, against the golden
// model.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/golden/attention.h"
#include "host/golden/linear.h"
#include "host/golden/norm.h"
#include "host/numerics/numerics.h"
#include "tests/rtl/vector/scenario.h"

namespace tessera::rtl {
namespace {

int between(std::mt19937_64& random, int low, int high) {
  return low + static_cast<int>(random() % static_cast<uint64_t>(high - low + 1));
}

template <typename T>
std::vector<T> random_values(std::mt19937_64& random, size_t count, int low, int high) {
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(between(random, low, high));
  return values;
}

// A map descriptor of accumulators from an entry on.
MapDescriptor of_acc(MapOperation operation, uint32_t entry, uint32_t count) {
  MapDescriptor d = map_descriptor(operation, count);
  d.a_where = kWhereAcc;
  d.a_size = kSize32;
  d.a_address = entry;
  return d;
}

MapDescriptor of_sram(MapOperation operation, uint32_t address, uint32_t size, uint32_t count) {
  MapDescriptor d = map_descriptor(operation, count);
  d.a_where = kWhereSram;
  d.a_size = size;
  d.a_address = address;
  return d;
}

void to_sram(MapDescriptor& d, uint32_t address, uint32_t size) {
  d.out_where = kWhereSram;
  d.out_address = address;
  d.out_size = size;
}

// BFP8 of `count` elements in SRAM whose maximum has just been found: int8 elements, and a byte.
MapDescriptor bfp8_of(MapDescriptor d, int fraction_bits, uint32_t out, uint32_t exponent) {
  d.operation = kMapNorm;
  d.mode = kNormBfp8;
  d.inner_width = 8;
  d.offset_low = static_cast<uint16_t>(-fraction_bits);
  d.offset_high = exponent;
  to_sram(d, out, kSize8);
  return d;
}

// ---------------------------------------------------------------- linear

struct LinearCase {
  int rows, columns, fraction, bits;
  bool from_color;  // x arrives block by block
};

class LinearProgram : public testing::TestWithParam<LinearCase> {};

TEST_P(LinearProgram, EqualsTheGoldenModel) {
  constexpr uint32_t kX = 0, kExponents = 0x200, kMultipliers = 0x400, kShifts = 0x600, kBias = 0x800,
                     kResult = 0xa00;
  constexpr uint32_t kWeights = 0x1000, kSums = 4;  // running sums: entries 4 to 7
  const LinearCase& p = GetParam();
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    Scenario scenario(seed, seed % 2 == 0 ? kSomeStalls : StallRates{});
    auto& random = scenario.random;
    QuantizedLinear linear{
        .rows = p.rows, .columns = p.columns, .weights = {}, .multiplier = {}, .shift = {}, .bias = {}};
    linear.weights = random_values<int8_t>(random, p.rows * p.columns, -127, 127);
    linear.multiplier = random_values<uint16_t>(random, p.rows, 1 << 14, (1 << 15) - 1);
    linear.shift = random_values<int8_t>(random, p.rows, 15, 30);
    linear.bias = random_values<int32_t>(random, p.rows, -(1 << 20), 1 << 20);
    Tensor x;
    std::vector<BlockRange> blocks;
    for (int begin = 0; begin < p.columns; begin += kBlock) {
      blocks.push_back({begin, std::min(kBlock, p.columns - begin)});
      x.exponents.push_back(between(random, -16, 0));
    }
    const auto elements = random_values<int8_t>(random, p.columns, -127, 127);
    x.values.assign(elements.begin(), elements.end());
    for (int& value : x.values)
      if (between(random, 0, 9) == 0) value = 0;

    // Memory: weights by block, group of 16 rows, input.
    const int groups = p.rows / 16;
    uint32_t address = kWeights;
    for (const BlockRange& block : blocks) {
      for (int row = 0; row < p.rows; row += 16) {
        for (int k = 0; k < block.length; ++k) {
          for (int m = 0; m < 16; ++m, ++address)
            scenario.oracle.sram.at(address) = linear.weights[(row + m) * p.columns + block.begin + k];
        }
      }
    }
    scenario.store<int8_t>(kX, std::vector<int8_t>(x.values.begin(), x.values.end()));
    scenario.store<int8_t>(kExponents, std::vector<int8_t>(x.exponents.begin(), x.exponents.end()));
    scenario.store<int16_t>(kMultipliers,
                            std::vector<int16_t>(linear.multiplier.begin(), linear.multiplier.end()));
    scenario.store<int8_t>(kShifts, linear.shift);
    scenario.store<int32_t>(kBias, linear.bias);

    std::vector<Descriptor> list;
    for (size_t b = 0; b < blocks.size(); ++b) {
      MacDescriptor mac = mac_descriptor(blocks[b].length, groups);
      mac.entry = b % 2 * 8;
      mac.weight_address = kWeights + p.rows * blocks[b].begin;
      mac.group_stride = blocks[b].length;
      mac.x_address = kX + blocks[b].begin;
      if (p.from_color) {
        mac.x_where = kWhereColor;
        mac.x_address = 2 + b % 3;
        Message message{0};
        for (int k = 0; k < blocks[b].length; k += 4) {
          uint32_t word = 0;
          for (int i = 0; i < 4; ++i)
            word |= uint32_t{static_cast<uint8_t>(x.values[blocks[b].begin + k + i])} << (8 * i);
          message.push_back(word);
        }
        message.push_back(static_cast<uint32_t>(x.exponents[b]));
        scenario.deliver(mac.x_address, message);
      }
      list.push_back(mac);

      MapDescriptor rescale = of_acc(kMapMulq, mac.entry, p.rows);
      rescale.acc_wait = rescale.acc_release = 1;
      rescale.b_vector = 1;
      rescale.b_value = kMultipliers;
      rescale.shift = static_cast<uint16_t>(-16);
      rescale.shift_mode = kShiftPlus;
      rescale.shift_address = kShifts;
      rescale.shift_subtract = p.from_color ? kSubtractTail : kSubtractByte;
      rescale.shift_subtract_address = kExponents + b;
      rescale.inner_width = 32;
      rescale.c_where = b == 0 ? kWhereSram : kWhereAcc;
      rescale.c_size = kSize32;
      rescale.c_address = b == 0 ? kBias : kSums;
      rescale.out_where = kWhereAcc;
      rescale.out_address = kSums;
      list.push_back(rescale);
    }
    MapDescriptor finish = of_acc(kMapMulq, kSums, p.rows);
    finish.b_value = 1;
    finish.shift = 16 - p.fraction;
    finish.inner_width = p.bits;
    to_sram(finish, kResult, kSize32);
    list.push_back(finish);
    scenario.run(list);

    std::vector<int32_t> expected;
    tessera::linear(linear, x, blocks, p.fraction, p.bits, expected);
    ASSERT_EQ(scenario.load<int32_t>(kResult, p.rows), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearProgram,
                         testing::Values(LinearCase{64, 128, 16, 32, false},
                                         LinearCase{48, 160, 9, 16, false}, LinearCase{16, 80, 10, 16, false},
                                         LinearCase{16, 128, 16, 32, true}));

// ---------------------------------------------------------------- norm

TEST(NormProgram, EqualsTheGoldenModel) {
  constexpr uint32_t kX = 0, kGains = 0x1000, kU = 0x2000, kResult = 0x3000, kExponents = 0x3800;
  constexpr int kElements = 32 * 5 + 16;  // the last block is shorter
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Scenario scenario(seed, seed % 2 == 0 ? kSomeStalls : StallRates{});
    auto& random = scenario.random;
    QuantizedNorm weights;
    weights.gain = random_values<int16_t>(random, kElements, -32767, 32767);
    weights.gain_exponent = between(random, -5, 20);
    weights.epsilon = 12345;
    const int magnitude = (1 << between(random, 0, 26)) - 1;
    const auto x = random_values<int32_t>(random, kElements, -magnitude, magnitude);
    scenario.store<int32_t>(kX, x);
    scenario.store<int16_t>(kGains, weights.gain);

    MapDescriptor squares = of_sram(kMapAdd, kX, kSize32, kElements);
    squares.outer_width = 27;
    squares.reduce = kReduceSumSquares;
    scenario.run(squares);
    const NormFactor factor = norm_factor(scenario.oracle.reductions.sum + weights.epsilon);

    std::vector<Descriptor> list;
    for (int begin = 0; begin < kElements; begin += kBlock) {
      const int length = std::min(kBlock, kElements - begin);
      MapDescriptor u = of_sram(kMapMulq, kX + 4 * begin, kSize32, length);
      u.b_vector = 1;
      u.b_value = kGains + 2 * begin;
      u.shift = 15;
      u.reduce = kReduceMaxMagnitude;
      to_sram(u, kU, kSize32);
      MapDescriptor q = of_sram(kMapNorm, kU, kSize32, length);
      q.mode = kNormRms;
      q.b_value = static_cast<uint32_t>(factor.inv);
      q.inner_width = 8;
      q.offset_low = static_cast<uint16_t>(15 - weights.gain_exponent - 31 - factor.half_exponent);
      q.offset_high = kExponents + begin / kBlock;
      to_sram(q, kResult + begin, kSize8);
      list.push_back(u);
      list.push_back(q);
    }
    scenario.run(list);

    Tensor expected;
    std::vector<uint64_t> sums;
    block_squares(x, sums);
    norm(weights, x, sums, expected);
    const auto q = scenario.load<int8_t>(kResult, kElements);
    ASSERT_EQ(std::vector<int32_t>(q.begin(), q.end()), expected.values);
    const auto exponents = scenario.load<int8_t>(kExponents, expected.exponents.size());
    ASSERT_EQ(std::vector<int>(exponents.begin(), exponents.end()), expected.exponents);
  }
}

// ---------------------------------------------------------------- attention

class AttentionProgram : public testing::TestWithParam<int> {};  // head_dim

// One head: scores, softmax weights, weighted values, MX. Keys lie in panels of 16 tokens, element by
// element, values token by token, so that each is a weight matrix.
TEST_P(AttentionProgram, EqualsTheGoldenModel) {
  constexpr uint32_t kQuery = 0, kKeyExponents = 0x100, kValueExponents = 0x200, kScores = 0x400,
                     kSoftmaxWeights = 0x800;
  constexpr uint32_t kKeys = 0x1000, kValues = 0x3000, kResult = 0x5000, kMx = 0x5400, kMxExponents = 0x5500;
  const int head_dim = GetParam();
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Scenario scenario(seed, seed % 2 == 0 ? kSomeStalls : StallRates{});
    auto& random = scenario.random;
    const int tokens = between(random, 1, 128);
    const int panels = (tokens + 15) / 16;
    QuantizedModel model;
    model.attention_scale = between(random, 1 << 14, (1 << 15) - 1);
    model.attention_shift = between(random, 15, 19);
    const auto query = random_values<int8_t>(random, head_dim, -127, 127);
    const int query_exponent = between(random, -9, -6);
    KvCache cache;
    cache.keys = random_values<int8_t>(random, tokens * head_dim, -127, 127);
    cache.values = random_values<int8_t>(random, tokens * head_dim, -127, 127);
    cache.key_exponents = random_values<int8_t>(random, tokens, -12, -7);
    cache.value_exponents = random_values<int8_t>(random, tokens, -9, -4);
    for (int u = 0; u < tokens; ++u) {
      for (int k = 0; k < head_dim; ++k)
        scenario.oracle.sram.at(kKeys + 16 * (u / 16 * head_dim + k) + u % 16) = cache.keys[u * head_dim + k];
    }
    scenario.store<int8_t>(kQuery, query);
    scenario.store<int8_t>(kValues, cache.values);
    scenario.store<int8_t>(kKeyExponents, cache.key_exponents);
    scenario.store<int8_t>(kValueExponents, cache.value_exponents);

    MacDescriptor dot = mac_descriptor(head_dim, panels);
    dot.x_address = kQuery;
    dot.weight_address = kKeys;
    dot.group_stride = head_dim;
    MapDescriptor scores = of_acc(kMapMulq, 0, tokens);
    scores.acc_wait = scores.acc_release = 1;
    scores.b_value = model.attention_scale;
    scores.shift = static_cast<uint16_t>(model.attention_shift - 8 - query_exponent);
    scores.shift_mode = kShiftMinus;
    scores.shift_address = kKeyExponents;
    scores.inner_width = 30;
    scores.clamp_power = 1;
    scores.reduce = kReduceMaxIndex;
    to_sram(scores, kScores, kSize32);
    MapDescriptor weights = of_sram(kMapExpw, kScores, kSize32, tokens);
    const int largest = *std::max_element(cache.value_exponents.begin(), cache.value_exponents.end());
    weights.shift = static_cast<uint16_t>(largest);
    weights.shift_mode = kShiftMinus;
    weights.shift_address = kValueExponents;
    weights.reduce = kReduceSum;
    to_sram(weights, kSoftmaxWeights, kSize16);
    scenario.run(std::vector<Descriptor>{dot, scores, weights});

    // What the core does: the reciprocal of the sum.
    const uint64_t sum = scenario.oracle.reductions.sum;
    const int kk = bit_length(sum) - 16;
    const uint64_t reciprocal = (uint64_t{1} << 31) / (kk >= 0 ? sum >> kk : sum << -kk);

    std::vector<Descriptor> list;
    MacDescriptor values = mac_descriptor(tokens, head_dim / 16);
    values.x_wide = 1;
    values.x_address = kSoftmaxWeights;
    values.weight_address = kValues;
    values.weight_stride = head_dim / 16;
    values.group_stride = 1;
    list.push_back(values);
    for (int begin = 0; begin < head_dim; begin += kBlock) {
      const int length = std::min(kBlock, head_dim - begin);
      MapDescriptor mean = of_acc(kMapMulq, begin / 16, length);
      mean.acc_wait = mean.acc_release = 1;
      mean.b_value = static_cast<uint32_t>(reciprocal);
      mean.shift = static_cast<uint16_t>(31 + kk - largest - 12);
      mean.inner_width = 31;
      mean.reduce = kReduceMaxMagnitude;
      to_sram(mean, kResult + 4 * begin, kSize32);
      list.push_back(mean);
      list.push_back(bfp8_of(of_sram(kMapNorm, kResult + 4 * begin, kSize32, length), 12, kMx + begin,
                             kMxExponents + begin / kBlock));
    }
    scenario.run(list);

    const HeadCache head{cache.keys.data(),
                         cache.values.data(),
                         cache.key_exponents.data(),
                         cache.value_exponents.data(),
                         head_dim,
                         1,
                         tokens};
    std::vector<int32_t> expected_scores(tokens), expected(head_dim), q(head_dim);
    head_scores(model, std::vector<int32_t>(query.begin(), query.end()), query_exponent, head,
                expected_scores);
    ASSERT_EQ(scenario.load<int32_t>(kScores, tokens), expected_scores);
    head_attention(expected_scores, head, expected);
    ASSERT_EQ(scenario.load<int32_t>(kResult, head_dim), expected);
    std::vector<int> exponents(mx_blocks(head_dim));
    mx(expected, 12, q, exponents);
    const auto got = scenario.load<int8_t>(kMx, head_dim);
    ASSERT_EQ(std::vector<int32_t>(got.begin(), got.end()), q);
    const auto got_exponents = scenario.load<int8_t>(kMxExponents, exponents.size());
    ASSERT_EQ(std::vector<int>(got_exponents.begin(), got_exponents.end()), exponents);
  }
}

INSTANTIATE_TEST_SUITE_P(HeadDims, AttentionProgram, testing::Values(16, 32, 48, 64));

// ---------------------------------------------------------------- SwiGLU

TEST(SwigluProgram, EqualsTheGoldenModel) {
  constexpr uint32_t kGate = 0, kUp = 0x1000, kHidden = 0x2000, kResult = 0x3000, kExponents = 0x3800;
  constexpr int kElements = 32 * 7;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    Scenario scenario(seed, seed % 2 == 0 ? kSomeStalls : StallRates{});
    const int magnitude = 1 << between(scenario.random, 4, 15);
    const auto gate = random_values<int16_t>(scenario.random, kElements, -magnitude, magnitude - 1);
    const auto up = random_values<int16_t>(scenario.random, kElements, -magnitude, magnitude - 1);
    scenario.store<int16_t>(kGate, gate);
    scenario.store<int16_t>(kUp, up);
    std::vector<Descriptor> list;
    for (int begin = 0; begin < kElements; begin += kBlock) {
      MapDescriptor hidden = of_sram(kMapGate, kGate + 2 * begin, kSize16, kBlock);
      hidden.b_vector = 1;
      hidden.b_value = kUp + 2 * begin;
      hidden.reduce = kReduceMaxMagnitude;
      to_sram(hidden, kHidden, kSize32);
      list.push_back(hidden);
      list.push_back(bfp8_of(of_sram(kMapNorm, kHidden, kSize32, kBlock), 20, kResult + begin,
                             kExponents + begin / kBlock));
    }
    scenario.run(list);

    std::vector<int32_t> hidden(kElements), q(kElements);
    for (int i = 0; i < kElements; ++i) hidden[i] = gated_hidden(gate[i], up[i]);
    std::vector<int> exponents(mx_blocks(kElements));
    mx(hidden, 20, q, exponents);
    const auto got = scenario.load<int8_t>(kResult, kElements);
    ASSERT_EQ(std::vector<int32_t>(got.begin(), got.end()), q);
    const auto got_exponents = scenario.load<int8_t>(kExponents, exponents.size());
    ASSERT_EQ(std::vector<int>(got_exponents.begin(), got_exponents.end()), exponents);
  }
}

// ---------------------------------------------------------------- RoPE

TEST(RopeProgram, EqualsTheGoldenModel) {
  constexpr uint32_t kVector = 0, kRow = 0x400, kResult = 0x800;
  constexpr int kPairs = 24;
  Scenario scenario(1);
  QuantizedModel model;
  model.config.heads = 1;
  model.config.dim = 2 * kPairs;
  model.rope_cosine = random_values<int16_t>(scenario.random, kPairs, -16384, 16384);
  model.rope_sine = random_values<int16_t>(scenario.random, kPairs, -16384, 16384);
  const auto vector = random_values<int16_t>(scenario.random, 2 * kPairs, -32767, 32767);
  std::vector<int16_t> row;
  for (int i = 0; i < kPairs; ++i) {
    row.push_back(model.rope_cosine[i]);
    row.push_back(model.rope_sine[i]);
  }
  scenario.store<int16_t>(kVector, vector);
  scenario.store<int16_t>(kRow, row);
  MapDescriptor d = of_sram(kMapRot, kVector, kSize16, 2 * kPairs);
  d.mode = kRotAdjacent;
  d.b_vector = 1;
  d.b_value = kRow;
  to_sram(d, kResult, kSize16);
  scenario.run(d);

  std::vector<int32_t> expected;
  rotate(model, 0, std::vector<int32_t>(vector.begin(), vector.end()), expected);
  const auto got = scenario.load<int16_t>(kResult, 2 * kPairs);
  EXPECT_EQ(std::vector<int32_t>(got.begin(), got.end()), expected);
}

}  // namespace
}  // namespace tessera::rtl
