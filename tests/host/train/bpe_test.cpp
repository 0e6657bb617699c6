#include "host/train/bpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "host/error/error.h"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string>& sample_texts() {
  static const std::vector<std::string> texts = {
      "the cat sat on the mat, and the cat's hat sat on the cat.\n\"The hat!\" said the cat; \"the hat is "
      "flat.\"",
      "In the beginning the cat was the cat, and the mat was the mat.\nAnd the cat said, That is that.",
  };
  return texts;
}

std::vector<std::string> chunks_of(std::string_view text) {
  std::vector<std::string> chunks;
  while (!text.empty()) {
    const size_t length = chunk_length(text);
    chunks.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return chunks;
}

TEST(Chunks, AreWordsSignsAndNewlinesWithTheSpaceBefore) {
  EXPECT_THAT(chunks_of(" The cat's 9 lives,\n\"oh!\" "),
              ElementsAre(" The", " cat's", " 9", " lives", ",", "\n", "\"", "oh", "!\"", " "));
}

TEST(BytePairs, BeginWithTheMostFrequentPairAndItsCharacters) {
  // " a" occurs four times, "ab" three times, and "bc" twice.
  const Tokenizer tokenizer = train_tokenizer({"ab abc abc a"}, kFirstMergedPiece + 7);
  ASSERT_EQ(tokenizer.pieces.size(), 266u);
  const std::vector<std::string> learned(tokenizer.pieces.begin() + kFirstMergedPiece,
                                         tokenizer.pieces.end());
  EXPECT_THAT(learned, ElementsAre(" ", "a", " a", "b", " ab", "c", " abc"));
}

TEST(BytePairs, ScoresFallInTheOrderOfTheMerges) {
  const Tokenizer tokenizer = train_tokenizer(sample_texts(), 290);
  ASSERT_EQ(tokenizer.pieces.size(), 290u);
  for (size_t id = kFirstMergedPiece + 1; id < tokenizer.pieces.size(); ++id) {
    EXPECT_LT(tokenizer.scores[id], tokenizer.scores[id - 1]);
  }
}

TEST(BytePairs, EveryMergedPieceConsistsOfTwoEarlierOnes) {
  const Tokenizer tokenizer = train_tokenizer(sample_texts(), 290);
  for (size_t id = kFirstMergedPiece; id < tokenizer.pieces.size(); ++id) {
    const std::string& piece = tokenizer.pieces[id];
    bool found = piece.size() == 1;
    for (size_t left = kFirstMergedPiece; left < id && !found; ++left) {
      for (size_t right = kFirstMergedPiece; right < id && !found; ++right) {
        found = tokenizer.pieces[left] + tokenizer.pieces[right] == piece;
      }
    }
    EXPECT_TRUE(found) << piece;
  }
}

TEST(BytePairs, EncodingReplaysTheMergesAndDecodingGivesTheTextBack) {
  const Tokenizer tokenizer = train_tokenizer(sample_texts(), 290);
  ChunkEncoder encoder(tokenizer);
  for (const std::string& text :
       {sample_texts()[0], sample_texts()[1], std::string("Zebra 42 caf\xc3\xa9!")}) {
    std::vector<int> expected = {kBeginOfText};
    for (const std::string& chunk : chunks_of(' ' + text)) {
      const std::vector<int>& tokens = encoder.encode(chunk);
      expected.insert(expected.end(), tokens.begin(), tokens.end());
    }
    const std::vector<int> tokens = tokenizer.encode(text);
    EXPECT_EQ(tokens, expected) << text;
    std::string decoded;
    for (size_t i = 1; i < tokens.size(); ++i) decoded += tokenizer.decode(tokens[i - 1], tokens[i]);
    EXPECT_EQ(decoded, text);
  }
}

TEST(BytePairs, SameTextsGiveTheSamePieces) {
  EXPECT_EQ(train_tokenizer(sample_texts(), 290).pieces, train_tokenizer(sample_texts(), 290).pieces);
}

TEST(BytePairs, RefusesAVocabularyThatCannotBeFilled) {
  EXPECT_THROW(train_tokenizer(sample_texts(), 259), Error);
  try {
    train_tokenizer({"abc"}, 512);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr("512"));
  }
}

}  // namespace
}  // namespace tessera
