#include "host/train/r_data.h"

#include <zlib.h>

#include <cstdint>
#include <limits>

#include "host/error/error.h"
#include "host/train/text_file.h"

namespace tessera {
namespace {

// Node types of R's serialization that text data and its index use.
enum RType {
  kSymbol = 1,
  kPairList = 2,
  kCharacters = 9,
  kLogicals = 10,
  kIntegers = 13,
  kStrings = 16,
  kList = 19,
  kNil = 254,
  kReference = 255,
};

constexpr std::uint32_t kHasAttributes = 0x200;
constexpr std::uint32_t kHasTag = 0x400;
constexpr int kDeepest = 64;
constexpr size_t kLargestIndex = 1 << 20;
constexpr size_t kLargestVariable = 1 << 28;

struct RNode {
  int type = kNil;
  std::string text;  // kCharacters, kSymbol
  std::vector<std::int32_t> integers;
  std::vector<RNode> children;     // kStrings, kList
  std::vector<std::string> names;  // the attribute of that name
};

class Parser {
 public:
  Parser(std::string_view bytes, std::string_view source) : bytes_(bytes), source_(source) {}

  RNode parse() {
    if (take(2) != "X\n")
      fail(ErrorKind::kInput, "{}: not R data in XDR form (expected the bytes X and newline)", source_);
    const std::uint32_t version = word();
    if (version != 2 && version != 3) {
      fail(ErrorKind::kInput, "{}: R serialization version {}, expected 2 or 3", source_, version);
    }
    take(8);                         // the versions of R that wrote and can read it
    if (version == 3) take(word());  // the name of the native encoding
    return node(0);
  }

 private:
  std::string_view take(size_t count) {
    if (count > bytes_.size() - place_) {
      fail(ErrorKind::kInput, "{}: R data ends at byte {}, {} more expected", source_, bytes_.size(), count);
    }
    place_ += count;
    return bytes_.substr(place_ - count, count);
  }

  std::uint32_t word() {
    std::uint32_t value = 0;
    for (const char byte : take(4)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  // A count of items that take at least four bytes each: a damaged one cannot ask for more than the file has.
  size_t count() {
    const std::uint32_t value = word();
    if (value > (bytes_.size() - place_) / 4) {
      fail(ErrorKind::kInput, "{}: R data claims {} items at byte {}, more than its length allows", source_,
           value, place_ - 4);
    }
    return value;
  }

  RNode node(int depth) {
    if (depth > kDeepest) fail(ErrorKind::kInput, "{}: R data nested deeper than {}", source_, kDeepest);
    const std::uint32_t flags = word();
    RNode result;
    result.type = static_cast<int>(flags & 0xff);
    switch (result.type) {
      case kNil:
        return result;
      case kReference:
        if (flags >> 8 == 0) word();
        return result;
      case kSymbol:
        result.text = node(depth + 1).text;
        return result;
      case kCharacters: {
        const std::uint32_t length = word();
        if (length != std::numeric_limits<std::uint32_t>::max()) result.text = take(length);  // else NA
        return result;
      }
      case kLogicals:
      case kIntegers:
        for (size_t left = count(); left > 0; --left) {
          result.integers.push_back(static_cast<std::int32_t>(word()));
        }
        break;
      case kStrings:
      case kList:
        for (size_t left = count(); left > 0; --left) result.children.push_back(node(depth + 1));
        break;
      default:
        fail(ErrorKind::kInput, "{}: R data of type {} at byte {}, expected strings, integers or lists",
             source_, result.type, place_ - 4);
    }
    if (flags & kHasAttributes) attributes(depth + 1, result);
    return result;
  }

  // A pair list of named values, of which only the names matter here.
  void attributes(int depth, RNode& owner) {
    for (;;) {
      const std::uint32_t flags = word();
      if ((flags & 0xff) == kNil) return;
      if ((flags & 0xff) != kPairList)
        fail(ErrorKind::kInput, "{}: R data with malformed attributes", source_);
      if (flags & kHasAttributes) node(depth);
      const std::string tag = flags & kHasTag ? node(depth).text : "";
      const RNode value = node(depth);
      if (tag != "names") continue;
      for (const RNode& name : value.children) owner.names.push_back(name.text);
    }
  }

  std::string_view bytes_;
  std::string_view source_;
  size_t place_ = 0;
};

std::vector<std::string> strings_of(const RNode& node, std::string_view source) {
  if (node.type != kStrings) {
    fail(ErrorKind::kInput, "{}: an R value of type {}, expected a vector of strings", source, node.type);
  }
  std::vector<std::string> lines;
  for (const RNode& child : node.children) lines.push_back(child.text);
  return lines;
}

std::uint32_t big_endian(std::string_view four) {
  std::uint32_t value = 0;
  for (const char byte : four) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string inflate_bytes(std::string_view compressed, size_t limit, std::string_view source) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) fail(ErrorKind::kInput, "{}: zlib does not start", source);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string result;
  char chunk[1 << 15];
  int status = Z_OK;
  while (status == Z_OK && result.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof(chunk);
    status = inflate(&stream, Z_NO_FLUSH);
    result.append(chunk, sizeof(chunk) - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result.size() > limit) fail(ErrorKind::kInput, "{}: unpacks to more than {} bytes", source, limit);
  if (status != Z_STREAM_END) fail(ErrorKind::kInput, "{}: a damaged or truncated zlib stream", source);
  return result;
}

std::vector<std::string> parse_r_strings(std::string_view serialized, std::string_view source) {
  return strings_of(Parser(serialized, source).parse(), source);
}

std::vector<RVariable> read_r_data(const std::string& stem) {
  const std::string index_path = stem + ".rdx", data_path = stem + ".rdb";
  const std::string index_bytes = inflate_bytes(read_text_file(index_path), kLargestIndex, index_path);
  const RNode index = Parser(index_bytes, index_path).parse();
  const std::string data = read_text_file(data_path);
  if (index.type != kList || index.children.empty())
    fail(ErrorKind::kInput, "{}: not an index of R data", index_path);
  const RNode& places = index.children[0];  // "variables": per name, an offset and a length
  if (places.names.size() != places.children.size()) {
    fail(ErrorKind::kInput, "{}: {} places for {} names", index_path, places.children.size(),
         places.names.size());
  }
  std::vector<RVariable> variables;
  for (size_t i = 0; i < places.children.size(); ++i) {
    const std::string source = data_path + ": " + places.names[i];
    const std::vector<std::int32_t>& place = places.children[i].integers;
    const bool fits = place.size() == 2 && place[0] >= 0 && place[1] > 4 &&
                      static_cast<size_t>(place[0]) + static_cast<size_t>(place[1]) <= data.size();
    if (!fits)
      fail(ErrorKind::kInput, "{}: its place lies outside the file of {} bytes", source, data.size());
    const std::string_view entry = std::string_view(data).substr(place[0], place[1]);
    const std::string serialized = inflate_bytes(entry.substr(4), kLargestVariable, source);
    if (serialized.size() != big_endian(entry.substr(0, 4))) {
      fail(ErrorKind::kInput, "{}: {} bytes unpacked, expected {}", source, serialized.size(),
           big_endian(entry.substr(0, 4)));
    }
    variables.push_back({places.names[i], parse_r_strings(serialized, source)});
  }
  return variables;
}

}  // namespace tessera
