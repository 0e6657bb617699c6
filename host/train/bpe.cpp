#include "host/train/bpe.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "host/error/error.h"

namespace tessera {
namespace {

bool is_word_sign(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '\''; }

struct Word {
  std::vector<int> pieces;
  std::int64_t count;
};

using Pair = std::pair<int, int>;

// While training, a symbol below 256 is a byte and the others are merges in order.
struct Merges {
  std::vector<Word> words;
  std::map<Pair, std::int64_t> pair_counts;
  std::vector<std::string> symbols;

  void count_word(const Word& word, std::int64_t sign) {
    for (size_t i = 0; i + 1 < word.pieces.size(); ++i) {
      const Pair pair{word.pieces[i], word.pieces[i + 1]};
      if ((pair_counts[pair] += sign * word.count) == 0) pair_counts.erase(pair);
    }
  }

  void merge(Pair pair) {
    const int merged = static_cast<int>(symbols.size());
    symbols.push_back(symbols[pair.first] + symbols[pair.second]);
    for (Word& word : words) {
      const auto is_pair = [&](size_t i) {
        return i + 1 < word.pieces.size() && Pair{word.pieces[i], word.pieces[i + 1]} == pair;
      };
      bool holds = false;
      for (size_t i = 0; i + 1 < word.pieces.size() && !holds; ++i) holds = is_pair(i);
      if (!holds) continue;
      count_word(word, -1);
      std::vector<int> pieces;
      for (size_t i = 0; i < word.pieces.size(); ++i) {
        const bool found = is_pair(i);
        pieces.push_back(found ? merged : word.pieces[i]);
        if (found) ++i;
      }
      word.pieces = std::move(pieces);
      count_word(word, 1);
    }
  }
};

Merges count_chunks(const std::vector<std::string>& texts) {
  std::map<std::string, std::int64_t> chunks;
  for (const std::string& text : texts) {
    const std::string spaced = ' ' + text;
    for (std::string_view rest = spaced; !rest.empty();) {
      const size_t length = chunk_length(rest);
      ++chunks[std::string(rest.substr(0, length))];
      rest.remove_prefix(length);
    }
  }
  Merges merges;
  for (int byte = 0; byte < 256; ++byte) merges.symbols.emplace_back(1, static_cast<char>(byte));
  for (const auto& [chunk, count] : chunks) {
    Word word{{}, count};
    for (const char c : chunk) word.pieces.push_back(static_cast<unsigned char>(c));
    merges.count_word(word, 1);
    merges.words.push_back(std::move(word));
  }
  return merges;
}

Tokenizer make_byte_tokenizer() {
  Tokenizer tokenizer;
  tokenizer.pieces = {"<unk>", "<s>", "</s>"};
  for (int byte = 0; byte < 256; ++byte) tokenizer.pieces.push_back(fmt::format("<0x{:02X}>", byte));
  tokenizer.scores.assign(tokenizer.pieces.size(), 0.0f);
  return tokenizer;
}

}  // namespace

size_t chunk_length(std::string_view text) {
  if (text[0] == '\n') return 1;
  const size_t first = text[0] == ' ' ? 1 : 0;
  if (first == text.size()) return first;
  const bool word = is_word_sign(text[first]);
  size_t end = first;
  while (end < text.size() && text[end] != ' ' && text[end] != '\n' && is_word_sign(text[end]) == word) ++end;
  return end;
}

Tokenizer train_tokenizer(const std::vector<std::string>& texts, int vocabulary) {
  // Room for the smallest merge: two characters that need pieces and the pair itself take three.
  if (vocabulary < kFirstMergedPiece + 2) {
    fail(ErrorKind::kConfig, "a vocabulary of {} pieces, expected at least {}", vocabulary,
         kFirstMergedPiece + 2);
  }
  Merges merges = count_chunks(texts);
  Tokenizer tokenizer = make_byte_tokenizer();
  const auto add_piece = [&](const std::string& piece) {
    tokenizer.scores.push_back(static_cast<float>(kFirstMergedPiece) -
                               static_cast<float>(tokenizer.pieces.size()));
    tokenizer.pieces.push_back(piece);
  };
  std::vector<bool> has_piece(256, false);
  const auto needs_piece = [&](int symbol) { return symbol < 256 && !has_piece[symbol]; };
  while (static_cast<int>(tokenizer.pieces.size()) < vocabulary) {
    const int room = vocabulary - static_cast<int>(tokenizer.pieces.size());
    Pair best{};
    std::int64_t best_count = 0;
    for (const auto& [pair, count] : merges.pair_counts) {
      const int cost = 1 + needs_piece(pair.first) + (pair.second != pair.first && needs_piece(pair.second));
      if (count > best_count && cost <= room) {
        best = pair;
        best_count = count;
      }
    }
    if (best_count < 2) {
      fail(ErrorKind::kInput, "the texts repeat too little to fill a vocabulary of {} pieces: {} found",
           vocabulary, tokenizer.pieces.size());
    }
    for (const int symbol : {best.first, best.second}) {
      if (!needs_piece(symbol)) continue;
      has_piece[symbol] = true;
      add_piece(merges.symbols[symbol]);
    }
    merges.merge(best);
    add_piece(merges.symbols.back());
  }
  return tokenizer;
}

ChunkEncoder::ChunkEncoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
  for (size_t id = 0; id < tokenizer.pieces.size(); ++id)
    ids_.emplace(tokenizer.pieces[id], static_cast<int>(id));
}

const std::vector<int>& ChunkEncoder::encode(std::string_view chunk) {
  const auto [place, is_new] = known_.try_emplace(std::string(chunk));
  std::vector<int>& tokens = place->second;
  if (!is_new) return tokens;
  for (const char c : chunk) {
    const auto found = ids_.find(std::string(1, c));
    tokens.push_back(found != ids_.end() ? found->second : kFirstBytePiece + static_cast<unsigned char>(c));
  }
  for (;;) {
    int best = -1;
    size_t best_place = 0;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto found = ids_.find(tokenizer_.pieces[tokens[i]] + tokenizer_.pieces[tokens[i + 1]]);
      if (found == ids_.end()) continue;
      if (best < 0 || tokenizer_.scores[found->second] > tokenizer_.scores[best]) {
        best = found->second;
        best_place = i;
      }
    }
    if (best < 0) return tokens;
    tokens[best_place] = best;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(best_place) + 1);
  }
}

}  // namespace tessera
