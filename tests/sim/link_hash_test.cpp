#include "sim/link_hash.h"

#include <gtest/gtest.h>

#include "sim/wavelet.h"

namespace tessera::sim {
namespace {

TEST(LinkHash, SumsOverCyclesWithSubtotals) {
  LinkHash hash;
  EXPECT_EQ(hash.total(), 0u);
  EXPECT_TRUE(hash.subtotals().empty());
  const uint64_t early = hash.begin_cycle(4095);
  hash.add_wavelet(early, LinkHash::link(3, 1), pack({5, true, 0x12345678}));
  const uint64_t first = hash.total();
  const uint64_t late = hash.begin_cycle(4096 * 7);
  hash.add_credit(late, LinkHash::link(3, 1), pack_credit(5));
  const std::vector<LinkHash::Subtotal> expected = {{0, first}, {7, hash.total() - first}};
  EXPECT_EQ(hash.subtotals(), expected);
}

TEST(LinkHash, EveryPartOfAnEventCounts) {
  const auto of = [](uint64_t cycle, uint64_t tile, uint64_t port, const Wavelet& wavelet) {
    LinkHash hash;
    hash.add_wavelet(hash.begin_cycle(cycle), LinkHash::link(tile, port), pack(wavelet));
    return hash.total();
  };
  const uint64_t base = of(1, 2, 3, {4, false, 5});
  EXPECT_EQ(base, of(1, 2, 3, {4, false, 5}));
  EXPECT_NE(base, of(2, 2, 3, {4, false, 5}));
  EXPECT_NE(base, of(1, 3, 3, {4, false, 5}));
  EXPECT_NE(base, of(1, 2, 4, {4, false, 5}));
  EXPECT_NE(base, of(1, 2, 3, {5, false, 5}));
  EXPECT_NE(base, of(1, 2, 3, {4, true, 5}));
  EXPECT_NE(base, of(1, 2, 3, {4, false, 6}));
}

TEST(Wavelet, PackAndUnpack) {
  const Wavelet wavelet{13, true, 0xdeadbeef};
  EXPECT_EQ(pack(wavelet), uint64_t{1} << 37 | uint64_t{13} << 33 | uint64_t{1} << 32 | 0xdeadbeef);
  EXPECT_EQ(unpack(pack(wavelet)), wavelet);
}

}  // namespace
}  // namespace tessera::sim
