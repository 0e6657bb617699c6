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

// Whether the member "x" needs none.
bool x_needs_none(const std::string& text) { return needs_no_shadow(split(text), "x", "__Vdly__x"); }

TEST(NeedsNoShadow, ReadBeforeItIsAssigned) {
  EXPECT_TRUE(x_needs_none("__Vdly__x = vlSelf->x + 1U;"));
  EXPECT_TRUE(x_needs_none("vlSelf->y = vlSelf->x; vlSelf->__Vdly__x = 1U;"));
  EXPECT_TRUE(x_needs_none("if (vlSelf->c) { __Vdly__x = 0U; } else { __Vdly__x = vlSelf->x + 1U; }"));
  EXPECT_TRUE(x_needs_none("if (vlSelf->x) { __Vdly__x = 0U; } else if (vlSelf->c) { __Vdly__x = 1U; }"));
  EXPECT_TRUE(x_needs_none("vlSelf->y = 1U;"));
}

TEST(NeedsNoShadow, ReadAfterIt) {
  EXPECT_FALSE(x_needs_none("__Vdly__x = 1U; vlSelf->y = vlSelf->x;"));
  EXPECT_FALSE(x_needs_none("if (vlSelf->c) { __Vdly__x = 0U; } if (vlSelf->x) { vlSelf->y = 1U; }"));
  EXPECT_FALSE(x_needs_none("if (vlSelf->c) { __Vdly__x = 0U; __Vdly__x = vlSelf->x + 1U; }"));
}

TEST(NeedsNoShadow, UsedInAnotherWay) {
  EXPECT_FALSE(x_needs_none("__Vdly__x[0U] = 1U;"));
  EXPECT_FALSE(x_needs_none("vlSelf->y = __Vdly__x;"));
  EXPECT_FALSE(x_needs_none("if (__Vdly__x) { vlSelf->y = 1U; }"));
  EXPECT_FALSE(x_needs_none("vlSelf->x = 1U;"));
}

TEST(WithWord, ReplacesWholeWordsOnly) {
  EXPECT_EQ(with_word("a = ab + a(a);", "a", "vlSelf->b"), "vlSelf->b = ab + vlSelf->b(vlSelf->b);");
}

}  // namespace
}  // namespace tessera::sim
