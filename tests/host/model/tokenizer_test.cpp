#include "host/model/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "host/error/error.h"
#include "tests/support/files.h"
#include "tests/support/random_model.h"

namespace tessera {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string error_of(const std::string& path, int vocabulary) {
  try {
    read_tokenizer(path, vocabulary);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr(path));
    return error.what();
  }
  return "no error";
}

Tokenizer with_merges(std::initializer_list<std::pair<const char*, float>> pieces) {
  Tokenizer tokenizer = byte_tokenizer(259);
  for (const auto& [piece, score] : pieces) {
    tokenizer.pieces.push_back(piece);
    tokenizer.scores.push_back(score);
  }
  return tokenizer;
}

std::string decode_all(const Tokenizer& tokenizer, const std::vector<int>& tokens) {
  std::string text;
  for (std::size_t i = 1; i < tokens.size(); ++i) text += tokenizer.decode(tokens[i - 1], tokens[i]);
  return text;
}

// What llama2.c does: look through all pairs for the best, merge it, and look again.
std::vector<int> merge_slowly(const Tokenizer& tokenizer, std::vector<int> tokens) {
  while (true) {
    int best = -1;
    std::size_t best_place = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
      const std::string joined = tokenizer.pieces[tokens[i]] + tokenizer.pieces[tokens[i + 1]];
      const auto found = std::find(tokenizer.pieces.begin(), tokenizer.pieces.end(), joined);
      if (found == tokenizer.pieces.end()) continue;
      const int id = static_cast<int>(found - tokenizer.pieces.begin());
      if (best < 0 || tokenizer.scores[id] > tokenizer.scores[best]) {
        best = id;
        best_place = i;
      }
    }
    if (best < 0) return tokens;
    tokens[best_place] = best;
    tokens.erase(tokens.begin() + best_place + 1);
  }
}

TEST(Tokenizer, EncodesTheKnownPrompt) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "tok512.bin");
  const Tokenizer tokenizer = read_tokenizer(path, 512);
  EXPECT_THAT(tokenizer.encode("Once upon a time"), ElementsAre(1, 403, 407, 261, 378));
  EXPECT_EQ(decode_all(tokenizer, {1, 403, 407, 261, 378}), "Once upon a time");
  const std::string text = "Zoë said: \"It's 3 o'clock!\"\n\tThe end. \xff\xf0\x9f\x98\x80";
  EXPECT_EQ(decode_all(tokenizer, tokenizer.encode(text)), text);
}

TEST(Tokenizer, MergesTheBestPairFirst) {
  const Tokenizer tokenizer =
      with_merges({{" ", -9}, {"a", -9}, {"b", -9}, {"ab", -2}, {"ba", -1}, {"aba", -3}, {" a", -5}});
  const auto id = [&](const char* piece) {
    return static_cast<int>(std::find(tokenizer.pieces.begin(), tokenizer.pieces.end(), piece) -
                            tokenizer.pieces.begin());
  };
  EXPECT_THAT(tokenizer.encode("ab"), ElementsAre(1, id(" "), id("ab"))) << "better than ' a'";
  EXPECT_THAT(tokenizer.encode("aba"), ElementsAre(1, id(" "), id("aba"))) << "'ba' first, then 'aba'";
  EXPECT_THAT(tokenizer.encode(""), ElementsAre(1));
  EXPECT_THAT(tokenizer.encode("z"), ElementsAre(1, id(" "), 3 + 'z')) << "a byte that is no piece";
}

TEST(Tokenizer, MergesAsTheSlowSearchDoes) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "tok512.bin");
  const Tokenizer tokenizer = read_tokenizer(path, 512);
  std::mt19937_64 random(test_seed());
  const std::string letters = " theandoyslirun.";
  for (int i = 0; i < 200; ++i) {
    std::string text;
    std::vector<int> characters = {1};
    for (const int length = 1 + random() % 60; static_cast<int>(text.size()) < length;) {
      text += letters[random() % letters.size()];
    }
    for (const char c : " " + text) {
      const auto found = std::find(tokenizer.pieces.begin(), tokenizer.pieces.end(), std::string(1, c));
      characters.push_back(static_cast<int>(found - tokenizer.pieces.begin()));
    }
    ASSERT_EQ(tokenizer.encode(text), merge_slowly(tokenizer, characters)) << text;
  }
}

TEST(Tokenizer, EncodesLongTextsQuickly) {
  const Tokenizer tokenizer = with_merges({{" ", -9}, {"a", -9}, {"aa", -1}, {"aaaa", -2}});
  const std::vector<int> tokens = tokenizer.encode(std::string(1 << 20, 'a'));
  EXPECT_EQ(tokens.size(), 2 + (1u << 18));
}

TEST(Tokenizer, BytesComeBack) {
  const Tokenizer tokenizer = byte_tokenizer(300);
  std::string text;
  for (int byte = 0; byte < 256; ++byte) text += static_cast<char>(byte);
  const std::vector<int> tokens = tokenizer.encode(text);
  ASSERT_EQ(tokens.size(), 2 + 256u);
  // Only a piece may lose its leading space: the space of the encoding is a byte here and stays.
  EXPECT_EQ(decode_all(tokenizer, tokens), " " + text);
  EXPECT_EQ(byte_tokenizer(10).encode("z").back(), 0) << "bytes without a piece are unknown";
}

TEST(Tokenizer, DecodesWithinItsVocabulary) {
  EXPECT_THROW(byte_tokenizer(300).decode(1, 300), Error);
  EXPECT_THROW(byte_tokenizer(300).decode(1, -1), Error);
}

TEST(Tokenizer, ComesBackAsWritten) {
  const TemporaryFolder folder;
  const Tokenizer tokenizer = with_merges({{" ", -9}, {"", -8}, {"long piece", 2.5f}});
  write_tokenizer(folder.file("tokenizer.bin"), tokenizer);
  const Tokenizer back = read_tokenizer(folder.file("tokenizer.bin"), 262);
  EXPECT_EQ(back.pieces, tokenizer.pieces);
  EXPECT_EQ(back.scores, tokenizer.scores);
}

TEST(Tokenizer, WritesTheFormatOfTheRealOne) {
  TESSERA_REQUIRE_SHARED_MODEL(path, "tok512.bin");
  const TemporaryFolder folder;
  write_tokenizer(folder.file("tokenizer.bin"), read_tokenizer(path, 512));
  EXPECT_EQ(read_bytes(folder.file("tokenizer.bin")), read_bytes(path));
}

TEST(Tokenizer, RefusesAnotherVocabulary) {
  const TemporaryFolder folder;
  const std::string path = folder.file("tokenizer.bin");
  write_tokenizer(path, byte_tokenizer(300));
  EXPECT_THAT(error_of(path, 299), HasSubstr("expected exactly 299 pieces"));
  EXPECT_THAT(error_of(path, 301), HasSubstr("ends within piece 300, expected 301 pieces"));
}

TEST(Tokenizer, RefusesDamagedFiles) {
  const TemporaryFolder folder;
  const std::string path = folder.file("tokenizer.bin");
  write_tokenizer(path, byte_tokenizer(300));
  const std::string whole = read_bytes(path);
  for (std::size_t length = 0; length < whole.size(); length += 13) {
    write_bytes(path, whole.substr(0, length));
    ASSERT_NE(error_of(path, 300), "no error") << length;
  }
  const auto damaged = [&](std::size_t offset, std::uint32_t value) {
    std::string bytes = whole;
    bytes.replace(offset, 4, reinterpret_cast<const char*>(&value), 4);
    write_bytes(path, bytes);
    return error_of(path, 300);
  };
  EXPECT_THAT(damaged(0, 0xffffffffu), HasSubstr("the longest piece has -1 bytes"));
  EXPECT_THAT(damaged(0, 0x7fffffffu), HasSubstr("the longest piece has 2147483647 bytes"));
  EXPECT_THAT(damaged(4, 0x7fc00000u), HasSubstr("piece 0 has score nan"));
  EXPECT_THAT(damaged(8, 0x80000000u), HasSubstr("piece 0 has -2147483648 bytes, expected 0 to 6"));
  EXPECT_THAT(damaged(8, 1000), HasSubstr("piece 0 has 1000 bytes"));
}

TEST(Tokenizer, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.file("missing.bin"), 512), HasSubstr("no such file"));
  EXPECT_THAT(error_of(folder.path().string(), 512), HasSubstr("is a directory"));
}

}  // namespace
}  // namespace tessera
