// The corpus as tokens, and the windows of it that training and validation look at.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/model/tokenizer.h"

namespace tessera {

// Chapters one after another, each between kBeginOfText and kEndOfText.
struct TokenStream {
  std::vector<int> tokens;
  // Places where a sentence begins with a space, as a prompt's first token does: a window from there reads
  // like the beginning of a text.
  std::vector<int> starts;
};

TokenStream make_token_stream(const Tokenizer& tokenizer, const std::vector<std::string>& chapters);

// A window of `length` positions from a start: kBeginOfText and then the stream; the targets are the tokens
// that follow each position.
struct Window {
  std::vector<int> tokens;
  std::vector<int> targets;
};

void fill_window(const TokenStream& stream, int start, int length, Window& window);

// The start of the `index`th window of a step: a function of the seed, the step and the index alone.
int choose_start(const TokenStream& stream, std::uint64_t seed, int step, int index);

// Drops the starts too close to the end for a window of `length` positions. Throws Error(kInput), naming
// `what`, when none is left.
void keep_whole_windows(TokenStream& stream, int length, const std::string& what);

// Starts of windows that follow each other without overlap, every `stride`th of them.
std::vector<int> successive_starts(const TokenStream& stream, int length, int stride);

// The bytes of text that the tokens stand for (kBeginOfText, kEndOfText and the like count none).
std::int64_t count_bytes(const Tokenizer& tokenizer, std::span<const int> tokens);

}  // namespace tessera
