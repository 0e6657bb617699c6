// A token on the wafer, as host and checker know it.
#pragma once

#include <bit>
#include <cstdint>

#include "tessera_constants.h"

namespace tessera {

struct AdmittedToken {
  int request = 0;
  int slot = 0;
  int position = 0;
  int token = 0;
  int tag = 0;
  std::uint32_t flags = 0;     // HeaderFlag*
  std::uint64_t admitted = 0;  // the cycle in which its message may enter the wafer
};

inline std::uint32_t header_word(const AdmittedToken& token, int part) {
  rtl::Header header{};
  header.position = static_cast<std::uint32_t>(token.position);
  header.slot = static_cast<std::uint32_t>(token.slot);
  header.tag = static_cast<std::uint32_t>(token.tag);
  header.part = static_cast<std::uint32_t>(part);
  header.flags = token.flags;
  return std::bit_cast<std::uint32_t>(header);
}

}  // namespace tessera
