#include "sim/partition.h"

#include <gtest/gtest.h>

#include <random>

namespace tessera::sim {
namespace {

TEST(ShareRows, EvenWorkIsSharedEvenly) {
  EXPECT_EQ(share_rows(std::vector<double>(12, 1.0), 3), (std::vector<int>{4, 8, 12}));
  EXPECT_EQ(share_rows(std::vector<double>(5, 7.0), 5), (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(share_rows({3}, 1), (std::vector<int>{1}));
}

TEST(ShareRows, WorkInAFewRowsIsShared) {
  EXPECT_EQ(share_rows({0, 0, 5, 5, 0, 0, 0, 0}, 2), (std::vector<int>{3, 8}));
  EXPECT_EQ(share_rows({9, 0, 0, 0, 0, 0}, 3).size(), 3u);
}

TEST(ShareRows, EveryPartHasARowAndNoneTooMuch) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    std::vector<double> work(1 + random() % 40);
    double all = 0;
    double most = 0;
    for (double& row : work) {
      row = random() % 3 == 0 ? random() % 100 : 0;
      all += row;
      most = std::max(most, row);
    }
    const int parts = static_cast<int>(1 + random() % work.size());
    const std::vector<int> ends = share_rows(work, parts);
    ASSERT_EQ(ends.size(), static_cast<size_t>(parts));
    EXPECT_EQ(ends.back(), static_cast<int>(work.size()));
    int begin = 0;
    for (const int end : ends) {
      ASSERT_GT(end, begin);
      double part = 0;
      for (int row = begin; row < end; ++row) part += work[row];
      EXPECT_LE(part, all / parts + 2 * most);
      begin = end;
    }
  }
}

}  // namespace
}  // namespace tessera::sim
