// The text to train on: from the Debian packages of public-domain books, or from the user's own files.
#pragma once

#include <string>
#include <vector>

#include "host/train/prose.h"

namespace tessera {

struct CorpusOptions {
  // Plain texts, each one book; when there are any, the packages' texts are not read.
  std::vector<std::string> text_files;
  // Jane Austen's six novels, without the endings .rdx and .rdb (package r-cran-janeaustenr); "" leaves it
  // out.
  std::string austen_data = "/usr/lib/R/site-library/janeaustenr/data/Rdata";
  // The King James Bible (package bible-kjv-text); "" leaves it out.
  std::string bible_data = "/usr/lib/bible.data";
  // The share of each book's chapters, rounded down and taken from its end, that is held out. Range [0, 0.5].
  double validation_share = 0.05;
};

struct Corpus {
  std::vector<std::string> training;    // chapters
  std::vector<std::string> validation;  // chapters that no training step sees, at least one
};

// Throws Error(kInput) for a file that is missing or damaged, or when the texts have fewer than two chapters.
Corpus read_corpus(const CorpusOptions& options);

// Divides books into training and validation as `validation_share` says. Where every book is too short to
// give a chapter, the last chapter of all is held out.
Corpus split_books(std::vector<Book> books, double validation_share);

}  // namespace tessera
