// Damaged copies of good files, for readers that must refuse or read them and never fall over.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace tessera {

// `bytes` with one thing wrong: a byte, a bit or an aligned 32-bit number changed (often to one at the end of
// a range, an infinity or a NaN), a piece left out, doubled or put in, or the end missing. May be equal to
// `bytes`.
std::string damaged(const std::string& bytes, std::mt19937_64& random);

}  // namespace tessera
