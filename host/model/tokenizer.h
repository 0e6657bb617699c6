// llama2.c tokenizers: int32 longest piece, then per piece a float32 score, an int32 length and its bytes.
// Ids 0 <unk>, 1 <s>, 2 </s>, 3 to 258 single bytes <0xHH>, then merged pieces. Encoding is greedy merging of
// the adjacent pair with the best score, with a space put in front of the text, as llama2.c does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera {

inline constexpr int kBeginOfText = 1;
inline constexpr int kEndOfText = 2;

struct Tokenizer {
  std::vector<std::string> pieces;
  std::vector<float> scores;

  // Token ids of a text; begins with kBeginOfText.
  std::vector<int> encode(std::string_view text) const;
  // The bytes a token adds after `previous` (a leading space is dropped right after kBeginOfText).
  std::string decode(int previous, int token) const;
};

// Reads a tokenizer of exactly `vocabulary` pieces; throws Error(kInput) naming what does not fit.
Tokenizer read_tokenizer(const std::string& path, int vocabulary);
void write_tokenizer(const std::string& path, const Tokenizer& tokenizer);

}  // namespace tessera
