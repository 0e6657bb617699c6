#include "sim/verilated_code.h"

#include <gtest/gtest.h>

namespace tessera::sim {
namespace {

// Whether the member "x" is.
bool x_is_set(const std::string& text) { return is_set_before_use(text, "x"); }

TEST(IsSetBeforeUse, Assigned) {
  EXPECT_TRUE(x_is_set("vlSelf->x = 1U; vlSelf->y = vlSelf->x;"));
  EXPECT_TRUE(x_is_set("vlSelf->y = 1U;\n vlSelf->x\n = vlSelf->y; vlSelf->x = vlSelf->x + 1U;"));
  EXPECT_TRUE(x_is_set("vlSelf->x = 0U; if (vlSelf->c) { vlSelf->x = 1U; } vlSelf->y = vlSelf->x;"));
  EXPECT_TRUE(x_is_set("vlSelf->y = vlSelf->xs;"));
}

TEST(IsSetBeforeUse, AssignedInsideABlock) {
  EXPECT_TRUE(x_is_set("if (vlSelf->c) { vlSelf->x = 1U; if (vlSelf->d) { vlSelf->y = vlSelf->x; } }"));
  EXPECT_TRUE(x_is_set("if (vlSelf->c) { vlSelf->x = 1U; } if (vlSelf->d) { vlSelf->x = 2U; }"));
  EXPECT_FALSE(x_is_set("if (vlSelf->c) { vlSelf->x = 1U; } vlSelf->y = vlSelf->x;"));
  EXPECT_FALSE(x_is_set("if (vlSelf->c) { vlSelf->x = 1U; } else { vlSelf->y = vlSelf->x; }"));
}

TEST(IsSetBeforeUse, ReadFirst) {
  EXPECT_FALSE(x_is_set("vlSelf->y = vlSelf->x; vlSelf->x = 1U;"));
  EXPECT_FALSE(x_is_set("vlSelf->x = vlSelf->x + 1U;"));
  EXPECT_FALSE(x_is_set("if (vlSelf->x) { vlSelf->x = 1U; }"));
  EXPECT_FALSE(x_is_set("if (vlSelf->x == 1U) { vlSelf->x = 1U; }"));
}

TEST(IsSetBeforeUse, ElementsAreNotTheWhole) { EXPECT_FALSE(x_is_set("vlSelf->x[0U] = 1U;")); }

}  // namespace
}  // namespace tessera::sim
