#include "host/train/prose.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace tessera {
namespace {

constexpr size_t kLongestHeading = 24;
constexpr size_t kChapterLength = 4000;  // characters, of a book without headings

bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_small(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view trim(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

bool begins_like(std::string_view line, std::string_view capitals) {
  const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
  return line.size() >= capitals.size() && std::equal(capitals.begin(), capitals.end(), line.begin(),
                                                      [&](char capital, char c) { return same(c, capital); });
}

bool is_heading(std::string_view line) {
  return line.size() <= kLongestHeading && (begins_like(line, "CHAPTER ") || begins_like(line, "VOLUME "));
}

bool is_end(std::string_view line) {
  const bool whole = begins_like(line, "THE END") && line.size() <= 8;
  return whole || (begins_like(line, "FINIS") && line.size() <= 6) || begins_like(line, "A NOTE ON THE TEXT");
}

bool is_note(std::string_view paragraph) {
  return paragraph.starts_with('[') || paragraph.starts_with('*') ||
         std::none_of(paragraph.begin(), paragraph.end(), is_small);
}

// The common signs of UTF-8 prose, each as ASCII.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kReplacements = {{
    {"\xe2\x80\x98", "'"},  // single quotation marks
    {"\xe2\x80\x99", "'"},
    {"\xe2\x80\x9c", "\""},  // double ones
    {"\xe2\x80\x9d", "\""},
    {"\xe2\x80\x94", "--"},  // dashes
    {"\xe2\x80\x93", "-"},
    {"\xe2\x80\xa6", "..."},
    {"\xc3\xa9", "e"},
    {"\xc3\xa8", "e"},
    {"&", "and"},
}};

std::string to_ascii(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const auto* found =
        std::find_if(kReplacements.begin(), kReplacements.end(),
                     [&](const auto& replacement) { return text.substr(at).starts_with(replacement.first); });
    if (found != kReplacements.end()) {
      result += found->second;
      at += found->first.size();
      continue;
    }
    const char c = text[at++];
    if (c == '_' || c == '*' || c == '[' || c == ']') continue;
    if (is_space(c)) {
      if (!result.empty() && result.back() != ' ') result += ' ';
    } else if (c > ' ' && c <= '~') {
      result += c;
    }
  }
  return std::string(trim(result));
}

void lower_shouted_words(std::string& text) {
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && is_capital(text[end])) ++end;
    const bool whole_word = end == text.size() || !is_small(text[end]);
    if (end - begin >= 3 && whole_word) {
      for (size_t i = begin + 1; i < end; ++i) text[i] = static_cast<char>(text[i] - 'A' + 'a');
    }
    begin = std::max(end, begin + 1);
  }
}

// Collects paragraphs into chapters.
struct BookBuilder {
  Book book;
  std::string chapter, paragraph;

  void end_paragraph() {
    if (!paragraph.empty() && !is_note(paragraph)) {
      if (!chapter.empty()) chapter += '\n';
      chapter += clean_text(paragraph);
    }
    paragraph.clear();
  }
  void end_chapter() {
    end_paragraph();
    if (!chapter.empty()) book.chapters.push_back(std::exchange(chapter, {}));
  }
};

}  // namespace

std::string clean_text(std::string_view text) {
  std::string result = to_ascii(text);
  lower_shouted_words(result);
  return result;
}

Book parse_prose(const std::string& name, const std::vector<std::string>& lines) {
  const auto heading = [](const std::string& line) { return is_heading(trim(line)); };
  const auto first = std::find_if(lines.begin(), lines.end(), heading);
  const bool has_headings = first != lines.end();
  BookBuilder builder;
  builder.book.name = name;
  for (auto line = has_headings ? first : lines.begin(); line != lines.end(); ++line) {
    const std::string_view text = trim(*line);
    if (is_end(text)) break;
    if (is_heading(text)) {
      builder.end_chapter();
    } else if (text.empty()) {
      builder.end_paragraph();
      if (!has_headings && builder.chapter.size() >= kChapterLength) builder.end_chapter();
    } else {
      if (!builder.paragraph.empty()) builder.paragraph += ' ';
      builder.paragraph += text;
    }
  }
  builder.end_chapter();
  return builder.book;
}

std::vector<Book> parse_verses(std::string_view text) {
  std::vector<Book> books;
  std::string last_chapter;
  for (const std::string& line : split_lines(text)) {
    const size_t space = line.find(' '), colon = line.find(':');
    if (space == std::string::npos || colon == std::string::npos || colon > space) continue;
    size_t number = colon;
    while (number > 0 && is_digit(line[number - 1])) --number;
    if (number == 0 || number == colon) continue;
    const std::string book = line.substr(0, number), chapter = line.substr(0, colon);
    if (books.empty() || books.back().name != book) books.push_back({book, {}});
    std::vector<std::string>& chapters = books.back().chapters;
    const std::string verse = clean_text(line.substr(space + 1));
    if (chapter != last_chapter) {
      chapters.push_back(verse);
      last_chapter = chapter;
    } else {
      chapters.back() += ' ' + verse;
    }
  }
  return books;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace tessera
