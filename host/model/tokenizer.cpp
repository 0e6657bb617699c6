#include "host/model/tokenizer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <queue>
#include <unordered_map>

#include "host/error/error.h"
#include "host/model/files.h"

namespace tessera {
namespace {

constexpr int kUnknown = 0;
constexpr int kFirstByte = 3;                // the piece of byte b is kFirstByte + b
constexpr float kLowestMergeScore = -1e10f;  // llama2.c merges no pair at or below it
constexpr int kLongestCodepoint = 4;         // bytes of UTF-8

using PieceIds = std::unordered_map<std::string_view, int>;

PieceIds index_pieces(const std::vector<std::string>& pieces) {
  PieceIds ids;
  ids.reserve(pieces.size());
  for (std::size_t id = 0; id < pieces.size(); ++id) ids.try_emplace(pieces[id], static_cast<int>(id));
  return ids;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// One id per UTF-8 character that is a piece, else one per byte; a space comes first.
std::vector<int> encode_characters(std::string_view text, const PieceIds& ids, std::size_t vocabulary) {
  std::vector<int> tokens;
  const auto append = [&](std::string_view character) {
    if (const auto found = ids.find(character); found != ids.end()) {
      tokens.push_back(found->second);
      return;
    }
    for (const char byte : character) {
      const std::size_t id = kFirstByte + static_cast<unsigned char>(byte);
      tokens.push_back(id < vocabulary ? static_cast<int>(id) : kUnknown);
    }
  };
  append(" ");
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && end - begin < kLongestCodepoint && is_continuation(text[end])) ++end;
    append(text.substr(begin, end - begin));
    begin = end;
  }
  return tokens;
}

// The tokens of a text as a linked list, and the merges that are possible in it, best first. A merge replaces
// its left token and takes the right one out; what it made stale is noticed when it is popped.
struct MergeList {
  struct Merge {
    float score;
    int left, right;              // places in the list
    int left_token, right_token;  // what stood there when the merge was found
    int merged_token;
    bool operator<(const Merge& other) const {  // of equal scores the leftmost is best
      return score != other.score ? score < other.score : left > other.left;
    }
  };

  const Tokenizer& tokenizer;
  const PieceIds& ids;
  std::vector<int> tokens;  // -1: merged away
  std::vector<int> previous, next;
  std::priority_queue<Merge> merges;
  std::string joined = {};

  void find_merge(int left) {
    if (left < 0 || next[left] < 0) return;
    const int right = next[left];
    joined = tokenizer.pieces[tokens[left]];
    joined += tokenizer.pieces[tokens[right]];
    const auto found = ids.find(joined);
    if (found == ids.end() || !(tokenizer.scores[found->second] > kLowestMergeScore)) return;
    merges.push({tokenizer.scores[found->second], left, right, tokens[left], tokens[right], found->second});
  }

  void apply(const Merge& merge) {
    const bool stale = tokens[merge.left] != merge.left_token || tokens[merge.right] != merge.right_token ||
                       next[merge.left] != merge.right;
    if (stale) return;
    tokens[merge.left] = merge.merged_token;
    tokens[merge.right] = -1;
    next[merge.left] = next[merge.right];
    if (next[merge.left] >= 0) previous[next[merge.left]] = merge.left;
    find_merge(previous[merge.left]);
    find_merge(merge.left);
  }
};

std::vector<int> merge_tokens(const Tokenizer& tokenizer, const PieceIds& ids, std::vector<int> tokens) {
  const int count = static_cast<int>(tokens.size());
  MergeList list{tokenizer, ids, std::move(tokens), std::vector<int>(count), std::vector<int>(count), {}};
  for (int i = 0; i < count; ++i) {
    list.previous[i] = i - 1;
    list.next[i] = i + 1 < count ? i + 1 : -1;
  }
  for (int i = 0; i < count; ++i) list.find_merge(i);
  while (!list.merges.empty()) {
    const MergeList::Merge merge = list.merges.top();
    list.merges.pop();
    list.apply(merge);
  }
  std::erase(list.tokens, -1);
  return list.tokens;
}

template <typename T>
T read_value(InputFile& file, const std::string& path, std::size_t piece, int vocabulary) {
  T value{};
  file.stream.read(reinterpret_cast<char*>(&value), sizeof(value));
  if (!file.stream) {
    fail(ErrorKind::kInput,
         "{}: ends within piece {}, expected {} pieces as the checkpoint's vocabulary says", path, piece,
         vocabulary);
  }
  return value;
}

}  // namespace

std::vector<int> Tokenizer::encode(std::string_view text) const {
  std::vector<int> tokens = {kBeginOfText};
  if (text.empty()) return tokens;
  const PieceIds ids = index_pieces(pieces);
  const std::vector<int> merged = merge_tokens(*this, ids, encode_characters(text, ids, pieces.size()));
  tokens.insert(tokens.end(), merged.begin(), merged.end());
  return tokens;
}

std::string Tokenizer::decode(int previous, int token) const {
  if (token < 0 || static_cast<std::size_t>(token) >= pieces.size()) {
    fail(ErrorKind::kRequest, "token {} is not in the vocabulary of {}", token, pieces.size());
  }
  const std::string& piece = pieces[token];
  if (previous == kBeginOfText && piece.starts_with(' ')) return piece.substr(1);
  unsigned byte = 0;
  if (piece.size() == 6 && std::sscanf(piece.c_str(), "<0x%02X>", &byte) == 1) {
    return std::string(1, static_cast<char>(byte));
  }
  return piece;
}

Tokenizer read_tokenizer(const std::string& path, int vocabulary) {
  InputFile file = open_input(path, "a llama2.c tokenizer");
  const auto longest = read_value<std::int32_t>(file, path, 0, vocabulary);
  if (longest < 1 || static_cast<std::uint64_t>(longest) > file.bytes) {
    fail(ErrorKind::kInput, "{}: the longest piece has {} bytes, expected 1 to the file's length", path,
         longest);
  }
  Tokenizer tokenizer;
  for (int id = 0; id < vocabulary; ++id) {
    const auto score = read_value<float>(file, path, id, vocabulary);
    const auto length = read_value<std::int32_t>(file, path, id, vocabulary);
    if (!std::isfinite(score)) {
      fail(ErrorKind::kInput, "{}: piece {} has score {}, expected a finite number", path, id, score);
    }
    if (length < 0 || length > longest) {
      fail(ErrorKind::kInput, "{}: piece {} has {} bytes, expected 0 to {}", path, id, length, longest);
    }
    std::string piece(length, '\0');
    file.stream.read(piece.data(), length);
    if (!file.stream) fail(ErrorKind::kInput, "{}: ends within the {} bytes of piece {}", path, length, id);
    tokenizer.pieces.push_back(std::move(piece));
    tokenizer.scores.push_back(score);
  }
  const auto read = static_cast<std::uint64_t>(file.stream.tellg());
  if (read != file.bytes) {
    fail(ErrorKind::kInput,
         "{}: {} bytes follow piece {}, expected exactly {} pieces as the checkpoint's vocabulary says", path,
         file.bytes - read, vocabulary - 1, vocabulary);
  }
  return tokenizer;
}

void write_tokenizer(const std::string& path, const Tokenizer& tokenizer) {
  std::size_t longest = 1;
  for (const std::string& piece : tokenizer.pieces) longest = std::max(longest, piece.size());
  OutputFile file(path);
  const auto longest_field = static_cast<std::int32_t>(longest);
  file.write(&longest_field, sizeof(longest_field));
  for (std::size_t id = 0; id < tokenizer.pieces.size(); ++id) {
    const std::string& piece = tokenizer.pieces[id];
    const auto length = static_cast<std::int32_t>(piece.size());
    file.write(&tokenizer.scores[id], sizeof(float));
    file.write(&length, sizeof(length));
    file.write(piece.data(), piece.size());
  }
  file.commit();
}

}  // namespace tessera
