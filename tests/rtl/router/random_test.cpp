// Random traffic against what a router is, seen from outside: messages that all arrive, once, in order, in
// one piece.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <vector>

#include "tests/rtl/router/router_bench.h"

namespace tessera::rtl {
namespace {

using sim::Wavelet;

template <typename T>
using PerPortAndColor = std::array<std::array<T, kColors>, kPorts>;

struct Traffic {
  int messages = 600;   // in all
  int longest = 9;      // words of a message
  double send = 0.8;    // chance that an input with something to send does, in a cycle
  double credit = 0.7;  // chance that an output gets a credit that it is owed, in a cycle
  double stall =
      0.02;  // chance that a color of an output stops getting credits, in a cycle; and that it ends
};

class RandomTraffic {
 public:
  RandomTraffic(uint32_t seed, const Traffic& traffic) : traffic_(traffic), random_(seed) {
    find_parent();
    for (int color = kFirstDataColor; color < kColors; ++color) choose_routes(color);
    make_messages();
  }

  void run() {
    for (int now = 0; now < 200'000; ++now) {
      if (std::all_of(words_left_.begin(), words_left_.end(), [](int left) { return left == 0; })) break;
      for (int port = 0; port < kPorts; ++port) {
        receive(port);
        give_credit(port);
        send(port);
      }
      router_.cycle();
      for (int port = 0; port < kPorts; ++port) {
        if (auto color = router_.returned_credit(port)) ++send_credits_[port][*color];
      }
      ASSERT_FALSE(router_.error());
      if (::testing::Test::HasFatalFailure()) return;
    }
    check_all_arrived();
  }

  // Gives all credits back and compares the complete state with a router that has only been set up.
  void check_no_trace() {
    for (int port = 0; port < kPorts; ++port) {
      for (int color = 0; color < kColors; ++color) {
        for (; owed_[port][color] > 0; --owed_[port][color]) {
          router_.give_credit(port, color);
          router_.cycle();
        }
      }
    }
    router_.cycles(4);
    ASSERT_FALSE(router_.busy());
    const auto after_a_request = [&] {  // the same last word in the memory of the parent's FIFO
      router_.send(parent_, {kRequestColor, true, 0});
      router_.cycles(4);
      router_.give_credit(kPortRamp, kRequestColor);
      router_.cycles(2);
      return router_.state();
    };
    const std::vector<char> drained = after_a_request();
    router_.reset();
    for (int in = 0; in < kPorts; ++in) {
      for (int color = kFirstDataColor; color < kColors; ++color)
        router_.set_route(in, color, routes_[in][color]);
    }
    ASSERT_TRUE(after_a_request() == drained);
  }

 private:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  // The first request fixes where responses go; later requests come from there too.
  void find_parent() {
    parent_ = below(kMeshPorts);
    router_.send(parent_, {kRequestColor, true, 0});
    router_.cycles(4);
    router_.give_credit(kPortRamp, kRequestColor);
    router_.cycle();
    const uint32_t request_mask = 1 + below(15);
    router_.set_request_mask(request_mask);
    routes_[parent_][kRequestColor] = mask(kPortRamp);
    routes_[kPortRamp][kRequestColor] = request_mask & ~mask(parent_);
    if (routes_[kPortRamp][kRequestColor] == 0) routes_[kPortRamp][kRequestColor] = request_mask;
    router_.set_request_mask(routes_[kPortRamp][kRequestColor]);
    for (int in = 0; in < kPorts; ++in) {
      if (in != parent_) routes_[in][kResponseColor] = mask(parent_);
    }
  }

  // A color is a set of multicasts that share no output, or of streams with one output each that may merge:
  // no fork lies upstream of a merge.
  void choose_routes(int color) {
    if (chance(0.5)) {
      for (int out = 0; out < kPorts; ++out) {
        const int in = below(kPorts);
        if (in != out) routes_[in][color] |= mask(out);
      }
    } else {
      for (int in = 0; in < kPorts; ++in) {
        const int out = below(kPorts);
        if (in != out) routes_[in][color] = mask(out);
      }
    }
    for (int in = 0; in < kPorts; ++in) router_.set_route(in, color, routes_[in][color]);
  }

  void make_messages() {
    for (int i = 0; i < traffic_.messages; ++i) {
      const int in = below(kPorts), color = below(kColors);
      const uint32_t outputs = routes_[in][color];
      if (outputs == 0) continue;
      std::vector<Wavelet> message(1 + below(traffic_.longest));
      for (Wavelet& word : message)
        word = {static_cast<uint8_t>(color), false, static_cast<uint32_t>(random_())};
      message[0].data = i << 3 | in;  // what a receiver knows a message by
      message.back().last = true;
      to_send_[in][color].insert(to_send_[in][color].end(), message.begin(), message.end());
      for (int out = 0; out < kPorts; ++out) {
        if ((outputs & mask(out)) == 0) continue;
        expected_[out][color][in].push_back(message);
        words_left_[out] += message.size();
      }
    }
  }

  // The words of a message come one after another, and it is the next one of its input.
  void receive(int out) {
    const std::optional<Wavelet> word = router_.out(out);
    if (!word) return;
    const int color = word->color;
    ASSERT_LT(owed_[out][color], static_cast<int>(kFifoDepth)) << "sent without a credit";
    ++owed_[out][color];
    std::vector<Wavelet>& message = arriving_[out][color];
    if (message.empty()) arriving_from_[out][color] = word->data & 7;
    message.push_back(*word);
    ASSERT_LT(arriving_from_[out][color], kPorts);
    auto& expected = expected_[out][color][arriving_from_[out][color]];
    ASSERT_FALSE(expected.empty()) << "nothing more to come on color " << color << " of output " << out;
    ASSERT_LE(message.size(), expected.front().size());
    ASSERT_EQ(*word, expected.front()[message.size() - 1]) << "color " << color << " of output " << out;
    if (word->last) {
      expected.pop_front();
      message.clear();
    }
    --words_left_[out];
  }

  void give_credit(int out) {
    std::vector<int> colors;
    for (int color = 0; color < kColors; ++color) {
      if (chance(traffic_.stall)) stalled_[out][color] = !stalled_[out][color];
      if (owed_[out][color] > 0 && !stalled_[out][color]) colors.push_back(color);
    }
    if (colors.empty() || !chance(traffic_.credit)) return;
    const int color = colors[below(colors.size())];
    --owed_[out][color];
    router_.give_credit(out, color);
  }

  void send(int in) {
    std::vector<int> colors;
    for (int color = 0; color < kColors; ++color) {
      if (!to_send_[in][color].empty() && send_credits_[in][color] > 0) colors.push_back(color);
    }
    if (colors.empty() || !chance(traffic_.send)) return;
    const int color = colors[below(colors.size())];
    router_.send(in, to_send_[in][color].front());
    to_send_[in][color].pop_front();
    --send_credits_[in][color];
  }

  void check_all_arrived() {
    for (int out = 0; out < kPorts; ++out) {
      EXPECT_EQ(words_left_[out], 0) << "words are stuck on the way to output " << out;
      for (int color = 0; color < kColors; ++color) {
        EXPECT_TRUE(arriving_[out][color].empty());
        for (const auto& expected : expected_[out][color]) EXPECT_TRUE(expected.empty());
      }
    }
    for (int in = 0; in < kPorts; ++in) {
      for (int color = 0; color < kColors; ++color)
        EXPECT_EQ(send_credits_[in][color], static_cast<int>(kFifoDepth));
    }
  }

  const Traffic traffic_;
  std::mt19937 random_;
  RouterBench router_;
  int parent_ = 0;
  PerPortAndColor<uint32_t> routes_{};
  PerPortAndColor<std::deque<Wavelet>> to_send_;
  PerPortAndColor<int> send_credits_ = filled(kFifoDepth);
  PerPortAndColor<int> owed_{};  // credits
  PerPortAndColor<bool> stalled_{};
  PerPortAndColor<std::array<std::deque<std::vector<Wavelet>>, kPorts>> expected_;  // by output, color, input
  PerPortAndColor<std::vector<Wavelet>> arriving_;
  PerPortAndColor<int> arriving_from_{};
  std::array<int, kPorts> words_left_{};

  static PerPortAndColor<int> filled(int value) {
    PerPortAndColor<int> array;
    for (auto& colors : array) colors.fill(value);
    return array;
  }
};

class RouterRandomTest : public ::testing::TestWithParam<uint32_t> {};

TEST_P(RouterRandomTest, MessagesArriveWholeInOrderAndOnce) {
  const uint32_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  const Traffic kinds[] = {
      {},
      {.send = 1, .credit = 1, .stall = 0},       // as fast as it goes
      {.longest = 1, .send = 0.5},                // single words, the router often empty
      {.send = 0.05, .credit = 1, .stall = 0},    // hardly any traffic
      {.longest = 20, .send = 1, .credit = 0.2},  // outputs always short of credits
      {.send = 1, .credit = 0.9, .stall = 0.1},
  };
  for (const Traffic& traffic : kinds) {
    RandomTraffic run(seed, traffic);
    run.run();
    if (HasFailure()) return;
    run.check_no_trace();
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RouterRandomTest, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace tessera::rtl
