#include "host/train/batches.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "host/error/error.h"
#include "host/train/bpe.h"

namespace tessera {
namespace {

const std::vector<std::string>& chapters() {
  static const std::vector<std::string> texts = {
      "The cat sat. The mat lay there, flat. \"Oh!\" said the cat.\nThe hat sat on the mat: And that was "
      "that.",
      "The cat was there. The hat was there.",
  };
  return texts;
}

std::string text_of(const Tokenizer& tokenizer, const std::vector<int>& tokens) {
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] >= kFirstBytePiece)
      text += tokenizer.decode(i == 0 ? kBeginOfText : tokens[i - 1], tokens[i]);
  }
  return text;
}

TEST(TokenStream, PutsChaptersBetweenTheirMarks) {
  const Tokenizer tokenizer = train_tokenizer(chapters(), 280);
  const TokenStream stream = make_token_stream(tokenizer, chapters());
  std::vector<int> expected;
  for (const std::string& chapter : chapters()) {
    for (const int token : tokenizer.encode(chapter)) expected.push_back(token);
    expected.push_back(kEndOfText);
  }
  EXPECT_EQ(stream.tokens, expected);
}

TEST(TokenStream, WindowsBeginWithSentences) {
  const Tokenizer tokenizer = train_tokenizer(chapters(), 280);
  const TokenStream stream = make_token_stream(tokenizer, chapters());
  std::vector<std::string> beginnings;
  Window window;
  for (const int start : stream.starts) {
    fill_window(stream, start, 3, window);
    EXPECT_EQ(window.tokens[0], kBeginOfText);
    EXPECT_EQ(window.tokens[1], window.targets[0]);
    EXPECT_EQ(window.tokens[2], window.targets[1]);
    beginnings.push_back(text_of(tokenizer, window.targets).substr(0, 2));
  }
  EXPECT_EQ(beginnings, (std::vector<std::string>{"Th", "Th", "\"O", "An", "Th", "Th"}));
}

TEST(TokenStream, ChoosesStartsBySeedStepAndIndex) {
  const Tokenizer tokenizer = train_tokenizer(chapters(), 280);
  const TokenStream stream = make_token_stream(tokenizer, chapters());
  std::set<int> seen;
  for (int step = 0; step < 40; ++step) {
    for (int index = 0; index < 2; ++index) {
      const int start = choose_start(stream, 1, step, index);
      EXPECT_EQ(start, choose_start(stream, 1, step, index));
      seen.insert(start);
    }
  }
  EXPECT_EQ(seen, std::set<int>(stream.starts.begin(), stream.starts.end()));
}

TEST(TokenStream, SuccessiveWindowsDoNotOverlapAndFit) {
  const Tokenizer tokenizer = train_tokenizer(chapters(), 280);
  TokenStream stream = make_token_stream(tokenizer, chapters());
  constexpr int kLength = 9;
  keep_whole_windows(stream, kLength, "test");
  const std::vector<int> starts = successive_starts(stream, kLength, 1);
  ASSERT_GE(starts.size(), 2u);
  for (size_t i = 1; i < starts.size(); ++i) EXPECT_GE(starts[i], starts[i - 1] + kLength);
  EXPECT_LE(starts.back() + kLength, static_cast<int>(stream.tokens.size()));
  EXPECT_EQ(successive_starts(stream, kLength, 2).size(), (starts.size() + 1) / 2);
  EXPECT_THROW(keep_whole_windows(stream, 10'000, "test"), Error);
}

TEST(TokenStream, CountsTheBytesOfTheText) {
  const Tokenizer tokenizer = train_tokenizer(chapters(), 280);
  const TokenStream stream = make_token_stream(tokenizer, chapters());
  // Each chapter is read with a space in front.
  EXPECT_EQ(count_bytes(tokenizer, stream.tokens),
            static_cast<std::int64_t>(chapters()[0].size() + chapters()[1].size() + 2));
}

}  // namespace
}  // namespace tessera
