// A router whose outputs, credits and errors are written down, cycle by cycle.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/rtl/router/router_bench.h"

namespace tessera::rtl {

inline constexpr int kDepth = kFifoDepth;

class RouterTest : public ::testing::Test {
 protected:
  // Puts words on an input, one a cycle, whether there are credits or not, and goes on for some cycles.
  void send_all(int port, const std::vector<sim::Wavelet>& words, int more_cycles = 4) {
    for (const sim::Wavelet& word : words) {
      router.send(port, word);
      cycle();
    }
    for (int i = 0; i < more_cycles; ++i) cycle();
  }

  void cycle() {
    router.cycle();
    for (int port = 0; port < kPorts; ++port) {
      if (auto wavelet = router.out(port)) seen[port].push_back(*wavelet);
      if (auto color = router.returned_credit(port)) returned[port].push_back(*color);
    }
    if (auto error = router.error()) errors.push_back(*error);
  }

  void forget() {
    seen = {};
    returned = {};
    errors.clear();
  }

  RouterBench router;
  std::array<std::vector<sim::Wavelet>, kPorts> seen;  // by output
  std::array<std::vector<int>, kPorts> returned;       // colors of credits, by input
  std::vector<RouterError> errors;
};

}  // namespace tessera::rtl
