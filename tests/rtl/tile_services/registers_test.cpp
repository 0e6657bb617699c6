// Tile registers and counters.
#include <gtest/gtest.h>

#include "tests/rtl/tile_services/bench.h"
#include "tests/support/random_model.h"

namespace tessera::rtl {
namespace {

uint32_t counter(Counter which) { return kRegCounter + 4 * which; }

// One cycle in which set() puts signals on, then off again.
template <typename Function>
void pulse(ServicesBench& bench, Function set) {
  bench.set_inputs([&](Vtile_services_top& model) { set(model, 1); });
  bench.cycle();
  bench.set_inputs([&](Vtile_services_top& model) { set(model, 0); });
}

TEST(Registers, StartAsZeroAndReadBack) {
  ServicesBench bench;
  struct Case {
    uint32_t address, mask;
  };
  for (const Case& c :
       {Case{kRegEventMask, 0xffffff}, {kRegCoreRun, 1}, {kRegChildren, 0xf}, {kRegGroup, 0xff}}) {
    EXPECT_EQ(bench.core_read(c.address), 0u);
    for (const uint32_t value : {0xffffffffu, 0xa5a5a5a5u, 0x5a5a5a5au}) {
      bench.core_write(c.address, value);
      EXPECT_EQ(bench.core_read(c.address), value & c.mask);
    }
  }
}

TEST(Registers, CycleIsTheWafers) {
  ServicesBench bench;
  bench.cycles(37);
  bench.core_request({false, kRegCycle});
  const uint64_t asked = bench.now();
  bench.cycles(2);
  EXPECT_EQ(bench.core_data(), asked);
}

TEST(Registers, CoreRunDrivesTheCore) {
  ServicesBench bench;
  int run = -1;
  const auto sample = [&] { bench.set_inputs([&](Vtile_services_top& model) { run = model.core_run_o; }); };
  bench.deliver(kRequestColor, {operation_word(kRequestWrite, 1), kRegCoreRun, 1});
  bench.settle();
  sample();
  EXPECT_EQ(run, 1);
  bench.deliver(kRequestColor, {operation_word(kRequestWrite, 1), kRegCoreRun, 0});
  bench.settle();
  sample();
  EXPECT_EQ(run, 0);
}

TEST(Events, WaitUntilOneOfTheMaskComes) {
  ServicesBench bench;
  ReceiveRule rule{};
  rule.enable = 1;
  rule.join_id = 6;
  bench.write_rule(12, rule);
  bench.core_write(kRegJoinExpected + 4 * 6, 1);
  bench.core_write(kRegEventMask, 1u << 22 | 1u << 4);
  bench.deliver(3, {1});
  bench.settle();
  EXPECT_EQ(bench.core_read(kRegEvents), 1u << 3);

  bench.core_request({false, kRegWaitEvents});
  bench.cycles(10);
  EXPECT_TRUE(bench.core_waits());
  EXPECT_TRUE(bench.idle());
  bench.deliver(kRequestColor, {operation_word(kRequestRead, 0), kRegWaitEvents, 1});
  bench.settle();
  EXPECT_EQ(bench.take_sent(kResponseColor), (std::vector<uint32_t>{operation_word(kRequestRead, 0), 0}));
  EXPECT_TRUE(bench.core_waits());
  bench.deliver(12, {0});
  bench.settle();
  EXPECT_FALSE(bench.core_waits());
  EXPECT_EQ(bench.core_data(), 1u << 22);
  bench.deliver(4, {0});
  bench.settle();
  EXPECT_EQ(bench.core_read(kRegWaitEvents), 1u << 22 | 1u << 4);
  EXPECT_EQ(bench.core_read(kRegEvents), 1u << 22 | 1u << 4 | 1u << 3);
}

TEST(Errors, TheFirstStaysUntilItIsCleared) {
  ServicesBench bench;
  const auto expect = [&bench](uint32_t kind, uint32_t port, uint32_t color) {
    const TileError error = bench.error();
    EXPECT_TRUE(error.valid);
    EXPECT_EQ(error.kind, kind);
    EXPECT_EQ(error.port, port);
    EXPECT_EQ(error.color, color);
    EXPECT_EQ(bench.core_read(kRegError), std::bit_cast<uint32_t>(error));
    bench.core_write(kRegError, 0);
    EXPECT_EQ(bench.core_read(kRegError), 0u);
  };
  const auto router = [](Vtile_services_top& model, int on) {
    model.router_error_i = on;
    model.router_error_kind_i = kErrorDeadLink;
    model.router_error_port_i = kPortWest;
    model.router_error_color_i = 9;
  };
  const auto mac = [](Vtile_services_top& model, int on) {
    model.mac_error_i = on;
    model.mac_error_color_i = 11;
  };
  const auto map = [](Vtile_services_top& model, int on) {
    model.map_error_i = on;
    model.map_error_kind_i = on ? kErrorDescriptor : kErrorNone;
    model.map_error_color_i = 13;
  };
  const auto queue = [](Vtile_services_top& model, int on) { model.queue_error_i = on; };
  const auto core = [](Vtile_services_top& model, int on) { model.core_error_i = on; };

  EXPECT_EQ(bench.core_read(kRegError), 0u);
  pulse(bench, router);
  expect(kErrorDeadLink, kPortWest, 9);
  pulse(bench, mac);
  expect(kErrorLength, kPortRamp, 11);
  pulse(bench, map);
  expect(kErrorDescriptor, 0, 13);
  pulse(bench, queue);
  expect(kErrorDescriptor, 0, 0);
  pulse(bench, core);
  expect(kErrorInstruction, 0, 0);
  bench.core_read(0x3fff0);
  expect(kErrorAddress, 0, 0);

  pulse(bench, mac);  // later ones are dropped
  pulse(bench, router);
  bench.core_read(0x3fff0);
  expect(kErrorLength, kPortRamp, 11);
  pulse(bench, [&](Vtile_services_top& model, int on) {  // of one cycle, the first box
    core(model, on);
    map(model, on);
    mac(model, on);
    router(model, on);
  });
  expect(kErrorDeadLink, kPortWest, 9);

  pulse(bench, mac);  // in the cycle of the clearing write
  bench.core_request({true, kRegError, 0});
  pulse(bench, core);
  expect(kErrorInstruction, 0, 0);
}

TEST(Counters, CountEvents) {
  const uint64_t seed = test_seed(16);
  std::mt19937_64 random(seed);
  ServicesBench bench(seed);
  struct Inputs {
    uint8_t retire, mac, map, refused, sent;
  };
  std::array<uint32_t, kCounterCount> expected{};
  for (int i = 0; i < 2000; ++i) {
    const auto bits = static_cast<uint32_t>(random() & random());
    const Inputs in = {static_cast<uint8_t>(bits & 1), static_cast<uint8_t>(bits >> 1 & 1),
                       static_cast<uint8_t>(bits >> 2 & 1), static_cast<uint8_t>(bits >> 3 & 1),
                       static_cast<uint8_t>(bits >> 4 & 31)};
    expected[kCounterCore] += in.retire;
    expected[kCounterMac] += in.mac;
    expected[kCounterMap] += in.map;
    expected[kCounterStallSram] += in.refused;
    for (uint32_t port = 0; port < kPortCount; ++port) expected[kCounterNorth + port] += in.sent >> port & 1;
    bench.set_inputs([&in](Vtile_services_top& model) {
      model.retire_i = in.retire;
      model.mac_active_i = in.mac;
      model.map_active_i = in.map;
      model.sram_refused_i = in.refused;
      model.sent_i = in.sent;
    });
    bench.cycle();
  }
  bench.set_inputs([](Vtile_services_top& model) {
    model.retire_i = model.mac_active_i = model.map_active_i = model.sram_refused_i = model.sent_i = 0;
  });
  for (uint32_t c = kCounterCore; c < kCounterCount; ++c) {
    EXPECT_EQ(bench.core_read(counter(static_cast<Counter>(c))), expected[c]) << counter_name(c);
  }
  EXPECT_EQ(bench.core_read(kRegCounter + 4 * kCounterCount), 0u);

  const uint64_t before = bench.awake_cycles;
  bench.core_request({false, counter(kCounterAwake)});
  bench.cycles(2);
  EXPECT_EQ(bench.core_data(), before);

  bench.core_write(kRegCounter, 0);
  for (uint32_t c = kCounterCore; c < kCounterCount; ++c) {
    EXPECT_EQ(bench.core_read(counter(static_cast<Counter>(c))), 0u) << counter_name(c);
  }
}

TEST(Counters, AStallIsCountedInFullThoughTheTileSlept) {
  ServicesBench bench;
  bench.core_request({false, kRegReceive + 4 * 5});
  bench.cycles(1000);
  const uint64_t awake = bench.awake_cycles;
  EXPECT_LE(awake, 1u) << "only the stall's first cycle";
  bench.deliver(5, {1});
  bench.cycles(3);
  EXPECT_EQ(bench.core_read(counter(kCounterStallInput)), 1001u);
}

TEST(Counters, ClearingStartsAStallAnew) {
  ServicesBench bench;
  bench.core_request({false, kRegReceive + 4 * 5});
  bench.cycles(100);
  bench.deliver(kRequestColor, {operation_word(kRequestWrite, 0), kRegCounter, 0});
  const uint64_t grants = bench.control_grants;
  while (bench.control_grants == grants) bench.cycle();
  const uint64_t cleared = bench.now() - 1;
  bench.cycles(50);
  bench.deliver(5, {1});
  const uint64_t granted = bench.now() + 1;
  bench.cycles(3);
  EXPECT_EQ(bench.core_read(counter(kCounterStallInput)), granted - cleared);
}

// Sleeps of the core and senders without credits at random, with the control plane's accesses in between.
TEST(Counters, StallsAreTheCyclesCounted) {
  const uint64_t seed = test_seed(17);
  for (uint64_t round = 0; round < 30; ++round) {
    std::mt19937_64 random(seed + round);
    ServicesBench bench(seed + round, {.arrival = (random() % 10) / 10.0, .credit = (random() % 10) / 10.0});
    for (int i = 0; i < 1000; ++i) {
      if (!bench.core_waits()) {
        if (random() % 2 == 0) {
          bench.core_request({false, kRegReceive + 4 * 5});
        } else {
          bench.core_request({true, kRegSendLast + 4 * 6, 1});
        }
      }
      if (random() % 20 == 0) bench.deliver(5, {1});
      if (random() % 50 == 0) bench.deliver(kRequestColor, {operation_word(kRequestRead, 0), 0, 10});
      if (random() % 20 == 0) bench.map_sends.push_back({7, true, 1});
      bench.cycle();
    }
    bench.core_withdraw();
    bench.take_colors[0] = 5;  // what the core has left
    bench.settle();
    bench.cycle();
    const uint64_t waiting = bench.waiting_cycles, stalled = bench.send_stalled_cycles;
    ASSERT_EQ(bench.core_read(counter(kCounterStallInput)), waiting) << "round " << round;
    ASSERT_EQ(bench.core_read(counter(kCounterStallOutput)), stalled) << "round " << round;
    ASSERT_GT(waiting, 0u);
  }
}

}  // namespace
}  // namespace tessera::rtl
