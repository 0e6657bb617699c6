#include "host/train/batches.h"

#include <algorithm>
#include <string_view>

#include "host/error/error.h"
#include "host/train/bpe.h"
#include "host/train/parameters.h"

namespace tessera {
namespace {

bool ends_sentence(char c) { return std::string_view(".?!:;\"").find(c) != std::string_view::npos; }
bool begins_sentence(char c) { return (c >= 'A' && c <= 'Z') || c == '"'; }

}  // namespace

TokenStream make_token_stream(const Tokenizer& tokenizer, const std::vector<std::string>& chapters) {
  ChunkEncoder encoder(tokenizer);
  TokenStream stream;
  for (const std::string& chapter : chapters) {
    stream.tokens.push_back(kBeginOfText);
    const std::string spaced = ' ' + chapter;
    for (size_t at = 0; at < spaced.size();) {
      const std::string_view chunk =
          std::string_view(spaced).substr(at, chunk_length(std::string_view(spaced).substr(at)));
      const bool sentence = chunk.size() > 1 && chunk[0] == ' ' && begins_sentence(chunk[1]);
      if (at == 0 || (sentence && ends_sentence(spaced[at - 1]))) {
        stream.starts.push_back(static_cast<int>(stream.tokens.size()));
      }
      const std::vector<int>& tokens = encoder.encode(chunk);
      stream.tokens.insert(stream.tokens.end(), tokens.begin(), tokens.end());
      at += chunk.size();
    }
    stream.tokens.push_back(kEndOfText);
  }
  return stream;
}

void fill_window(const TokenStream& stream, int start, int length, Window& window) {
  const auto first = stream.tokens.begin() + start;
  window.targets.assign(first, first + length);
  window.tokens.resize(length);
  window.tokens[0] = kBeginOfText;
  std::copy(first, first + (length - 1), window.tokens.begin() + 1);
}

int choose_start(const TokenStream& stream, std::uint64_t seed, int step, int index) {
  Random random{seed ^ (static_cast<std::uint64_t>(step) << 20 | static_cast<std::uint64_t>(index))};
  next_random(random);
  return stream.starts[random_below(random, stream.starts.size())];
}

void keep_whole_windows(TokenStream& stream, int length, const std::string& what) {
  const int last = static_cast<int>(stream.tokens.size()) - length;
  std::erase_if(stream.starts, [&](int start) { return start > last; });
  if (stream.starts.empty()) {
    fail(ErrorKind::kInput, "the {} text has {} tokens, too few for a context of {}", what,
         stream.tokens.size(), length);
  }
}

std::vector<int> successive_starts(const TokenStream& stream, int length, int stride) {
  std::vector<int> chosen;
  int free_from = 0, seen = 0;
  for (const int start : stream.starts) {
    if (start < free_from) continue;
    if (seen++ % stride == 0) chosen.push_back(start);
    free_from = start + length;
  }
  return chosen;
}

std::int64_t count_bytes(const Tokenizer& tokenizer, std::span<const int> tokens) {
  std::int64_t bytes = 0;
  for (const int token : tokens) {
    if (token >= kFirstMergedPiece) bytes += static_cast<std::int64_t>(tokenizer.pieces[token].size());
    if (token >= kFirstBytePiece && token < kFirstMergedPiece) ++bytes;
  }
  return bytes;
}

}  // namespace tessera
