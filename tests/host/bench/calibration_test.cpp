#include "host/bench/calibration.h"

#include <gtest/gtest.h>

namespace tessera::bench {
namespace {

TEST(Calibration, MeasuresSomethingPlausible) {
  const Calibration calibration = calibrate();
  EXPECT_GT(calibration.alu_ns, 0.3);  // five dependent cycles
  EXPECT_LT(calibration.alu_ns, 1000);
  EXPECT_GT(calibration.visit_ns, 10 * calibration.alu_ns);  // 32 links of such a chain
}

TEST(Calibration, TheReferenceIsAFixedPoint) {
  EXPECT_DOUBLE_EQ(at_reference(50, {2, kReferenceVisitNs}), 50);
  EXPECT_DOUBLE_EQ(at_reference(50, {4, 2 * kReferenceVisitNs}), 25);  // a core half as fast
}

}  // namespace
}  // namespace tessera::bench
