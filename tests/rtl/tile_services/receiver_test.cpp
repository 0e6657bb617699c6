#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "tests/rtl/tile_services/bench.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

constexpr uint32_t kColor = 3;

ReceiveRule make_rule(uint32_t base, uint32_t words, uint32_t join) {
  ReceiveRule rule{};
  rule.enable = 1;
  rule.base = base;
  rule.words = words;
  rule.join_id = join;
  return rule;
}

Header make_header(uint32_t tag, uint32_t part = 0) {
  Header header{};
  header.position = 1000 + tag;
  header.slot = 17 + tag;
  header.tag = tag;
  header.flags = 5;
  header.part = part;
  return header;
}

// What RegWaitJoin gives for a message with make_header(tag, ..).
uint32_t kept_header(uint32_t tag) { return std::bit_cast<uint32_t>(make_header(tag)); }

uint32_t wait_join(uint32_t join, uint32_t tag) { return kRegWaitJoin + 4 * (join * kTagCount + tag); }

uint32_t ready_joins(ServicesBench& bench) { return bench.core_read(kRegEvents) >> 16; }

// Where payload word i of a message goes.
uint32_t place(const ReceiveRule& rule, const Header& header, uint32_t i) {
  const uint32_t word =
      rule.base + (header.part - rule.part_base) * rule.part_stride + header.tag * rule.tag_stride;
  return 16 * (word % 4096) + 4 * i;
}

std::vector<uint32_t> memory_image(const ServicesBench& bench) {
  std::vector<uint32_t> image;
  for (uint32_t address = 0; address < kSramBytes; address += 4) image.push_back(bench.word(address));
  return image;
}

TEST(Receiver, StoresAMessageAndCompletesItsJoin) {
  ServicesBench bench;
  bench.write_rule(kColor, make_rule(100, 6, 2));
  bench.core_write(kRegJoinExpected + 4 * 2, 1);
  bench.core_request({false, wait_join(2, 1)});
  bench.cycles(4);
  EXPECT_TRUE(bench.idle());
  EXPECT_TRUE(bench.core_waits());

  bench.deliver(kColor, message(make_header(1, 9), {1, 2, 3, 4, 5, 6}));
  bench.settle();
  bench.cycle();
  EXPECT_FALSE(bench.core_waits());
  EXPECT_EQ(bench.core_data(), kept_header(1));
  // Part 9 with part_base and part_stride 0 is at the base.
  for (uint32_t i = 0; i < 6; ++i) EXPECT_EQ(bench.word(1600 + 4 * i), i + 1);
  EXPECT_EQ(bench.word(1600 + 24), 0u);
  EXPECT_FALSE(bench.error().valid);

  bench.core_request({false, wait_join(2, 1)});  // once only
  bench.cycles(10);
  EXPECT_TRUE(bench.core_waits());
}

TEST(Receiver, RegistersReadBackAndStartAsZero) {
  ServicesBench bench;
  for (uint32_t color = 0; color < kColorCount; ++color)
    EXPECT_EQ(bench.core_read(kRegRule + 8 * color) & 1, 0u);
  for (uint32_t join = 0; join < kJoinCount; ++join)
    EXPECT_EQ(bench.core_read(kRegJoinExpected + 4 * join), 0u);
  ReceiveRule rule = make_rule(0x123, 200, 6);
  rule.part_base = 0x45;
  rule.part_stride = 0x67;
  rule.tag_stride = 0x89a;
  bench.write_rule(15, rule);
  const auto words = std::bit_cast<std::array<uint32_t, 2>>(rule);
  EXPECT_EQ(bench.core_read(kRegRule + 8 * 15), words[0]);
  EXPECT_EQ(bench.core_read(kRegRule + 8 * 15 + 4), words[1]);
  bench.core_write(kRegJoinExpected + 4 * 7, 33);
  EXPECT_EQ(bench.core_read(kRegJoinExpected + 4 * 7), 33u);
}

// Fires in the cycle in which the last write is granted, and not before.
TEST(Receiver, AJoinCompletesWithItsLastMessageAndAfterItsLastWrite) {
  ServicesBench bench;
  for (const uint32_t color : {kColor, kColor + 1}) bench.write_rule(color, make_rule(10 * color, 4, 5));
  bench.core_write(kRegJoinExpected + 4 * 5, 3);
  bench.deliver(kColor, message(make_header(0), {1, 2, 3, 4}));
  bench.deliver(kColor, message(make_header(2), {5, 6, 7, 8}));  // another context
  bench.deliver(kColor + 1, message(make_header(0), {1, 2, 3, 4}));
  bench.settle();
  EXPECT_EQ(ready_joins(bench), 0u);

  bench.stalls.receiver = 1;
  bench.deliver(kColor, message(make_header(0), {9, 9, 9, 9}));
  bench.cycles(20);
  EXPECT_TRUE(bench.idle()) << "a refused write waits";
  EXPECT_EQ(ready_joins(bench), 0u);
  bench.stalls.receiver = 0;
  bench.cycles(2);
  EXPECT_EQ(ready_joins(bench), 1u << 5);
  EXPECT_EQ(bench.word(160 * kColor), 9u);
  EXPECT_EQ(bench.core_read(wait_join(5, 0)), kept_header(0));
  EXPECT_EQ(ready_joins(bench), 0u);
}

TEST(Receiver, OnePayloadWordACycle) {
  ServicesBench bench;
  bench.write_rule(kColor, make_rule(0, 256, 0));
  bench.core_write(kRegJoinExpected, 3);
  std::vector<uint32_t> payload(256);
  std::iota(payload.begin(), payload.end(), 0);
  for (uint32_t tag = 0; tag < 3; ++tag) bench.deliver(kColor, message(make_header(0), payload));
  // A cycle on the link, one in the FIFO for each word, and the last write.
  bench.cycles(3 * 257 + 1);
  EXPECT_EQ(ready_joins(bench), 0u);
  bench.cycle();
  EXPECT_EQ(ready_joins(bench), 1u);
}

TEST(Receiver, LengthErrorsAreFlaggedAndStayWithinTheRule) {
  struct Case {
    uint32_t words, sent;
    bool error;
  };
  for (const Case& c : {Case{8, 8, false},
                        {8, 7, true},
                        {8, 9, true},
                        {8, 20, true},
                        {5, 300, true},
                        {0, 0, false},
                        {0, 1, true},
                        {0, 2, true},
                        {1, 0, true},
                        {256, 256, false},
                        {256, 257, true},
                        {256, 1100, true},
                        {3, 4, true}}) {
    ServicesBench bench;
    bench.write_rule(kColor, make_rule(0, c.words, 1));
    bench.core_write(kRegJoinExpected + 4, 1);
    std::vector<uint32_t> payload(c.sent);
    std::iota(payload.begin(), payload.end(), 1);
    bench.deliver(kColor, message(make_header(3), payload));
    bench.settle();
    const TileError error = bench.error();
    EXPECT_EQ(error.valid, c.error) << c.words << " words, " << c.sent << " sent";
    if (c.error) {
      EXPECT_EQ(error.kind, kErrorLength);
      EXPECT_EQ(error.port, kPortRamp);
      EXPECT_EQ(error.color, kColor);
    }
    for (uint32_t i = 0; i < 1200; ++i)
      EXPECT_EQ(bench.word(4 * i), i < std::min(c.words, c.sent) ? i + 1 : 0u);
    EXPECT_EQ(bench.core_read(wait_join(1, 3)), kept_header(3)) << "the join counts it all the same";
  }
}

// Two multicasts that meet: neither waits for the end of the other (docs/decisions/0005).
TEST(Receiver, AnUnfinishedMessageKeepsNoOtherColorWaiting) {
  ServicesBench bench;
  for (uint32_t color = 2; color < 16; ++color) bench.write_rule(color, make_rule(16 * color, 10, 0));
  bench.core_write(kRegJoinExpected, 14);
  const auto payload = [](uint32_t color) {
    std::vector<uint32_t> words(10);
    std::iota(words.begin(), words.end(), 100 * color);
    return words;
  };
  // The first words of all, upwards, then the rest in another order.
  const auto deliver = [&](uint32_t color, size_t from, size_t to) {
    const auto words = message(make_header(1), payload(color));
    bench.deliver(color, {words.begin() + from, words.begin() + to}, to == words.size());
    bench.settle();
    EXPECT_TRUE(bench.delivered());
  };
  for (uint32_t color = 2; color < 16; ++color) deliver(color, 0, color % 11);
  for (uint32_t color = 15; color >= 2; --color) {
    EXPECT_EQ(ready_joins(bench), 0u);
    deliver(color, color % 11, 11);
  }
  EXPECT_EQ(ready_joins(bench), 1u);
  for (uint32_t color = 2; color < 16; ++color) {
    for (uint32_t i = 0; i < 10; ++i) EXPECT_EQ(bench.word(256 * color + 4 * i), 100 * color + i);
    EXPECT_EQ(bench.word(256 * color + 40), 0u);
  }
  EXPECT_FALSE(bench.error().valid);
}

TEST(Receiver, TheControlPlanesPeekOfAJoinHasNoEffect) {
  ServicesBench bench;
  bench.write_rule(kColor, make_rule(0, 0, 0));
  bench.core_write(kRegJoinExpected, 1);
  bench.deliver(kColor, message(make_header(0), {}));
  bench.settle();
  const uint32_t read = operation_word(kRequestRead, 4);
  bench.deliver(kRequestColor, {read, kRegWaitJoin, 32});
  bench.settle();
  std::vector<uint32_t> expected(33);
  expected[0] = read;
  EXPECT_EQ(bench.take_sent(kResponseColor), expected);
  EXPECT_EQ(ready_joins(bench), 1u);
}

// Random rules on random colors, messages of all tags and parts in between each other, under stalls; what
// every join must have counted is told apart by completing it exactly.
class RandomMessages {
 public:
  explicit RandomMessages(uint64_t seed) : random_(seed), bench_(seed, {rate(), rate(), rate(), rate()}) {}

  void run() {
    write_rules();
    std::vector<uint32_t> image;
    for (uint32_t i = 0; i < kSramBytes / 4; ++i) {
      image.push_back(static_cast<uint32_t>(random_()));
      bench_.set_word(4 * i, image.back());
    }
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> counts;  // messages by (join, tag)
    bool wrong_length = false;
    for (int n = 0; n < 60; ++n) {
      const ReceiveRule& rule = rules_.at(any_color());
      const Header header = make_header(below(kTagCount), rule.part_base - 2 + below(5));
      uint32_t length = rule.words;
      if (wrong_lengths_ && below(8) == 0) length = below(2 * rule.words + 3);
      wrong_length |= length != rule.words;
      const auto payload = random_words(random_, length);
      for (uint32_t i = 0; i < std::min<uint32_t>(length, rule.words); ++i) {
        image[place(rule, header, i) / 4] = payload[i];
      }
      bench_.deliver(color_, message(header, payload));
      ++counts[{rule.join_id, header.tag}];
    }
    bench_.settle();
    ASSERT_EQ(bench_.error().valid, wrong_length);
    ASSERT_EQ(memory_image(bench_), image);
    complete_joins(counts);
  }

 private:
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>(random_() % limit); }
  double rate() { return below(3) == 0 ? 0 : below(8) / 10.0; }

  uint32_t any_color() {
    color_ = std::next(rules_.begin(), below(static_cast<uint32_t>(rules_.size())))->first;
    return color_;
  }

  // Regions that do not overlap: 4 tags of 5 parts, from part_base - 2 on.
  void write_rules() {
    uint32_t base = below(10);
    for (uint32_t color = 1; color < kColorCount; ++color) {
      if (below(2) == 0) continue;
      ReceiveRule rule = make_rule(0, below(4) == 0 ? below(40) : below(12), below(3) + 5 * below(2));
      rule.part_stride = (rule.words + 3) / 4 + below(2);
      rule.tag_stride = 5 * rule.part_stride + below(3);
      rule.part_base = 2 + below(250);
      rule.base = base + 2 * rule.part_stride;
      base += 4 * rule.tag_stride + below(3);
      if (base > kSramWords) break;
      rules_[color] = rule;
      bench_.write_rule(color, rule);
    }
    if (rules_.empty()) {
      rules_[7] = make_rule(50, 6, 0);
      bench_.write_rule(7, rules_[7]);
    }
    wrong_lengths_ = below(2) == 0;
    for (uint32_t join = 0; join < kJoinCount; ++join) {
      expected_[join] = below(4) == 0 ? 0 : 1 + below(9);
      bench_.core_write(kRegJoinExpected + 4 * join, expected_[join]);
    }
  }

  // Acknowledges what is ready, then sends the messages that each join still waits for; only the last
  // completes it.
  void complete_joins(const std::map<std::pair<uint32_t, uint32_t>, uint32_t>& counts) {
    for (const auto& [context, count] : counts) {
      const auto [join, tag] = context;
      bench_.core_request({false, wait_join(join, tag)});
      bench_.cycles(3);
      const bool completes = expected_[join] > 0;
      const bool ready = completes && count >= expected_[join];
      ASSERT_EQ(!bench_.core_waits(), ready) << "join " << join << ", tag " << tag;
      if (ready) {
        ASSERT_EQ(bench_.core_data(), kept_header(tag));
        bench_.core_request({false, wait_join(join, tag)});
      }
      uint32_t color = 0;
      for (const auto& [c, rule] : rules_) {
        if (rule.join_id == join) color = c;
      }
      const uint32_t missing = completes ? expected_[join] - count % expected_[join] : 10;
      for (uint32_t n = 1; n <= missing; ++n) {
        ASSERT_TRUE(bench_.core_waits());
        bench_.deliver(color, message(make_header(tag, 2), random_words(random_, rules_[color].words)));
        bench_.settle();
        bench_.cycles(3);
      }
      ASSERT_EQ(bench_.core_waits(), !completes) << "join " << join << ", tag " << tag;
      bench_.core_withdraw();
    }
  }

  std::mt19937_64 random_;
  ServicesBench bench_;
  std::map<uint32_t, ReceiveRule> rules_;
  std::array<uint32_t, kJoinCount> expected_{};
  bool wrong_lengths_ = false;
  uint32_t color_ = 0;
};

TEST(Receiver, RandomMessagesFillMemoryAndJoins) {
  const uint64_t seed = test_seed(12);
  for (uint64_t round = 0; round < 60; ++round) {
    RandomMessages(seed + round).run();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "round " << round;
  }
}

}  // namespace
}  // namespace tessera::rtl
