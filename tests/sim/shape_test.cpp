#include <gtest/gtest.h>

#include "host/error/error.h"
#include "sim/wafer_shape.h"

namespace tessera::sim {
namespace {

constexpr unsigned kNorth = 1, kEast = 2, kSouth = 4, kWest = 8;  // bits of port_e

TEST(WaferShape, LinksOfALiveWafer) {
  const WaferShape shape{3, 2, {}, {}, {}};
  EXPECT_EQ(shape.link_present(0), kEast | kSouth | kWest);  // west: the edge link
  EXPECT_EQ(shape.link_present(1), kEast | kSouth | kWest);
  EXPECT_EQ(shape.link_present(5), kNorth | kEast | kWest);
  EXPECT_EQ(WaferShape{}.link_present(0), kEast | kWest);
}

TEST(WaferShape, DeadTilesAndLinks) {
  WaferShape shape{3, 2, {}, {}, {}};
  shape.dead_tile = {false, true, false, false, false, false};
  EXPECT_EQ(shape.link_present(0), kSouth | kWest);
  EXPECT_EQ(shape.link_present(1), 0u);
  EXPECT_EQ(shape.link_present(2), kEast | kSouth);
  EXPECT_EQ(shape.link_present(4), kEast | kWest);
  shape.dead_link_east = {false, false, true, true, false, false};
  shape.dead_link_south = {true, false, false, false, false, false};
  EXPECT_EQ(shape.link_present(0), kWest);
  EXPECT_EQ(shape.link_present(2), kSouth);
  EXPECT_EQ(shape.link_present(3), kWest);
  EXPECT_EQ(shape.link_present(4), kEast);
}

TEST(WaferShape, Validation) {
  EXPECT_NO_THROW(validate(WaferShape{2, 1, {true, false}, {}, {}}));
  EXPECT_THROW(validate(WaferShape{0, 1, {}, {}, {}}), Error);
  EXPECT_THROW(validate(WaferShape{1, -1, {}, {}, {}}), Error);
  EXPECT_THROW(validate(WaferShape{2, 2, {true}, {}, {}}), Error);
  EXPECT_THROW(validate(WaferShape{2, 2, {}, {}, {true, false}}), Error);
}

}  // namespace
}  // namespace tessera::sim
