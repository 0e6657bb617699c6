// Two routers side by side: two cycles a hop, and one wavelet a cycle on a single color, which needs every
// one of the four words of a FIFO.
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "tests/rtl/router/router_bench.h"

namespace tessera::rtl {
namespace {

constexpr int kColor = 6;

// A sender that behaves as a router's output does, on the west of the left router; a receiver on the ramp of
// the right one, whose credit is on the link `credit_delay` cycles after the wavelet was: 2 if it takes each
// word from its FIFO at once.
class Chain {
 public:
  explicit Chain(int credit_delay) : credits_to_come_(credit_delay, false) {
    left_.set_route(kPortWest, kColor, mask(kPortEast));
    right_.set_route(kPortWest, kColor, mask(kPortRamp));
  }

  // Returns whether a wavelet was on the ramp in this cycle.
  bool cycle(bool want_to_send) {
    const std::optional<sim::Wavelet> received = right_.out(kPortRamp);
    if (received) {
      EXPECT_EQ(*received, (sim::Wavelet{kColor, true, received_++}));
    }
    credits_to_come_.push_back(received.has_value());
    if (credits_to_come_.front()) right_.give_credit(kPortRamp, kColor);
    credits_to_come_.pop_front();

    right_.send_bits(kPortWest, left_.out_bits(kPortEast));
    left_.give_credit_bits(kPortEast, right_.returned_credit_bits(kPortWest));

    left_.send_bits(kPortWest, on_link_);
    on_link_ = 0;
    if (want_to_send && credits_ > 0) {
      on_link_ = sim::pack({kColor, true, sent_++});
      --credits_;
    }
    credits_ += left_.returned_credit(kPortWest).has_value();

    left_.cycle();
    right_.cycle();
    return received.has_value();
  }

 private:
  RouterBench left_, right_;
  sim::WaveletBits on_link_ = 0;
  std::deque<bool> credits_to_come_;
  int credits_ = kFifoDepth;
  uint32_t sent_ = 0, received_ = 0;
};

TEST(RouterChain, TwoCyclesAHop) {
  Chain chain(2);
  chain.cycle(true);  // granted by the sender; on the link in the next
  int cycles = 0;
  while (!chain.cycle(false)) ASSERT_LT(++cycles, 100);
  EXPECT_EQ(cycles, 4);
}

TEST(RouterChain, OneColorRunsAtFullRate) {
  Chain chain(2);
  while (!chain.cycle(true)) continue;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(chain.cycle(true)) << "a bubble in cycle " << i;
}

// The depth is exact: with one cycle more on the way there are four words in five cycles. This is what would
// be seen if the router itself took a cycle more.
TEST(RouterChain, OneMoreCycleOfCreditDelayCostsRate) {
  Chain chain(3);
  while (!chain.cycle(true)) continue;
  for (int i = 0; i < 50; ++i) chain.cycle(true);
  int received = 0;
  for (int i = 0; i < 1000; ++i) received += chain.cycle(true);
  EXPECT_EQ(received, 800);
}

}  // namespace
}  // namespace tessera::rtl
