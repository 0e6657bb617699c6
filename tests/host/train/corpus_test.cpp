#include "host/train/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "host/error/error.h"

namespace tessera {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(CleanText, StraightensSignsAndSpaces) {
  EXPECT_EQ(clean_text("  \xe2\x80\x9cOh,\xe2\x80\x9d  said _he_\n& she\xe2\x80\x94\xc2\xa3"
                       "20. "),
            "\"Oh,\" said he and she--20.");
}

TEST(CleanText, LowersShoutedWordsOnly) {
  EXPECT_EQ(clean_text("The LORD, I AM, McDONALD's OK GOD"), "The Lord, I AM, McDonald's OK God");
}

TEST(ParseProse, KeepsChaptersAndUnwrapsParagraphs) {
  const Book book = parse_prose("novel", {"A NOVEL",      "by Someone",    "", "CHAPTER I", "",
                                          "It was",       "late.",         "", "He slept.", "",
                                          "[a note",      "of two lines]", "", "SIGNATURE", "",
                                          "Chapter 2",    "Morning came.", "", "THE END",   "",
                                          "An afterword."});
  EXPECT_EQ(book.name, "novel");
  EXPECT_THAT(book.chapters, ElementsAre("It was late.\nHe slept.", "Morning came."));
}

TEST(ParseProse, CutsATextWithoutHeadingsAtParagraphs) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) {
    lines.push_back(std::string(99, 'a') + ".");
    lines.push_back("");
  }
  const Book book = parse_prose("plain", lines);
  ASSERT_EQ(book.chapters.size(), 3u);
  EXPECT_GE(book.chapters[0].size(), 4000u);
  EXPECT_LT(book.chapters[0].size(), 4200u);
}

TEST(ParseVerses, JoinsVersesIntoChaptersAndDropsOtherLines) {
  const std::vector<Book> books = parse_verses(
      "Holy Bible. A title.\nGe1:1 In the beginning.\nGe1:2 And the LORD said:\nGe2:1 Thus.\n1Sa1:1 Now "
      "there "
      "was.\n");
  ASSERT_EQ(books.size(), 2u);
  EXPECT_EQ(books[0].name, "Ge");
  EXPECT_THAT(books[0].chapters, ElementsAre("In the beginning. And the Lord said:", "Thus."));
  EXPECT_EQ(books[1].name, "1Sa");
  EXPECT_THAT(books[1].chapters, ElementsAre("Now there was."));
}

Book numbered_book(int chapters) {
  Book book{"book", {}};
  for (int i = 0; i < chapters; ++i) book.chapters.push_back(std::to_string(i));
  return book;
}

TEST(SplitBooks, HoldsOutTheEndOfEachBook) {
  const Corpus corpus = split_books({numbered_book(20), numbered_book(3), numbered_book(45)}, 0.05);
  EXPECT_THAT(corpus.validation, ElementsAre("19", "43", "44"));
  EXPECT_EQ(corpus.training.size(), 65u);
}

TEST(SplitBooks, AlwaysHoldsOutAChapter) {
  const Corpus corpus = split_books({numbered_book(3)}, 0.05);
  EXPECT_THAT(corpus.validation, ElementsAre("2"));
  EXPECT_THROW(split_books({numbered_book(1)}, 0.05), Error);
  EXPECT_THROW(split_books({numbered_book(9)}, 0.9), Error);
}

TEST(ReadCorpus, NamesTheFileThatIsMissing) {
  CorpusOptions options;
  options.text_files = {"no-such-text.txt"};
  try {
    read_corpus(options);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    EXPECT_THAT(error.what(), HasSubstr("no-such-text.txt"));
  }
}

TEST(ReadCorpus, ReadsThePackagesTexts) {
  const CorpusOptions options;
  if (!std::filesystem::exists(options.bible_data) ||
      !std::filesystem::exists(options.austen_data + ".rdb")) {
    GTEST_SKIP() << "the packages bible-kjv-text and r-cran-janeaustenr are not installed";
  }
  const Corpus corpus = read_corpus(options);
  EXPECT_GT(corpus.training.size(), 1000u);
  EXPECT_GT(corpus.validation.size(), 20u);
  size_t letters = 0;
  for (const std::string& chapter : corpus.training) {
    letters += chapter.size();
    EXPECT_THAT(chapter, Not(IsEmpty()));
    for (const char c : chapter) ASSERT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << static_cast<int>(c);
  }
  EXPECT_GT(letters, 7'000'000u);
  const auto holds = [&](const std::string& text) {
    return std::any_of(corpus.training.begin(), corpus.training.end(),
                       [&](const std::string& chapter) { return chapter.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(holds("In the beginning God created the heaven and the earth. And the earth was without form"));
  EXPECT_TRUE(
      holds("It is a truth universally acknowledged, that a single man in possession of a good fortune"));
}

}  // namespace
}  // namespace tessera
