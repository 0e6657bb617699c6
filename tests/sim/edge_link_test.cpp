#include "sim/edge_link.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "host/error/error.h"

namespace tessera::sim {
namespace {

class EdgeLinkTest : public testing::Test {
 protected:
  // One cycle of an engine: a link that is not on the list does nothing.
  EdgeLink::Outputs step(WaveletBits wavelet = 0, CreditBits credit = 0) {
    if (wavelet != 0 || credit != 0) link_.wake();
    ++cycle_;
    if (active_.empty()) return {};
    EXPECT_EQ(active_.size(), 1u);
    active_.clear();
    return link_.step(cycle_, wavelet, credit);
  }

  std::vector<EdgeLink*> active_;
  EdgeLink link_{&active_, "edge link west 0", 0};
  uint64_t cycle_ = 0;
};

TEST_F(EdgeLinkTest, FourWaveletsOfAColorWithoutCreditsThenOneForEach) {
  for (uint32_t i = 0; i < 6; ++i) link_.send({3, false, i});
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(step().wavelet, pack({3, false, i}));
  EXPECT_EQ(step().wavelet, 0u);
  EXPECT_TRUE(active_.empty());
  EXPECT_EQ(link_.unsent(), 2u);
  EXPECT_EQ(step(0, pack_credit(3)).wavelet, 0u);  // usable in the next cycle
  EXPECT_EQ(step().wavelet, pack({3, false, 4}));
  EXPECT_EQ(step(0, pack_credit(3)).wavelet, 0u);
  EXPECT_EQ(step().wavelet, pack({3, false, 5}));
  EXPECT_EQ(link_.unsent(), 0u);
}

TEST_F(EdgeLinkTest, AColorWithoutCreditsDoesNotStopAnother) {
  for (uint32_t i = 0; i < 5; ++i) link_.send({2, false, i});
  link_.send({9, true, 77});
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(step().wavelet, pack({2, false, i}));
  EXPECT_EQ(step().wavelet, pack({9, true, 77}));
}

TEST_F(EdgeLinkTest, TakesOneACycleAndReturnsItsCredit) {
  EXPECT_EQ(step(pack({4, false, 1})).credit, 0);
  EXPECT_EQ(step(pack({4, true, 2})).credit, pack_credit(4));
  EXPECT_FALSE(link_.poll_received_last());
  EXPECT_EQ(step().credit, pack_credit(4));
  EXPECT_TRUE(link_.poll_received_last());
  EXPECT_FALSE(link_.poll_received_last());
  EXPECT_EQ(step().credit, 0);
  const auto first = link_.receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->cycle, 1u);
  EXPECT_EQ(first->wavelet, (Wavelet{4, false, 1}));
  EXPECT_EQ(link_.receive()->wavelet, (Wavelet{4, true, 2}));
  EXPECT_FALSE(link_.receive());
}

TEST_F(EdgeLinkTest, AHeldColorKeepsItsPlaces) {
  link_.hold(4);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(step(pack({4, false, i})).credit, 0);
  EXPECT_EQ(step(pack({5, false, 9})).credit, 0);
  EXPECT_EQ(step().credit, pack_credit(5));
  EXPECT_TRUE(active_.empty());
  link_.release(4);
  for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(step().credit, pack_credit(4));
  EXPECT_EQ(step().credit, 0);
}

TEST_F(EdgeLinkTest, RefusesWhatBreaksFlowControl) {
  EXPECT_THROW(step(0, pack_credit(2)), Error);  // all four are here
  link_.hold(4);
  for (uint32_t i = 0; i < 4; ++i) step(pack({4, false, i}));
  EXPECT_THROW(step(pack({4, false, 5})), Error);
}

// What comes and goes is random; at some time another link takes over.
TEST(EdgeLinkState, ALinkGoesOnFromAnothersState) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::vector<EdgeLink*> active, other_active;
    EdgeLink link(&active, "one", 3);
    EdgeLink other(&other_active, "other", 3);
    std::array<int, rtl::kColorCount> places;  // of the tile, to send to the link
    std::vector<int> owed;                     // colors of credits
    places.fill(rtl::kFifoDepth);
    const auto handover = 20 + random() % 200;
    for (uint64_t cycle = 0; cycle < 400; ++cycle) {
      const bool both = cycle > handover;
      if (cycle == handover) other.restore(link.state());
      const auto act = [&](const auto& what) {
        what(link);
        if (both || cycle == handover) what(other);
      };
      const auto color = static_cast<uint8_t>(random() % 3);
      const auto data = static_cast<uint32_t>(random());
      switch (random() % 6) {
        case 0:
        case 1:
          act([&](EdgeLink& to) { to.send({color, data % 2 == 0, data}); });
          break;
        case 2:
          act([&](EdgeLink& to) { to.hold(color); });
          break;
        case 3:
          act([&](EdgeLink& to) { to.release(color); });
          break;
        case 4: {
          const auto received = link.receive();
          if (both || cycle == handover) {
            EXPECT_EQ(received, other.receive());
          }
          break;
        }
      }
      WaveletBits wavelet = 0;
      CreditBits credit = 0;
      if (random() % 2 == 0 && places[color] > 0) {
        --places[color];
        wavelet = pack({color, data % 3 == 0, ~data});
      }
      if (!owed.empty() && random() % 3 == 0) {
        credit = pack_credit(owed.back());
        owed.pop_back();
      }
      const auto step = [&](EdgeLink& to, std::vector<EdgeLink*>& list) -> EdgeLink::Outputs {
        if (wavelet != 0 || credit != 0) to.wake();
        if (list.empty()) return {};
        list.clear();
        const EdgeLink::Outputs outputs = to.step(cycle, wavelet, credit);
        to.poll_received_last();
        return outputs;
      };
      const EdgeLink::Outputs outputs = step(link, active);
      if (outputs.wavelet != 0) owed.push_back(unpack(outputs.wavelet).color);
      if (outputs.credit != 0) ++places[outputs.credit & (rtl::kColorCount - 1)];
      if (!both && cycle != handover) continue;
      const EdgeLink::Outputs others = step(other, other_active);
      ASSERT_EQ(outputs.wavelet, others.wavelet) << "cycle " << cycle;
      ASSERT_EQ(outputs.credit, others.credit) << "cycle " << cycle;
      ASSERT_EQ(active.empty(), other_active.empty()) << "cycle " << cycle;
      ASSERT_EQ(link.state(), other.state()) << "cycle " << cycle;
      ASSERT_EQ(link.unsent(), other.unsent()) << "cycle " << cycle;
    }
  }
}

// The host and the engine in two processes, against both in one: random acts between runs of random cycles.
TEST(EdgeLinkInTwoPlaces, IsOneLink) {
  std::mt19937 random(17);
  std::vector<EdgeLink*> active;
  std::vector<EdgeLink*> host_active;
  std::vector<EdgeLink*> engine_active;
  EdgeLink link{&active, "edge link west 0", 0};
  EdgeLink host{&host_active, "edge link west 0", 0};
  EdgeLink engine{&engine_active, "edge link west 0", 0};
  const auto step = [](EdgeLink& of, std::vector<EdgeLink*>& list, uint64_t cycle, WaveletBits wavelet,
                       CreditBits credit) {
    if (wavelet != 0 || credit != 0) of.wake();
    if (list.empty()) return EdgeLink::Outputs{};
    list.clear();
    return of.step(cycle, wavelet, credit);
  };
  std::array<int, rtl::kColorCount> tile_credits;  // the tile's, and what it owes
  tile_credits.fill(rtl::kFifoDepth);
  std::array<int, rtl::kColorCount> owed{};
  uint64_t cycle = 0;
  for (int round = 0; round < 2000; ++round) {
    for (unsigned act = random() % 4; act > 0; --act) {
      const int color = static_cast<int>(random() % 3);
      const Wavelet wavelet{static_cast<uint8_t>(color), random() % 3 == 0, static_cast<uint32_t>(random())};
      const unsigned what = random() % 4;
      for (EdgeLink* of : {&link, &host}) {
        if (what < 2) of->send(wavelet);
        if (what == 2) of->hold(color);
        if (what == 3) of->release(color);
      }
      EXPECT_EQ(host.unsent(), link.unsent());
    }
    engine.put_mail(host.take_mail());
    host_active.clear();
    EXPECT_EQ(engine_active.size(), active.size());
    for (unsigned cycles = random() % 6; cycles > 0; --cycles, ++cycle) {
      const int color = static_cast<int>(random() % 3);
      WaveletBits wavelet = 0;
      CreditBits credit = 0;
      if (random() % 2 == 0 && tile_credits[color] > 0) {
        --tile_credits[color];
        wavelet = pack({static_cast<uint8_t>(color), random() % 4 == 0, static_cast<uint32_t>(random())});
      }
      if (random() % 2 == 0 && owed[color] > 0) {
        --owed[color];
        credit = pack_credit(color);
      }
      const EdgeLink::Outputs expected = step(link, active, cycle, wavelet, credit);
      const EdgeLink::Outputs outputs = step(engine, engine_active, cycle, wavelet, credit);
      EXPECT_EQ(outputs.wavelet, expected.wavelet);
      EXPECT_EQ(outputs.credit, expected.credit);
      EXPECT_EQ(engine.poll_received_last(), link.poll_received_last());
      if (outputs.wavelet != 0) ++owed[unpack(outputs.wavelet).color];
      if (outputs.credit != 0) ++tile_credits[outputs.credit & (rtl::kColorCount - 1)];
    }
    host.put_news(engine.take_news());
    EXPECT_EQ(host.unsent(), link.unsent());
    EXPECT_EQ(host.takes(), link.takes());
    while (const auto received = link.receive()) {
      const auto same = host.receive();
      ASSERT_TRUE(same);
      EXPECT_EQ(same->cycle, received->cycle);
      EXPECT_EQ(same->wavelet, received->wavelet);
    }
    EXPECT_FALSE(host.receive());
  }
}

}  // namespace
}  // namespace tessera::sim
