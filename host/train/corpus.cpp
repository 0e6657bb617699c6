#include "host/train/corpus.h"

#include <iterator>
#include <utility>

#include "host/error/error.h"
#include "host/train/bible_data.h"
#include "host/train/r_data.h"
#include "host/train/text_file.h"

namespace tessera {
namespace {

void append(std::vector<Book>& books, std::vector<Book> more) {
  books.insert(books.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Corpus split_books(std::vector<Book> books, double validation_share) {
  if (!(validation_share >= 0.0 && validation_share <= 0.5)) {
    fail(ErrorKind::kConfig, "a validation share of {} is out of range (0 to 0.5)", validation_share);
  }
  Corpus corpus;
  for (Book& book : books) {
    const size_t count = book.chapters.size();
    const size_t kept = count - static_cast<size_t>(validation_share * static_cast<double>(count));
    for (size_t i = 0; i < count; ++i) {
      (i < kept ? corpus.training : corpus.validation).push_back(std::move(book.chapters[i]));
    }
  }
  if (corpus.training.size() + corpus.validation.size() < 2) {
    fail(ErrorKind::kInput, "the texts have {} chapters, expected at least two (one is held out)",
         corpus.training.size());
  }
  if (corpus.validation.empty()) {
    corpus.validation.push_back(std::move(corpus.training.back()));
    corpus.training.pop_back();
  }
  return corpus;
}

Corpus read_corpus(const CorpusOptions& options) {
  std::vector<Book> books;
  for (const std::string& path : options.text_files) {
    books.push_back(parse_prose(path, split_lines(read_text_file(path))));
  }
  if (options.text_files.empty()) {
    if (!options.austen_data.empty()) {
      for (const RVariable& novel : read_r_data(options.austen_data)) {
        books.push_back(parse_prose(novel.name, novel.lines));
      }
    }
    if (!options.bible_data.empty()) append(books, parse_verses(read_bible_data(options.bible_data)));
  }
  return split_books(std::move(books), options.validation_share);
}

}  // namespace tessera
