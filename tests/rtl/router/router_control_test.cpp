// What one router does besides: errors, the control plane's colors, registers, and the state it leaves
// behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/rtl/router/router_fixture.h"

namespace tessera::rtl {
namespace {

using sim::Wavelet;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ---------------------------------------------------------------- errors

TEST_F(RouterTest, WordWithoutRouteIsDroppedAndReported) {
  for (int in = 0; in < kPorts; ++in) {
    router.set_route(in, 12, in == kPortEast ? mask(kPortWest) : mask(kPortEast));
    forget();
    send_all(in, {{11, false, 1}, {12, true, 2}, {11, true, 3}});
    EXPECT_THAT(errors, ElementsAre(RouterError{kErrorNoRoute, in, 11}, RouterError{kErrorNoRoute, in, 11}));
    EXPECT_THAT(returned[in], ElementsAre(11, 12, 11));
    EXPECT_THAT(seen[in == kPortEast ? kPortWest : kPortEast], ElementsAre(Wavelet{12, true, 2}));
    router.give_credit(in == kPortEast ? kPortWest : kPortEast, 12);
    cycle();
  }
  EXPECT_FALSE(router.busy());
}

TEST_F(RouterTest, WordForADeadLinkIsLostThereAndReported) {
  for (int dead = 0; dead < kMeshPorts; ++dead) {
    const int in = (dead + 1) % 4, alive = (dead + 2) % 4;
    router.set_links_present(0xf & ~mask(dead));
    router.set_route(in, 10, mask(dead, alive));
    forget();
    for (uint32_t i = 0; i < 10; ++i) {  // more than there are credits
      send_all(in, {{10, i == 9, i}}, 2);
      router.give_credit(alive, 10);
      cycle();
    }
    EXPECT_THAT(seen[dead], IsEmpty());
    ASSERT_EQ(seen[alive].size(), 10u);
    EXPECT_EQ(returned[in].size(), 10u);
    EXPECT_EQ(errors, std::vector<RouterError>(10, {kErrorDeadLink, dead, 10}));
  }
  // No credit was spent on a dead link.
  router.set_links_present(0xf);
  router.set_route(kPortRamp, 10, mask(kPortNorth));
  forget();
  send_all(kPortRamp, std::vector<Wavelet>(kDepth, {10, true, 0}));
  EXPECT_EQ(seen[kPortNorth].size(), static_cast<size_t>(kDepth));
}

TEST_F(RouterTest, WaveletForAFullFifoIsDroppedAndReported) {
  for (int in = 0; in < kPorts; ++in) {
    const int out = (in + 1) % kPorts;
    router.set_route(in, 14, mask(out));
    forget();
    send_all(in, std::vector<Wavelet>(kDepth, {14, true, 0}));
    forget();
    send_all(in, {{14, true, 1}, {14, true, 2}, {14, true, 3}, {14, true, 4}, {14, true, 5}});
    EXPECT_THAT(errors, ElementsAre(RouterError{kErrorOverflow, in, 14}));
    EXPECT_THAT(seen[out], IsEmpty());
    for (int i = 0; i < 2 * kDepth; ++i) {
      router.give_credit(out, 14);
      cycle();
    }
    EXPECT_THAT(seen[out], ElementsAre(Wavelet{14, true, 1}, Wavelet{14, true, 2}, Wavelet{14, true, 3},
                                       Wavelet{14, true, 4}));
    EXPECT_THAT(returned[in], ElementsAre(14, 14, 14, 14));
    EXPECT_EQ(errors.size(), 1u);
    for (int i = 0; i < 4; ++i) cycle();
    EXPECT_FALSE(router.busy());
  }
}

// ---------------------------------------------------------------- control plane's colors

TEST_F(RouterTest, RequestsGoToTheRampAndResponsesToTheParent) {
  for (int parent = 0; parent < kMeshPorts; ++parent) {
    router.reset();
    forget();
    // A response that arrives together with the first request already finds the parent.
    router.send(kPortRamp, {kResponseColor, true, 50});
    send_all(parent, {{kRequestColor, true, 7}});
    EXPECT_THAT(seen[kPortRamp], ElementsAre(Wavelet{kRequestColor, true, 7}));
    EXPECT_THAT(seen[parent], ElementsAre(Wavelet{kResponseColor, true, 50}));

    forget();
    std::vector<Wavelet> responses;
    for (int in = 0; in < kPorts; ++in) {
      if (in == parent) continue;
      router.give_credit(parent, kResponseColor);
      send_all(in, {{kResponseColor, true, static_cast<uint32_t>(in)}});
      responses.push_back({kResponseColor, true, static_cast<uint32_t>(in)});
    }
    EXPECT_EQ(seen[parent], responses);

    // Later requests from elsewhere are delivered and do not change the parent.
    forget();
    send_all((parent + 1) % 4, {{kRequestColor, true, 8}});
    router.give_credit(parent, kResponseColor);
    send_all(kPortRamp, {{kResponseColor, true, 9}});
    EXPECT_THAT(seen[kPortRamp], ElementsAre(Wavelet{kRequestColor, true, 8}));
    EXPECT_THAT(seen[parent], ElementsAre(Wavelet{kResponseColor, true, 9}));
    EXPECT_THAT(errors, IsEmpty());
  }
}

TEST_F(RouterTest, OwnRequestsFollowTheRequestMask) {
  for (uint32_t outputs = 1; outputs < 16; ++outputs) {
    router.reset();
    forget();
    router.set_request_mask(outputs);
    send_all(kPortRamp, {{kRequestColor, false, outputs}, {kRequestColor, true, 1}});
    for (int out = 0; out < kMeshPorts; ++out) {
      EXPECT_EQ(seen[out].size(), outputs & mask(out) ? 2u : 0u);
    }
    EXPECT_THAT(errors, IsEmpty());
  }
}

TEST_F(RouterTest, ResponseWithoutAParentIsAnError) {
  send_all(kPortRamp, {{kResponseColor, true, 1}});
  EXPECT_THAT(errors, ElementsAre(RouterError{kErrorNoRoute, kPortRamp, kResponseColor}));
  EXPECT_THAT(returned[kPortRamp], ElementsAre(kResponseColor));
}

// ---------------------------------------------------------------- registers and state

TEST_F(RouterTest, RoutesAreReadAsWrittenWithoutTheOwnPort) {
  const auto value = [](int port, int color) { return (port * 7 + color * 3 + 1) & 0x1f; };
  for (int port = 0; port < kPorts; ++port) {
    for (int color = 0; color < kColors; ++color) router.set_route(port, color, value(port, color));
  }
  for (int port = 0; port < 8; ++port) {
    for (int color = 0; color < kColors; ++color) {
      const bool exists = port < kPorts && color >= static_cast<int>(kFirstDataColor);
      EXPECT_EQ(router.read_route(port, color), exists ? value(port, color) & ~mask(port) : 0u)
          << port << " " << color;
    }
  }
  const std::vector<char> before = router.state();
  for (int port : {5, 7, 8, 16, 32, 63}) {  // beyond the table, to the end of the register space
    router.set_route(port, 15, 0x1f);
    EXPECT_EQ(router.read_route(port, 15), 0u);
  }
  EXPECT_TRUE(router.state() == before);
}

// What has passed leaves no trace: the complete state is the one that reset gives.
TEST_F(RouterTest, DrainedRouterIsAsAfterReset) {
  const auto set_routes = [&] {
    for (int in = 0; in < kPorts; ++in)
      router.set_route(in, 2 + in, mask((in + 1) % kPorts, (in + 2) % kPorts));
  };
  set_routes();
  const auto cycle_with_credits = [&] {
    for (int out = 0; out < kPorts; ++out) {
      if (auto wavelet = router.out(out)) router.give_credit(out, wavelet->color);
    }
    cycle();
  };
  for (int words = 1; words < 12; ++words) {
    for (int i = 0; i < words; ++i) {  // each output takes from two inputs: one word every two cycles
      for (int in = 0; in < kPorts; ++in) {
        router.send(in, {static_cast<uint8_t>(2 + in), i == words - 1, static_cast<uint32_t>(words * i)});
      }
      cycle_with_credits();
      cycle_with_credits();
    }
    for (int i = 0; i < 10; ++i) cycle_with_credits();
    ASSERT_FALSE(router.busy());
    const std::vector<char> drained = router.state();
    router.reset();
    set_routes();
    ASSERT_TRUE(router.state() == drained) << words;
  }
  EXPECT_THAT(errors, IsEmpty());
}

}  // namespace
}  // namespace tessera::rtl
