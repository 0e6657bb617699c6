// A tile that is given the state of another goes on as that one.
#include "sim/tile_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/sim/lone_tile.h"

namespace tessera::sim {
namespace {

std::vector<uint8_t> state_of(LoneTile& tile) {
  std::vector<uint8_t> state(tile_state_bytes());
  save_tile_state(tile.root(), state);
  return state;
}

void copy_memory(const TileMemory& from, TileMemory& to) {
  std::vector<uint8_t> bytes(rtl::kSramBytes);
  from.sram.read(0, bytes);
  to.sram.write(0, bytes);
  bytes.resize(rtl::kInstructionBytes);
  from.instruction.read(0, bytes);
  to.instruction.write(0, bytes);
}

TEST(TileState, MembersLieApartAndAreArraysOfTheirElements) {
  std::set<std::string> names;
  uint32_t end = 0;
  for (const TileStateMember& member : tile_state_members()) {
    EXPECT_TRUE(names.insert(member.name).second) << member.name;
    EXPECT_GE(member.offset, end) << member.name;
    end = member.offset + member.bytes;
    EXPECT_GT(member.bytes, 0u) << member.name;
    EXPECT_EQ(member.bytes % member.element_bytes, 0u) << member.name;
    EXPECT_GT(member.element_bits, 0u) << member.name;
    EXPECT_LE(member.element_bits, 8 * member.element_bytes) << member.name;
  }
  // Registers that must be among them, whatever else Verilator calls a variable.
  for (const char* name : {"tile__DOT__u_core__DOT__u_register_file__DOT__registers", "east_o", "sent_o",
                           "tile__DOT__u_router__DOT__u_north_memory__DOT__data_q"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_FALSE(names.contains("north_i"));
  EXPECT_FALSE(names.contains("tile__DOT__u_sram__DOT__u_memory__DOT__memory"));
}

// Both ways through a cycle, from a state that was left by either.
TEST(TileState, ATileGoesOnFromAnothersState) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const auto run = [&](LoneTile& tile, bool direct) {
      direct ? tile_cycle(tile.model) : tile_cycle_by_eval(tile.model);
    };
    const bool first_direct = seed % 2 == 0;
    const bool second_direct = seed % 4 < 2;
    LinkTraffic traffic(seed);
    LoneTile first;
    LoneTile second;
    // The other one has a past of its own, which must not be left in it.
    LinkTraffic past(seed + 1000);
    for (int cycle = 0; cycle < 500; ++cycle) {
      set_inputs(second.root(), past.next(second.outputs()));
      run(second, second_direct);
    }
    const int given = static_cast<int>(100 + 37 * seed);
    for (int cycle = 0; cycle < given; ++cycle) {
      set_inputs(first.root(), traffic.next(first.outputs()));
      run(first, first_direct);
    }

    const std::vector<uint8_t> state = state_of(first);
    ASSERT_NE(state, state_of(second));
    restore_tile_state(second.root(), state);
    EXPECT_EQ(state, state_of(second));
    if (!second_direct) settle_tile(second.root());
    copy_memory(first.memory, second.memory);
    EXPECT_EQ(find_impossible_member(state), nullptr) << find_impossible_member(state);
    for (int cycle = 0; cycle < 1500; ++cycle) {
      const TileInputs inputs = traffic.next(first.outputs());
      set_inputs(first.root(), inputs);
      run(first, first_direct);
      set_inputs(second.root(), inputs);
      run(second, second_direct);
      ASSERT_EQ(first.outputs(), second.outputs()) << "cycle " << given + cycle;
      if (first_direct == second_direct) {
        ASSERT_EQ(state_of(first), state_of(second)) << "cycle " << given + cycle;
      }
      const TileOutputs outputs = first.outputs();
      for (uint32_t port = 0; port < 4; ++port) {
        const bool drives = (outputs.wavelet[port] >> kWaveletValid & 1) != 0 ||
                            (outputs.credit[port] >> kCreditValid & 1) != 0;
        ASSERT_EQ(driven_ports(state_of(first)) >> port & 1, drives ? 1u : 0u) << "port " << port;
      }
    }
    EXPECT_EQ(first.sram(), second.sram());
  }
}

TEST(TileState, BitsThatAMemberDoesNotHaveAreFound) {
  LoneTile tile;
  const std::vector<uint8_t> state = state_of(tile);
  EXPECT_EQ(find_impossible_member(state), nullptr);
  size_t begin = 0;
  for (const TileStateMember& member : tile_state_members()) {
    for (uint32_t bit = 0; bit < 8 * member.bytes; ++bit) {
      if (member.bytes > 16 && bit % 7 != 0) continue;  // enough of the long ones
      std::vector<uint8_t> changed = state;
      changed[begin + bit / 8] |= static_cast<uint8_t>(1u << bit % 8);
      const char* found = find_impossible_member(changed);
      if (bit % (8 * member.element_bytes) < member.element_bits) {
        ASSERT_EQ(found, nullptr) << member.name << " bit " << bit;
      } else {
        ASSERT_STREQ(found, member.name) << "bit " << bit;
      }
    }
    begin += member.bytes;
  }
}

}  // namespace
}  // namespace tessera::sim
