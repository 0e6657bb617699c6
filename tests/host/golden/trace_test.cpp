#include "host/golden/trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "host/error/error.h"

namespace tessera {
namespace {

constexpr ModelConfig kConfig{144, 100, 2, 3, 1, 11, 6, true};  // head_dim 48

TEST(Ops, NamesComeBack) {
  std::set<std::string> names;
  for (int op = 0; op < kOps; ++op) {
    names.insert(op_name(static_cast<Op>(op)));
    EXPECT_EQ(op_from_name(op_name(static_cast<Op>(op))), static_cast<Op>(op));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kOps));
  EXPECT_STREQ(op_name(Op::kAttentionNorm), "attention_norm");
  EXPECT_STREQ(op_name(Op::kAttentionOutput), "attention_output");
  EXPECT_STREQ(op_name(Op::kLogits), "logits");
  EXPECT_THROW(op_from_name("attentions"), Error);
}

TEST(BlockRanges, HeadsAreCutByThemselves) {
  const std::vector<BlockRange> blocks = block_ranges(kConfig, Op::kAttention);
  ASSERT_EQ(blocks.size(), 6u);
  const int begins[] = {0, 32, 48, 80, 96, 128};
  const int lengths[] = {32, 16, 32, 16, 32, 16};
  for (int b = 0; b < 6; ++b) {
    EXPECT_EQ(blocks[b].begin, begins[b]);
    EXPECT_EQ(blocks[b].length, lengths[b]);
  }
}

TEST(BlockRanges, CoverEveryTensorThatHasExponents) {
  const std::pair<Op, std::size_t> counts[] = {
      {Op::kAttentionNorm, 5}, {Op::kFfnNorm, 5},     {Op::kFinalNorm, 5},   {Op::kHidden, 4},
      {Op::kAttention, 6},     {Op::kQueryBlocks, 3}, {Op::kKeyBlocks, 1},   {Op::kValueBlocks, 1},
      {Op::kEmbedding, 0},     {Op::kQuery, 0},       {Op::kGatedHidden, 0}, {Op::kLogits, 0}};
  for (const auto& [op, count] : counts) {
    const std::vector<BlockRange> blocks = block_ranges(kConfig, op);
    EXPECT_EQ(blocks.size(), count) << op_name(op);
    int next = 0;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      EXPECT_EQ(blocks[b].begin, next) << op_name(op);
      next += blocks[b].length;
      for (int i = blocks[b].begin; i < next; ++i) {
        EXPECT_EQ(block_of(kConfig, op, i), static_cast<int>(b)) << op_name(op) << " " << i;
      }
    }
    if (count != 0) {
      EXPECT_EQ(next, op_elements(kConfig, op)) << op_name(op);
    }
  }
}

}  // namespace
}  // namespace tessera
