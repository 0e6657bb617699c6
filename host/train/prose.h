// Plain prose out of the texts as they are published: books of chapters, without headings, verse numbers,
// hard line breaks or anything outside ASCII.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera {

struct Book {
  std::string name;
  std::vector<std::string> chapters;  // paragraphs, with one newline between them
};

// One paragraph's text: straight quotes, dashes as "--", single spaces, no underscores or asterisks, no other
// bytes outside ASCII, and words of three or more capitals with the first one only ("LORD" becomes "Lord").
std::string clean_text(std::string_view text);

// A book of lines whose paragraphs end at blank lines. "Chapter" and "Volume" headings begin a chapter; what
// precedes the first of them and what follows "The end" is dropped, and so are notes in brackets and lines
// without small letters. A book without headings is cut at paragraphs into chapters of about 4000 characters.
Book parse_prose(const std::string& name, const std::vector<std::string>& lines);

// The King James text's lines ("Ge1:1 In the beginning ..."): one book per abbreviation, one paragraph per
// chapter. Lines of another form are dropped.
std::vector<Book> parse_verses(std::string_view text);

std::vector<std::string> split_lines(std::string_view text);

}  // namespace tessera
