// Training a byte-pair tokenizer in llama2.c's format.
//
// Texts are cut into chunks - a word, or a run of other signs, either with the space before it, or a newline
// - and pieces grow within chunks only. A single character that takes part in merges has a piece of its own,
// as llama2.c's encoder asks for; every other byte is written with its byte piece <0xHH>. A piece's score is
// minus the rank of its merge, so that greedy merging by best score replays the merges in their order.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/model/tokenizer.h"

namespace tessera {

inline constexpr int kFirstBytePiece = 3;
inline constexpr int kFirstMergedPiece = kFirstBytePiece + 256;

// The length in bytes of the chunk that begins at `text`'s first byte; `text` is not empty.
size_t chunk_length(std::string_view text);

// Learns exactly `vocabulary` pieces from the texts, each of which is read with a space put in front. Throws
// Error(kConfig) when the vocabulary is below 261 and Error(kInput) when the texts are too short to fill it.
Tokenizer train_tokenizer(const std::vector<std::string>& texts, int vocabulary);

// Encodes chunk by chunk with a memory of the chunks seen. Gives what Tokenizer::encode gives for a tokenizer
// of train_tokenizer(), without its kBeginOfText and without the space in front.
class ChunkEncoder {
 public:
  explicit ChunkEncoder(const Tokenizer& tokenizer);
  const std::vector<int>& encode(std::string_view chunk);

 private:
  const Tokenizer& tokenizer_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<std::string, std::vector<int>> known_;
};

}  // namespace tessera
