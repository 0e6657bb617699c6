// The generated way to run a tile through a cycle against eval(), on two tiles that get the same.
#include "tile_cycle.h"

#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <random>

#include "sim/host_memory.h"
#include "sim/tile_ports.h"

namespace tessera::sim {
namespace {

class Tile {
 public:
  Tile() {
    const MemoryBinding binding([&](std::string_view) -> TileMemory& { return memory; });
    model.rootp->link_present_i = 0b1111;
    for (const bool running : {true, false, true}) {
      model.rootp->rst_ni = running;
      model.eval();
    }
  }

  // Verilator finds a model's context through the thread.
  ~Tile() { Verilated::threadContextp(&context); }

  TileMemory memory;
  VerilatedContext context;
  Vtile model{&context};
};

TEST(TileCycle, IsDirectWithTheVerilatorItWasWrittenFor) {
  if (std::string(Verilated::productVersion()).find("5.006") != std::string::npos) {
    EXPECT_TRUE(kTileCycleIsDirect);
  }
}

// Whatever comes over the links, as long as there are credits for it: requests of random words (their first
// ones such that many mean something), and wavelets of all colors, with and without routes.
TEST(TileCycle, DirectAndByEvalAreTheSame) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    Tile direct;
    Tile by_eval;
    std::array<std::array<int, rtl::kColorCount>, 4> credits;
    for (auto& of_port : credits) of_port.fill(rtl::kFifoDepth);
    TileOutputs outputs;
    size_t sent = 0;

    for (uint32_t cycle = 0; cycle < 3000; ++cycle) {
      std::array<WaveletBits, 4> wavelet = {};
      std::array<CreditBits, 4> credit = {};
      for (uint32_t port = 0; port < 4; ++port) {
        const auto color =
            static_cast<uint8_t>(random() % 3 == 0 ? random() % rtl::kColorCount : rtl::kRequestColor);
        if (random() % 4 == 0 && credits[port][color] > 0 && color != rtl::kResponseColor) {
          --credits[port][color];
          const uint32_t addresses[] = {rtl::kSramBase, rtl::kRegisterBase, rtl::kInstructionBase,
                                        rtl::kRegCoreRun};
          uint32_t data = random() % 2 == 0 ? static_cast<uint32_t>(random()) : random() % 64;
          if (random() % 2 == 0) data = addresses[random() % 4] + 4 * (random() % 256);
          if (random() % 4 == 0) data = rtl::kRequestWrite << 2;
          wavelet[port] = pack({color, random() % 4 == 0, data});
        }
        // What the tile sent is taken at once.
        if (outputs.credit[port] >> kCreditValid & 1) ++credits[port][outputs.credit[port] & 15];
        if (outputs.wavelet[port] >> kWaveletValid & 1) {
          credit[port] = pack_credit(unpack(outputs.wavelet[port]).color);
          ++sent;
        }
      }
      const TileInputs inputs{cycle,     wavelet[0], wavelet[1], wavelet[2], wavelet[3],
                              credit[0], credit[1],  credit[2],  credit[3]};
      set_inputs(*direct.model.rootp, inputs);
      tile_cycle(direct.model);
      set_inputs(*by_eval.model.rootp, inputs);
      tile_cycle_by_eval(by_eval.model);
      outputs = outputs_of(*direct.model.rootp);
      ASSERT_EQ(outputs, outputs_of(*by_eval.model.rootp)) << "cycle " << cycle;
    }
    EXPECT_GT(sent, 0u);
    std::vector<uint8_t> memories[2];
    for (Tile* tile : {&direct, &by_eval}) {
      auto& bytes = memories[tile == &direct];
      bytes.resize(rtl::kSramBytes);
      tile->memory.sram.read(0, bytes);
    }
    EXPECT_EQ(memories[0], memories[1]);
  }
}

}  // namespace
}  // namespace tessera::sim
