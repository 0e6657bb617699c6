#include "sim/edge_link.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tessera::sim
