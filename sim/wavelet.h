// A wavelet on a link, in the bits of wavelet_t, and its fields.
#pragma once

#include <cstdint>

#include "tessera_constants.h"

namespace tessera::sim {

// wavelet_t and credit_t as a link carries them. 0 is an empty link; without the valid bit the rest means
// nothing.
using WaveletBits = uint64_t;
using CreditBits = uint8_t;
inline constexpr int kWaveletValid = rtl::kWaveletWidth - 1;
inline constexpr int kCreditValid = rtl::kCreditWidth - 1;

struct Wavelet {
  uint8_t color = 0;
  bool last = false;
  uint32_t data = 0;

  friend bool operator==(const Wavelet&, const Wavelet&) = default;
};

constexpr WaveletBits pack(const Wavelet& wavelet) {
  return uint64_t{1} << kWaveletValid | uint64_t{wavelet.color} << (rtl::kDataWidth + 1) |
         uint64_t{wavelet.last} << rtl::kDataWidth | wavelet.data;
}

constexpr Wavelet unpack(WaveletBits bits) {
  return {static_cast<uint8_t>(bits >> (rtl::kDataWidth + 1) & (rtl::kColorCount - 1)),
          (bits >> rtl::kDataWidth & 1) != 0, static_cast<uint32_t>(bits)};
}

constexpr CreditBits pack_credit(int color) { return static_cast<CreditBits>(1 << kCreditValid | color); }

}  // namespace tessera::sim
