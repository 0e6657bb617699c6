#include "host/runtime/bit_flip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/error/error.h"
#include "tests/host/runtime/fake_wafer.h"

namespace tessera {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_bit_flip(text, "--flip-bit");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(BitFlip, ReadsWhatIsWritten) {
  const BitFlip flip = parse_bit_flip("3,4:0x4a0:5", "--flip-bit");
  EXPECT_EQ(flip.tile, (TilePosition{3, 4}));
  EXPECT_EQ(flip.address, 0x4a0u);
  EXPECT_EQ(flip.bit, 5);
  EXPECT_EQ(parse_bit_flip("0,0:1184:7", "--flip-bit").address, 1184u);
  const std::uint32_t last = rtl::kInstructionBase + rtl::kInstructionBytes - 1;
  EXPECT_EQ(parse_bit_flip(fmt::format("0,0:{}:0", last), "--flip-bit").address, last);
}

TEST(BitFlip, RefusesOtherForms) {
  for (const char* text : {"", ":", "::", "3,4", "3,4:1", "3,4:1:8", "3,4:1:-1", "3,4:1:1:1", "3,4:0x:1",
                           "3,4:x:1", "3,4:-1:1", "3,4:1 :1", "3,4:99999999999:1"})
    EXPECT_THAT(error_of(text), testing::HasSubstr("X,Y:ADDRESS:BIT")) << text;
  EXPECT_THAT(error_of("3:1:1"), testing::HasSubstr("X,Y"));
  for (const std::uint32_t address : {rtl::kSramBase + rtl::kSramBytes, rtl::kInstructionBase - 1,
                                      rtl::kInstructionBase + rtl::kInstructionBytes, rtl::kRegisterBase})
    EXPECT_THAT(error_of(fmt::format("3,4:{:#x}:1", address)),
                testing::HasSubstr(fmt::format("--flip-bit: {:#x} should be an address of SRAM", address)));
}

TEST(BitFlip, NeedsALiveTile) {
  WaferConfig wafer;
  wafer.columns = 4;
  wafer.rows = 3;
  wafer.dead_tiles = {{1, 2}};
  EXPECT_NO_THROW(check_bit_flip({{3, 2}, 0, 0}, wafer, "--flip-bit"));
  EXPECT_THROW(check_bit_flip({{4, 2}, 0, 0}, wafer, "--flip-bit"), Error);
  EXPECT_THROW(check_bit_flip({{1, 2}, 0, 0}, wafer, "--flip-bit"), Error);
}

TEST(BitFlip, ChangesOneBitAndBack) {
  FakeWafer wafer(4, 3, [](FakeWafer&, const SentMessage&) {});
  const int tile = wafer.shape().index(2, 1);
  const std::uint8_t before[3] = {0x11, 0x22, 0x33};
  std::uint8_t after[3] = {};
  wafer.write_memory(tile, 0x100, before);
  apply_bit_flips(wafer, {{{2, 1}, 0x101, 6}});
  wafer.read_memory(tile, 0x100, after);
  EXPECT_THAT(after, testing::ElementsAre(0x11, 0x62, 0x33));
  apply_bit_flips(wafer, {{{2, 1}, 0x101, 6}, {{2, 1}, 0x102, 0}});
  wafer.read_memory(tile, 0x100, after);
  EXPECT_THAT(after, testing::ElementsAre(0x11, 0x22, 0x32));
}

}  // namespace
}  // namespace tessera
