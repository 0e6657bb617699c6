// What one router does, rule by rule (docs/tile.md, "Router"): the ways of words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "tests/rtl/router/router_fixture.h"

namespace tessera::rtl {
namespace {

using sim::Wavelet;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using PerColor = std::array<int, kColors>;

TEST_F(RouterTest, WaveletTakesTwoCyclesFromEveryInputToEveryOutput) {
  for (int in = 0; in < kPorts; ++in) {
    for (int out = 0; out < kPorts; ++out) {
      if (in == out) continue;
      for (int color = kFirstDataColor; color < kColors; ++color) {
        router.set_route(in, color, mask(out));
        const Wavelet word{static_cast<uint8_t>(color), (color & 1) != 0,
                           0x9abcdef0u + color + in * 64 + out * 1024};
        router.send(in, word);
        cycle();
        for (int port = 0; port < kPorts; ++port) EXPECT_EQ(router.out_bits(port), 0u);
        EXPECT_EQ(router.returned_credit_bits(in), 0);
        cycle();
        for (int port = 0; port < kPorts; ++port) {
          EXPECT_EQ(router.out_bits(port), port == out ? sim::pack(word) : 0u) << in << " to " << port;
          EXPECT_EQ(router.returned_credit_bits(port), port == in ? sim::pack_credit(color) : 0);
        }
        router.give_credit(out, color);
        cycle();
        for (int port = 0; port < kPorts; ++port) EXPECT_EQ(router.out_bits(port), 0u);
        if (!word.last) {  // leave no message open
          send_all(in, {{word.color, true, 0}}, 2);
          router.give_credit(out, color);
          cycle();
        }
      }
    }
  }
  EXPECT_THAT(errors, IsEmpty());
}

TEST_F(RouterTest, MulticastLeavesOnAllOutputsInTheSameCycle) {
  for (int in = 0; in < kPorts; ++in) {
    uint32_t others = 0;
    for (int out = 0; out < kPorts; ++out) others |= out == in ? 0 : mask(out);
    router.set_route(in, 4, others);
    const Wavelet word{4, true, 77u + in};
    router.send(in, word);
    cycle();
    cycle();
    for (int out = 0; out < kPorts; ++out) {
      EXPECT_EQ(router.out_bits(out), out == in ? 0u : sim::pack(word));
      if (out != in) router.give_credit(out, 4);
    }
    cycle();
  }
  EXPECT_FALSE(router.busy());
}

// A fork waits for nobody: the outputs that can take a word do, the word stays for the one that cannot.
TEST_F(RouterTest, ForkIsPartial) {
  router.set_route(kPortWest, 3, mask(kPortEast, kPortSouth, kPortRamp));
  for (int i = 0; i < kDepth; ++i) {  // the south's credits are used up, east and ramp get theirs back
    send_all(kPortWest, {{3, false, 100u + i}}, 1);
    router.give_credit(kPortEast, 3);
    router.give_credit(kPortRamp, 3);
    cycle();
  }
  forget();
  send_all(kPortWest, {{3, false, 5}, {3, true, 6}});
  EXPECT_THAT(seen[kPortEast], ElementsAre(Wavelet{3, false, 5}));
  EXPECT_THAT(seen[kPortRamp], ElementsAre(Wavelet{3, false, 5}));
  EXPECT_THAT(seen[kPortSouth], IsEmpty());
  EXPECT_THAT(returned[kPortWest], IsEmpty());
  EXPECT_FALSE(router.busy());

  forget();
  router.give_credit(kPortSouth, 3);
  for (int i = 0; i < 5; ++i) cycle();
  EXPECT_THAT(seen[kPortSouth], ElementsAre(Wavelet{3, false, 5}));
  EXPECT_THAT(seen[kPortEast], ElementsAre(Wavelet{3, true, 6}));
  EXPECT_THAT(seen[kPortRamp], ElementsAre(Wavelet{3, true, 6}));
  EXPECT_THAT(returned[kPortWest], ElementsAre(3));

  forget();
  router.give_credit(kPortSouth, 3);
  for (int i = 0; i < 5; ++i) cycle();
  EXPECT_THAT(seen[kPortSouth], ElementsAre(Wavelet{3, true, 6}));
  EXPECT_THAT(seen[kPortEast], IsEmpty());
  EXPECT_THAT(returned[kPortWest], ElementsAre(3));
}

TEST_F(RouterTest, OutputStopsAtFourWordsWithoutCreditAndGoesOnWithOne) {
  router.set_route(kPortNorth, 9, mask(kPortSouth));
  send_all(kPortNorth, std::vector<Wavelet>(8, {9, true, 1}));
  EXPECT_EQ(seen[kPortSouth].size(), 4u);
  EXPECT_EQ(returned[kPortNorth].size(), 4u);
  router.give_credit(kPortSouth, 8);  // of another color: no help
  for (int i = 0; i < 4; ++i) cycle();
  EXPECT_EQ(seen[kPortSouth].size(), 4u);
  router.give_credit(kPortSouth, 9);  // on the link in this cycle, counted in the next, granted there
  cycle();
  EXPECT_EQ(router.out_bits(kPortSouth), 0u);
  cycle();
  EXPECT_NE(router.out_bits(kPortSouth), 0u);
  cycle();
  EXPECT_EQ(seen[kPortSouth].size(), 5u);
}

// A color that is stuck everywhere costs another color on the same links nothing.
TEST_F(RouterTest, BlockedColorBlocksNoOther) {
  router.set_route(kPortWest, 2, mask(kPortEast));
  router.set_route(kPortWest, 3, mask(kPortEast));
  send_all(kPortWest, std::vector<Wavelet>(8, {2, true, 1}));
  EXPECT_EQ(seen[kPortEast].size(), 4u);
  EXPECT_FALSE(router.busy());
  forget();
  for (uint32_t i = 0; i < 100; ++i) {
    router.send(kPortWest, {3, true, i});
    if (!seen[kPortEast].empty()) router.give_credit(kPortEast, 3);
    cycle();
  }
  EXPECT_EQ(seen[kPortEast].size(), 99u);
  for (uint32_t i = 0; i < seen[kPortEast].size(); ++i) EXPECT_EQ(seen[kPortEast][i], (Wavelet{3, true, i}));
}

TEST_F(RouterTest, OutputKeepsToOneInputUntilLast) {
  router.set_route(kPortNorth, 5, mask(kPortEast));
  router.set_route(kPortSouth, 5, mask(kPortEast));
  router.set_route(kPortSouth, 6, mask(kPortEast));
  send_all(kPortNorth, {{5, false, 1}});
  send_all(kPortSouth, {{5, false, 11}, {5, true, 12}, {6, true, 21}});  // another color may pass
  EXPECT_THAT(seen[kPortEast], ElementsAre(Wavelet{5, false, 1}, Wavelet{6, true, 21}));
  EXPECT_FALSE(router.busy());

  // The end of the first message and the start of the second leave back to back.
  forget();
  router.give_credit(kPortEast, 5);
  send_all(kPortNorth, {{5, true, 2}}, 1);
  EXPECT_EQ(router.out(kPortEast), (Wavelet{5, true, 2}));
  cycle();
  EXPECT_EQ(router.out(kPortEast), (Wavelet{5, false, 11}));
  cycle();
  EXPECT_EQ(router.out(kPortEast), (Wavelet{5, true, 12}));
}

TEST_F(RouterTest, InputsTakeTurnsAtAnOutput) {
  std::array<int, kPorts> credits;
  credits.fill(kDepth);
  for (int in = 0; in < kPorts; ++in) {
    if (in != kPortEast) router.set_route(in, 7, mask(kPortEast));
  }
  for (int i = 0; i < 404; ++i) {
    for (int in = 0; in < kPorts; ++in) {
      if (in == kPortEast || credits[in] == 0) continue;
      router.send(in, {7, true, static_cast<uint32_t>(in)});
      --credits[in];
    }
    if (router.out(kPortEast)) router.give_credit(kPortEast, 7);
    cycle();
    for (int in = 0; in < kPorts; ++in) credits[in] += router.returned_credit(in).has_value();
  }
  ASSERT_GE(seen[kPortEast].size(), 400u);
  for (size_t i = 0; i + 4 <= seen[kPortEast].size(); ++i) {
    std::set<uint32_t> inputs;
    for (size_t k = 0; k < 4; ++k) inputs.insert(seen[kPortEast][i + k].data);
    EXPECT_EQ(inputs.size(), 4u) << "at word " << i;
  }
}

// The west has words of all colors for the east and gets only every second turn there, the north the others.
TEST_F(RouterTest, ColorsTakeTurnsAtAnInput) {
  constexpr int kDataColors = kColors - kFirstDataColor;
  PerColor west_credits, north_credits;
  west_credits.fill(kDepth);
  north_credits.fill(kDepth);
  for (int color = kFirstDataColor; color < kColors; ++color)
    router.set_route(kPortWest, color, mask(kPortEast));
  router.set_route(kPortNorth, 2, mask(kPortEast));
  int next = kFirstDataColor;
  for (int i = 0; i < 600; ++i) {
    for (int tries = 0; tries < kDataColors && west_credits[next] == 0; ++tries) {
      next = next + 1 < kColors ? next + 1 : kFirstDataColor;
    }
    if (west_credits[next] > 0) {
      router.send(kPortWest, {static_cast<uint8_t>(next), true, 1});
      --west_credits[next];
    }
    if (north_credits[2] > 0) {
      router.send(kPortNorth, {2, true, 0});
      --north_credits[2];
    }
    if (auto wavelet = router.out(kPortEast)) router.give_credit(kPortEast, wavelet->color);
    cycle();
    if (auto color = router.returned_credit(kPortWest)) ++west_credits[*color];
    if (auto color = router.returned_credit(kPortNorth)) ++north_credits[*color];
  }
  std::vector<int> colors;  // of the words from the west, when its FIFOs were full
  for (size_t i = 300; i < seen[kPortEast].size(); ++i) {
    if (seen[kPortEast][i].data == 1) colors.push_back(seen[kPortEast][i].color);
  }
  ASSERT_GT(colors.size(), 100u);
  for (size_t i = 0; i + kDataColors <= colors.size(); ++i) {
    const std::set<int> turn(colors.begin() + i, colors.begin() + i + kDataColors);
    EXPECT_EQ(turn.size(), static_cast<size_t>(kDataColors)) << "at word " << i;
  }
}

// Whose turn it is at an input is remembered while its bank holds a word, and forgotten when it is empty.
TEST_F(RouterTest, TurnOfColorsLastsWhileTheBankHoldsAWord) {
  enum Remains { kNothing, kSameColor, kOtherColor };
  for (const Remains remains : {kNothing, kSameColor, kOtherColor}) {
    router.reset();
    for (int color : {3, 4, 9}) router.set_route(kPortWest, color, mask(kPortEast));
    for (uint8_t color : {3, 9}) send_all(kPortWest, std::vector<Wavelet>(kDepth, {color, true, 0}));
    forget();
    send_all(kPortWest, {{3, true, 1}});  // there is no credit left
    if (remains == kSameColor) send_all(kPortWest, {{3, true, 2}});
    if (remains == kOtherColor) send_all(kPortWest, {{9, true, 0}});
    router.give_credit(kPortEast, 3);  // color 3 has its turn in the next cycle
    cycle();
    if (remains != kSameColor) router.send(kPortWest, {3, true, 2});
    cycle();
    router.give_credit(kPortEast, 3);  // colors 3 and 4 can move from the same cycle on
    send_all(kPortWest, {{4, true, 3}});
    const Wavelet first{3, true, 1}, again{3, true, 2}, other{4, true, 3};
    if (remains == kNothing) {
      EXPECT_THAT(seen[kPortEast], ElementsAre(first, again, other));
    } else {
      EXPECT_THAT(seen[kPortEast], ElementsAre(first, other, again)) << remains;
    }
  }
}

// Whose turn it is at an output is remembered while any bank holds a word.
TEST_F(RouterTest, TurnOfInputsLastsWhileAnyBankHoldsAWord) {
  for (int stuck = -1; stuck < kPorts; ++stuck) {
    router.reset();
    router.set_route(kPortNorth, 5, mask(kPortEast));
    router.set_route(kPortSouth, 5, mask(kPortEast));
    if (stuck >= 0) {
      router.set_route(stuck, 9, mask(stuck == kPortWest ? kPortRamp : kPortWest));
      send_all(stuck, std::vector<Wavelet>(kDepth + 1, {9, true, 0}));
    }
    forget();
    const Wavelet first{5, true, 1}, again{5, true, 2}, other{5, true, 3};
    router.send(kPortNorth, first);
    cycle();
    router.send(kPortSouth, other);
    send_all(kPortNorth, {again});
    if (stuck < 0) {
      EXPECT_THAT(seen[kPortEast], ElementsAre(first, again, other));
    } else {
      EXPECT_THAT(seen[kPortEast], ElementsAre(first, other, again)) << "stuck at " << stuck;
    }
  }
}

}  // namespace
}  // namespace tessera::rtl
