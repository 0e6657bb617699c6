#include "host/golden/golden.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "host/error/error.h"
#include "host/golden/evaluate.h"
#include "host/golden/linear.h"
#include "host/golden/norm.h"
#include "host/golden/sampling.h"
#include "host/model/tokenizer.h"
#include "host/numerics/numerics.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

// Shapes whose blocks, heads and groups all end unevenly.
const ModelConfig kShapes[] = {{40, 50, 2, 2, 1, 30, 12, false},   // head_dim 20, one KV head for two
                               {96, 100, 1, 2, 2, 30, 12, true},   // head_dim 48: blocks of 32 and 16
                               {144, 33, 1, 3, 3, 30, 12, false},  // heads that are no power of two
                               {64, 172, 2, 8, 4, 30, 12, true},   // head_dim 8: blocks shorter than 32
                               {2, 1, 1, 1, 1, 2, 3, true},        // as small as it gets
                               {256, 64, 1, 2, 1, 30, 12, true}};  // head_dim 128

TEST(Golden, KnownAnswer) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "stories260K.bin");
  TESSERA_REQUIRE_SHARED_MODEL(tokenizer_path, "tok512.bin");
  Golden golden(quantize(read_checkpoint(path)));
  const Tokenizer tokenizer = read_tokenizer(tokenizer_path, golden.config().vocabulary);
  std::vector<int> tokens = tokenizer.encode("Once upon a time");
  ASSERT_EQ(tokens, (std::vector<int>{1, 403, 407, 261, 378}));
  const std::size_t prompt = tokens.size();
  std::uint64_t hash = kFnvOffset;
  for (int position = 0; tokens.size() < prompt + 256; ++position) {
    golden.forward(0, position, tokens[position]);
    hash = fnv1a(std::as_bytes(golden.logits()), hash);
    if (position == 0) {
      EXPECT_EQ(hash, 0x45266121b93cb079u);
    }
    if (position + 1 == static_cast<int>(tokens.size())) tokens.push_back(argmax(golden.logits()));
  }
  const std::vector<int> first(tokens.begin() + prompt, tokens.begin() + prompt + 8);
  EXPECT_EQ(first, (std::vector<int>{432, 383, 286, 261, 376, 298, 315, 421}));
  EXPECT_EQ(hash, 0x8fa002e6dd0b8239u);
}

TEST(Golden, IsCloseToTheFloats) {
  const std::uint64_t seed = test_seed();
  for (const ModelConfig& config : kShapes) {
    const FloatModel model = random_model(config, seed);
    const EvaluationReport report = evaluate(model, sample_sequences(model, 8, config.context, seed));
    EXPECT_LT(report.kl_mean, 0.002) << "dim " << config.dim;
    EXPECT_GT(report.top1_agreement, 0.75) << "dim " << config.dim;
  }
}

TEST(Golden, TracesHaveTheirShapes) {
  for (const ModelConfig& config : kShapes) {
    Golden golden(quantize(random_model(config, 1)));
    golden.forward(0, 0, 1);
    const Trace& trace = golden.forward(0, 1, 0);
    EXPECT_EQ(trace.position, 1);
    EXPECT_EQ(trace.token, 0);
    for (int layer = 0; layer < config.layers; ++layer) {
      for (int op = 0; op < kOps; ++op) {
        const Tensor& tensor = trace.at(static_cast<Op>(op), layer);
        const char* name = op_name(static_cast<Op>(op));
        EXPECT_EQ(tensor.values.size(), static_cast<std::size_t>(op_elements(config, static_cast<Op>(op), 1)))
            << name;
        EXPECT_EQ(tensor.exponents.size(), block_ranges(config, static_cast<Op>(op)).size()) << name;
        for (const int exponent : tensor.exponents) EXPECT_TRUE(exponent >= -128 && exponent <= 127) << name;
      }
    }
  }
}

// Every activation follows from those before it, as a checker that recomputes a stripe would find.
TEST(Golden, TracesAreConsistent) {
  for (const ModelConfig& config : kShapes) {
    Golden golden(quantize(random_model(config, test_seed())));
    for (int position = 0; position < 3; ++position)
      golden.forward(0, position, position % config.vocabulary);
    const Trace& trace = golden.forward(0, 2, 1);
    const std::vector<BlockRange> hidden_blocks = block_ranges(config, Op::kHidden);
    for (int layer = 0; layer < config.layers; ++layer) {
      const Tensor& x = layer == 0 ? trace.at(Op::kEmbedding) : trace.at(Op::kFfnResidual, layer - 1);
      std::vector<std::uint64_t> squares;
      block_squares(x.values, squares);
      EXPECT_EQ(trace.squares_at(Op::kAttentionNorm, layer), squares);
      const QuantizedLinear& down = golden.model().layers[layer].down;
      for (int i = 0; i < config.dim; ++i) {
        const std::int64_t sum = std::int64_t{x.values[i]} + trace.at(Op::kAttentionOutput, layer).values[i];
        ASSERT_EQ(trace.at(Op::kAttentionResidual, layer).values[i], sat(sum, 27));
        const std::int32_t row = linear_partial(down, i, trace.at(Op::kHidden, layer), hidden_blocks, 0,
                                                static_cast<int>(hidden_blocks.size()));
        ASSERT_EQ(trace.at(Op::kDown, layer).values[i], sat(row, 32));
      }
      for (const auto& [op, input] :
           {std::pair(Op::kAttentionOutput, Op::kAttention), std::pair(Op::kDown, Op::kHidden)}) {
        const auto blocks = static_cast<int>(block_ranges(config, input).size());
        const int cut = blocks / 2;
        std::vector<std::int32_t> left(static_cast<std::size_t>(config.dim - 1)), right = left;
        partial_rows(golden.model(), trace, op, layer, 1, 0, cut, left);
        partial_rows(golden.model(), trace, op, layer, 1, cut, blocks, right);
        for (int i = 1; i < config.dim; ++i) {
          const auto sum = static_cast<std::uint32_t>(left[i - 1]) + static_cast<std::uint32_t>(right[i - 1]);
          ASSERT_EQ(trace.at(op, layer).values[i], sat(static_cast<std::int32_t>(sum), 32));
        }
      }
    }
  }
}

TEST(Golden, SlotsDoNotSeeEachOther) {
  const QuantizedModel model = quantize(random_model(kShapes[0], test_seed()));
  Golden together(model);
  Golden alone(model);
  for (int position = 0; position < 12; ++position) {
    together.forward(7, position, (position * 5) % 30);
    const std::vector<std::int32_t> expected =
        alone.forward(0, position, (position * 3) % 30).at(Op::kLogits).values;
    EXPECT_EQ(together.forward(3, position, (position * 3) % 30).at(Op::kLogits).values, expected);
  }
}

TEST(Golden, AnEarlierPositionForgetsWhatFollowed) {
  const QuantizedModel model = quantize(random_model(kShapes[0], test_seed()));
  Golden golden(model);
  for (int position = 0; position < 5; ++position) golden.forward(0, position, position);
  const std::vector<std::int32_t> again = golden.forward(0, 1, 20).at(Op::kLogits).values;
  Golden fresh(model);
  fresh.forward(0, 0, 0);
  EXPECT_EQ(fresh.forward(0, 1, 20).at(Op::kLogits).values, again);
  EXPECT_THROW(golden.forward(0, 3, 0), Error) << "position 2 is forgotten";
}

TEST(Golden, RefusesWhatIsOutOfRange) {
  Golden golden(quantize(random_model(kShapes[0], 1)));
  EXPECT_THROW(golden.forward(0, 0, -1), Error);
  EXPECT_THROW(golden.forward(0, 0, 30), Error);
  EXPECT_THROW(golden.forward(0, 1, 0), Error) << "nothing is at position 0 yet";
  EXPECT_THROW(golden.forward(0, -1, 0), Error);
  EXPECT_THROW(golden.forward(-1, 0, 0), Error);
  for (int position = 0; position < 12; ++position) golden.forward(0, position, 0);
  EXPECT_THROW(golden.forward(0, 12, 0), Error) << "the context ends";
}

TEST(Golden, RunsModelsOfZerosAndOfGiants) {
  for (const float scale : {0.0f, 1e-25f, 1e6f, 1e20f}) {
    FloatModel model = random_model(kShapes[0], 1);
    for (FloatLayer& layer : model.layers) {
      for (float& weight : layer.query) weight *= scale;
      for (float& weight : layer.down) weight *= scale;
      for (float& weight : layer.value) weight *= scale;
    }
    for (float& weight : model.token_embedding) weight *= scale;
    Golden golden(quantize(model));
    for (int position = 0; position < 12; ++position) golden.forward(0, position, position);
    for (const std::int32_t x : golden.forward(0, 11, 1).at(Op::kFfnResidual, 1).values) {
      EXPECT_LT(magnitude(x), 1u << 26);
    }
  }
}

}  // namespace
}  // namespace tessera
