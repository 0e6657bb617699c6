// The King James text as the Debian package bible-kjv-text carries it: one file of independently compressed
// windows, each the code stream of the Unix program compress (LZW of 9 to 16 bits), which unpack to lines
// like "Ge1:1 In the beginning God created the heaven and the earth."
#pragma once

#include <string>
#include <string_view>

namespace tessera {

// The whole text. Throws Error(kInput) for a missing or damaged file.
std::string read_bible_data(const std::string& path);

// The same from the file's bytes; `source` names it in errors.
std::string unpack_bible_data(std::string_view bytes, std::string_view source);

// One code stream of compress: block mode, codes of at most 16 bits, without the three bytes of its header.
// Throws Error(kInput) for an impossible code or a result of more than `limit` bytes.
std::string unpack_lzw(std::string_view codes, size_t limit, std::string_view source);

}  // namespace tessera
