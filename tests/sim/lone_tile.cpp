#include "tests/sim/lone_tile.h"

namespace tessera::sim {

LoneTile::LoneTile() {
  const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
  root().link_present_i = 0b1111;
  for (const bool running : {true, false, true}) {
    root().rst_ni = running;
    model.eval();
  }
}

std::vector<uint8_t> LoneTile::sram() const {
  std::vector<uint8_t> bytes(rtl::kSramBytes);
  memory.sram.read(0, bytes);
  return bytes;
}

LinkTraffic::LinkTraffic(unsigned seed) : random_(seed) {
  for (auto& of_port : credits_) of_port.fill(rtl::kFifoDepth);
}

Wavelet LinkTraffic::random_wavelet(uint8_t color) {
  const uint32_t addresses[] = {rtl::kSramBase, rtl::kRegisterBase, rtl::kInstructionBase, rtl::kRegCoreRun};
  uint32_t data = random_() % 2 == 0 ? static_cast<uint32_t>(random_()) : random_() % 64;
  if (random_() % 2 == 0) data = addresses[random_() % 4] + 4 * (random_() % 256);
  if (random_() % 4 == 0) data = rtl::kRequestWrite << 2;
  return {color, random_() % 4 == 0, data};
}

TileInputs LinkTraffic::next(const TileOutputs& outputs) {
  std::array<WaveletBits, 4> wavelet = {};
  std::array<CreditBits, 4> credit = {};
  for (uint32_t port = 0; port < 4; ++port) {
    const auto color =
        static_cast<uint8_t>(random_() % 3 == 0 ? random_() % rtl::kColorCount : rtl::kRequestColor);
    if (random_() % 4 == 0 && credits_[port][color] > 0 && color != rtl::kResponseColor) {
      --credits_[port][color];
      wavelet[port] = pack(random_wavelet(color));
    }
    if (outputs.credit[port] >> kCreditValid & 1) ++credits_[port][outputs.credit[port] & 15];
    if (outputs.wavelet[port] >> kWaveletValid & 1) {
      credit[port] = pack_credit(unpack(outputs.wavelet[port]).color);
      ++taken_;
    }
  }
  return {cycle_++,  wavelet[0], wavelet[1], wavelet[2], wavelet[3],
          credit[0], credit[1],  credit[2],  credit[3]};
}

}  // namespace tessera::sim
