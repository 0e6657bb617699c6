#include "host/train/bible_data.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "host/error/error.h"
#include "host/train/text_file.h"

namespace tessera {
namespace {

// The file's layout: "EC02" and a title; big-endian words for a window's unpacked size and the number of
// windows; one word per window for where it begins; and after those a header of compress shared by them all.
constexpr std::string_view kMagic = "EC02";
constexpr size_t kWindowSizeAt = 0x54;
constexpr size_t kWindowCountAt = 0x58;
constexpr size_t kWindowPlacesAt = 0x5c;
constexpr size_t kLargestWindow = 1 << 24;

constexpr int kFirstWidth = 9;
constexpr int kLastWidth = 16;
constexpr int kClear = 256;
constexpr int kFirstFree = 257;

size_t word_at(std::string_view bytes, size_t place, std::string_view source) {
  if (bytes.size() < place + 4) {
    fail(ErrorKind::kInput, "{}: {} bytes, too few for the header of a bible.data file", source,
         bytes.size());
  }
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(place, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// Codes come in groups of eight, as many bytes as a code has bits; a change of width drops the rest of a
// group.
class CodeReader {
 public:
  explicit CodeReader(std::string_view bytes) : bytes_(bytes) {}

  int width() const { return width_; }
  void set_width(int width) {
    const size_t group = static_cast<size_t>(width_) * 8;
    const size_t used = bit_ - group_start_;
    group_start_ += (used + group - 1) / group * group;
    bit_ = group_start_;
    width_ = width;
  }

  // The next code, or -1 when the bytes left hold no whole one.
  int next() {
    if (bit_ + width_ > bytes_.size() * 8) return -1;
    int code = 0;
    for (int i = 0; i < width_; ++i, ++bit_) {
      code |= (static_cast<unsigned char>(bytes_[bit_ / 8]) >> (bit_ % 8) & 1) << i;
    }
    return code;
  }

 private:
  std::string_view bytes_;
  size_t bit_ = 0;
  size_t group_start_ = 0;
  int width_ = kFirstWidth;
};

}  // namespace

std::string unpack_lzw(std::string_view codes, size_t limit, std::string_view source) {
  struct Entry {
    int prefix;
    char last;
  };
  std::vector<Entry> table(kFirstFree);
  for (int byte = 0; byte < 256; ++byte) table[byte] = {-1, static_cast<char>(byte)};
  CodeReader reader(codes);
  std::string result, phrase;
  int previous = -1;
  for (int code; (code = reader.next()) >= 0;) {
    if (code == kClear) {
      table.resize(kFirstFree);
      reader.set_width(kFirstWidth);
      previous = -1;
      continue;
    }
    const int size = static_cast<int>(table.size());
    // A code may be the very entry that it completes: the previous phrase and its own first byte.
    if (code > size || (code == size && previous < 0)) {
      fail(ErrorKind::kInput, "{}: damaged compressed text (code {} where {} are known)", source, code, size);
    }
    phrase.clear();
    for (int at = code == size ? previous : code; at >= 0; at = table[at].prefix) phrase += table[at].last;
    std::reverse(phrase.begin(), phrase.end());
    if (code == size) phrase += phrase[0];
    result += phrase;
    if (result.size() > limit) fail(ErrorKind::kInput, "{}: unpacks to more than {} bytes", source, limit);
    if (previous >= 0 && size < 1 << kLastWidth) {
      table.push_back({previous, phrase[0]});
      const bool full = static_cast<int>(table.size()) == 1 << reader.width();
      if (full && reader.width() < kLastWidth) reader.set_width(reader.width() + 1);
    }
    previous = code;
  }
  return result;
}

std::string unpack_bible_data(std::string_view bytes, std::string_view source) {
  if (!bytes.starts_with(kMagic)) {
    fail(ErrorKind::kInput, "{}: not a bible.data file (expected it to begin with {})", source, kMagic);
  }
  const size_t window_size = word_at(bytes, kWindowSizeAt, source);
  const size_t windows = word_at(bytes, kWindowCountAt, source);
  if (window_size > kLargestWindow || windows > bytes.size() / 4) {
    fail(ErrorKind::kInput, "{}: {} windows of {} bytes are more than the file can hold", source, windows,
         window_size);
  }
  std::string text;
  for (size_t i = 0; i < windows; ++i) {
    const size_t begin = word_at(bytes, kWindowPlacesAt + 4 * i, source);
    const size_t end = i + 1 < windows ? word_at(bytes, kWindowPlacesAt + 4 * (i + 1), source) : bytes.size();
    if (begin > end || end > bytes.size()) {
      fail(ErrorKind::kInput, "{}: window {} lies outside the file of {} bytes", source, i, bytes.size());
    }
    text += unpack_lzw(bytes.substr(begin, end - begin), window_size, source);
  }
  return text;
}

std::string read_bible_data(const std::string& path) { return unpack_bible_data(read_text_file(path), path); }

}  // namespace tessera
