// The checker on a hand-made image: what is right passes, what is wrong is found and named.
#include "host/runtime/watch.h"

#include <gtest/gtest.h>

#include <bit>

#include "host/runtime/expected.h"
#include "host/runtime/hang.h"
#include "host/runtime/profile.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

constexpr ModelConfig kConfig{
    .dim = 40, .hidden_dim = 64, .layers = 2, .heads = 4, .kv_heads = 2, .vocabulary = 20, .context = 16};

class WatchTest : public testing::Test {
 protected:
  WatchTest() : golden_(quantize(random_model(kConfig, 5))), reference_(golden_.model()) {
    image_.wafer.columns = 3;
    image_.wafer.rows = 2;
    image_.graph.shape.config = kConfig;
    add_kernel({1, 0}, Operator::kQkv, LinearWork{});
    add_kernel({2, 1}, Operator::kHidden, LinearWork{});
    add(0, 3, 4, {MessageFormat::kInt16Rows, Op::kKey, 1, 2, 6, 8});
    add(0, 3, 6, {MessageFormat::kMx, Op::kAttentionNorm, 1, 32, 8, 32});
    add(0, 5, 0, {MessageFormat::kInt32Rows, Op::kFfnResidual, 0, 3, 5, 5});
    add(1, 3, 4, {MessageFormat::kSquares, Op::kFfnNorm, 1, 0, 32, 32});
    add(1, 4, 1, {MessageFormat::kWinner, Op::kLogits, 0, 8, 7, 7});
    add(1, 7, 0, {MessageFormat::kLogits, Op::kLogits, 0, 8, 7, 7});
  }

  void add_kernel(TilePosition tile, Operator op, Work work) {
    Kernel kernel;
    kernel.op = op;
    kernel.work = work;
    image_.graph.kernels.push_back(kernel);
    image_.kernel_tiles.push_back(tile);
  }
  void add(int kernel, int color, int part, MessageTensor tensor) {
    Send send;
    send.part = part;
    send.tensor = tensor;
    image_.graph.kernels[kernel].sends.push_back(send);
    image_.messages.push_back(
        {image_.kernel_tiles[kernel], color, part, message_words(tensor), kernel, 0, tensor});
  }

  AdmittedToken token(int position, std::uint32_t flags = 0) {
    return {.request = 7,
            .slot = 1,
            .position = position,
            .token = position % 20,
            .tag = position % 4,
            .flags = flags};
  }
  std::vector<std::uint32_t> message(const AdmittedToken& token, int index) {
    std::vector<std::uint32_t> words;
    expected_words(reference_.model(), trace_, image_.messages[index].tensor, words);
    words.insert(words.begin(), header_word(token, image_.messages[index].part));
    return words;
  }
  void send(Watch& watch, int index, const std::vector<std::uint32_t>& words, std::uint64_t cycle = 100) {
    const ImageMessage& entry = image_.messages[index];
    send_from(watch, entry.tile, entry.color, words, cycle);
  }
  void send_from(Watch& watch, TilePosition tile, int color, const std::vector<std::uint32_t>& words,
                 std::uint64_t cycle = 100) {
    for (size_t i = 0; i < words.size(); ++i)
      watch.on_sent(tile.y * 3 + tile.x, cycle + i,
                    {static_cast<std::uint8_t>(color), i + 1 == words.size(), words[i]});
  }
  // Admits a token and sends everything but `except`.
  void send_all(Watch& watch, const AdmittedToken& token, int except = -1) {
    trace_ = reference_.forward(token.slot, token.position, token.token);
    watch.admit(token);
    for (int i = 0; i < static_cast<int>(image_.messages.size()); ++i) {
      if (i != except && watch.table().expected(i, token)) send(watch, i, message(token, i));
    }
  }

  Golden golden_, reference_;
  Image image_;
  Trace trace_;
};

TEST_F(WatchTest, RightMessagesPass) {
  Watch watch(image_, &golden_);
  for (int position = 0; position < 9; ++position) {
    const AdmittedToken now = token(position, position % 2 ? rtl::kHeaderFlagLogits : 0);
    send_all(watch, now);
    watch.retire(now.tag);
  }
  EXPECT_EQ(watch.mismatches(), 0u) << describe(*watch.first_mismatch());
  EXPECT_EQ(watch.compared(), 9u * (6 + 9 + 5 + 1 + 2) + 4u * 7);
}

TEST_F(WatchTest, ManyTokensAtOnceInAnyOrder) {
  Watch watch(image_, &golden_);
  std::vector<AdmittedToken> tokens;
  std::vector<std::vector<std::vector<std::uint32_t>>> words;
  for (int position = 0; position < 4; ++position) {
    tokens.push_back(token(position));
    trace_ = reference_.forward(1, position, tokens[position].token);
    words.emplace_back();
    for (int i = 0; i < 5; ++i) words[position].push_back(message(tokens[position], i));
    watch.admit(tokens[position]);
  }
  for (const int position : {2, 0, 3, 1}) {
    for (int i = 4; i >= 0; --i) send(watch, i, words[position][i]);
  }
  for (int position = 0; position < 4; ++position) watch.retire(position);
  EXPECT_EQ(watch.mismatches(), 0u);
}

TEST_F(WatchTest, EveryFlippedBitIsFound) {
  for (int index = 0; index < 6; ++index) {
    const AdmittedToken now = token(0, rtl::kHeaderFlagLogits);
    trace_ = reference_.forward(1, 0, now.token);
    const std::vector<std::uint32_t> right = message(now, index);
    for (size_t word = 0; word < right.size(); ++word) {
      for (int bit = 0; bit < 32; ++bit) {
        const bool is_mx_exponent =
            image_.messages[index].tensor.format == MessageFormat::kMx && word + 1 == right.size();
        if (is_mx_exponent && bit >= 8) continue;  // means nothing
        Watch watch(image_, &golden_);
        send_all(watch, now, index);
        std::vector<std::uint32_t> wrong = right;
        wrong[word] ^= 1u << bit;
        send(watch, index, wrong);
        EXPECT_GE(watch.mismatches(), 1u) << "message " << index << ", word " << word << ", bit " << bit;
        if (word > 0) {
          EXPECT_EQ(watch.mismatches(), 1u);
          EXPECT_EQ(watch.first_mismatch()->cycle, 100 + word);
        }
      }
    }
  }
}

TEST_F(WatchTest, TheFirstMismatchSaysEverything) {
  Watch watch(image_, &golden_);
  const AdmittedToken now = token(0);
  send_all(watch, now, 0);
  std::vector<std::uint32_t> words = message(now, 0);
  words[2] += 5u << 16;  // the fourth element of keys 2 to 7 of layer 1
  send(watch, 0, words, 500);
  ASSERT_TRUE(watch.first_mismatch());
  const Mismatch& first = *watch.first_mismatch();
  EXPECT_EQ(first.request, 7);
  EXPECT_EQ(first.position, 0);
  EXPECT_EQ(first.token, now.token);
  EXPECT_EQ(first.op, "key");
  EXPECT_EQ(first.layer, 1);
  EXPECT_EQ(first.index, 5);
  EXPECT_EQ(first.tile, (TilePosition{1, 0}));
  EXPECT_EQ(first.cycle, 502u);
  EXPECT_EQ(first.expected, trace_.at(Op::kKey, 1).values[5]);
  EXPECT_EQ(first.got, static_cast<std::int16_t>(first.expected + 5));
}

TEST_F(WatchTest, MessagesThatAreNotInTheTable) {
  const AdmittedToken now = token(0);
  trace_ = reference_.forward(1, 0, now.token);
  const auto mismatches = [&](TilePosition tile, int color, std::vector<std::uint32_t> words) {
    Watch watch(image_, &golden_);
    send_all(watch, now);
    EXPECT_EQ(watch.mismatches(), 0u);
    send_from(watch, tile, color, words);
    return watch.mismatches();
  };
  const std::vector<std::uint32_t> key = message(now, 0);
  EXPECT_EQ(mismatches({1, 0}, 9, key), 1u);                            // a color without messages
  EXPECT_EQ(mismatches({1, 0}, 3, {header_word(now, 5), 1, 2}), 1u);    // a part between two others
  EXPECT_EQ(mismatches({0, 0}, 3, key), 1u);                            // a tile without a kernel
  EXPECT_EQ(mismatches({1, 0}, 3, key), 1u);                            // twice
  EXPECT_EQ(mismatches({2, 1}, 7, message(now, 5)), 1u);                // logits that nobody asked for
  EXPECT_EQ(mismatches({1, 0}, 3, {header_word(token(2), 4), 1}), 1u);  // no such token
  EXPECT_EQ(mismatches({1, 0}, 1, {5, 6}), 0u);  // the control plane is not its business
}

TEST_F(WatchTest, LengthsAndMissingMessages) {
  const AdmittedToken now = token(0);
  trace_ = reference_.forward(1, 0, now.token);
  for (const int change : {-1, 1}) {
    Watch watch(image_, &golden_);
    send_all(watch, now, 2);
    std::vector<std::uint32_t> words = message(now, 2);
    words.resize(words.size() + change, 0);
    send(watch, 2, words);
    EXPECT_EQ(watch.mismatches(), 1u);
  }
  Watch watch(image_, &golden_);
  send_all(watch, now, 3);
  EXPECT_EQ(watch.mismatches(), 0u);
  watch.retire(now.tag);
  EXPECT_EQ(watch.mismatches(), 1u);
  EXPECT_NE(watch.first_mismatch()->op.find("missing message of ffn_norm"), std::string::npos);
}

TEST_F(WatchTest, ATilesErrorIsSaidWithWhatItHas) {
  const auto said = [&](rtl::ErrorKind kind) {
    const rtl::TileError error{.color = 5, .port = rtl::kPortEast, .kind = kind, .valid = 1, .reserved = 0};
    return describe(image_, TileErrorSeen{2, 812, error});
  };
  for (const auto kind : {rtl::kErrorNoRoute, rtl::kErrorDeadLink, rtl::kErrorOverflow, rtl::kErrorLength})
    EXPECT_EQ(said(kind), std::string("tile 2,0 (forwards only): ") + rtl::error_kind_name(kind) +
                              ", PortEast, color 5 in cycle 812");
  for (const auto kind : {rtl::kErrorAddress, rtl::kErrorDescriptor, rtl::kErrorInstruction})
    EXPECT_EQ(said(kind),
              std::string("tile 2,0 (forwards only): ") + rtl::error_kind_name(kind) + " in cycle 812");
}

TEST_F(WatchTest, WithoutAGoldenModelOnlyTheFormIsChecked) {
  Watch watch(image_, nullptr);
  const AdmittedToken now = token(0);
  trace_ = reference_.forward(1, 0, now.token);
  watch.admit(now);
  for (int i = 0; i < 5; ++i) {
    std::vector<std::uint32_t> words = message(now, i);
    words.back() += 3;
    send(watch, i, words);
  }
  watch.retire(now.tag);
  EXPECT_EQ(watch.mismatches(), 0u);
  EXPECT_EQ(watch.compared(), 0u);
}

}  // namespace
}  // namespace tessera
