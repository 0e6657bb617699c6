// What goes between ranks: comes out as it was put in, and what is too short is refused.
#include "sim/distributed/parcel.h"

#include <gtest/gtest.h>

#include "sim/distributed/results.h"

namespace tessera::sim {
namespace {

TEST(Parcel, GivesWhatWasPut) {
  Parcel parcel;
  parcel.put(uint8_t{7});
  parcel.put_list<uint32_t>(std::vector<uint32_t>{1, 2, 3});
  parcel.put_text("tile");
  parcel.put_list<uint64_t>({});
  Parcel arrived(parcel.bytes());
  EXPECT_EQ(arrived.get<uint8_t>(), 7);
  EXPECT_EQ(arrived.get_list<uint32_t>(), (std::vector<uint32_t>{1, 2, 3}));
  EXPECT_EQ(arrived.get_text(), "tile");
  EXPECT_TRUE(arrived.get_list<uint64_t>().empty());
  EXPECT_THROW(arrived.get<uint8_t>(), Error);
}

TEST(Parcel, RefusesAListThatIsLongerThanTheRest) {
  Parcel parcel;
  parcel.put<uint64_t>(uint64_t{1} << 61);
  parcel.put<uint64_t>(0);
  EXPECT_THROW(parcel.get_list<uint64_t>(), Error);
}

TEST(Parcel, AFailureKeepsItsKindAndMessage) {
  Parcel parcel;
  put_failure(parcel, std::make_exception_ptr(Error(ErrorKind::kFabric, "edge link west 3: too much")), 2);
  put_failure(parcel, std::make_exception_ptr(std::bad_alloc()), 2);
  put_failure(parcel, nullptr, 2);
  try {
    std::rethrow_exception(get_failure(parcel));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFabric);
    EXPECT_STREQ(error.what(), "edge link west 3: too much");
  }
  try {
    std::rethrow_exception(get_failure(parcel));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kEngine);
    EXPECT_NE(std::string(error.what()).find("rank 2"), std::string::npos) << error.what();
  }
  EXPECT_EQ(get_failure(parcel), nullptr);
}

TEST(Parcel, APartitionsResultsAreMovedAndAddUp) {
  Partition from;
  Partition to;
  uint64_t total = 0;
  for (int round = 0; round < 2; ++round) {
    for (const uint64_t cycle : {10, 5000, 9000}) {
      const uint64_t key = from.hash.begin_cycle(cycle + 10000 * round);
      from.hash.add_credit(key, LinkHash::link(3, 1), 0x1f);
    }
    total += from.hash.total();
    from.awake_tile_cycles = 5;
    from.sent.add(4, 2, 99);
    from.received = round == 0;
    Parcel parcel;
    put_results(parcel, from);
    EXPECT_EQ(from.hash.total(), 0u);
    EXPECT_EQ(from.awake_tile_cycles, 0u);
    EXPECT_TRUE(from.sent.empty());
    get_results(parcel, to);
  }
  EXPECT_EQ(to.hash.total(), total);
  EXPECT_EQ(to.awake_tile_cycles, 10u);
  EXPECT_TRUE(to.received);
  EXPECT_EQ(to.sent.sorted().size(), 2u);
}

}  // namespace
}  // namespace tessera::sim
