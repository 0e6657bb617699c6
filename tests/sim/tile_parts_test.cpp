#include "sim/tile_parts.h"

#include <gtest/gtest.h>

namespace tessera::sim {
namespace {

Cluster cluster(uint32_t clocks, const std::string& text) {
  Cluster result;
  result.statements = {{parse_statement(text, {}), 0, clocks}};
  result.reads = result.statements[0].statement.reads;
  result.writes = result.statements[0].statement.writes;
  result.clocks = clocks;
  result.cost = 1;
  return result;
}

TEST(PartsOf, JoinsNeighboursOfTheSameClocks) {
  Schedule schedule;
  schedule.edge = {cluster(1, "vlSelf->a = vlSelf->x;"), cluster(1, "vlSelf->b = vlSelf->y;"),
                   cluster(2, "vlSelf->c = vlSelf->a;"), cluster(1, "vlSelf->d = vlSelf->c;")};
  schedule.after = {cluster(1, "vlSelf->e = vlSelf->d;")};  // of the last one's clocks, but after the edge
  const std::vector<Part> parts = parts_of(schedule);
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].name, "edge_1");
  EXPECT_EQ(parts[0].statements.size(), 2u);
  EXPECT_EQ(parts[0].reads, (Names{"x", "y"}));
  EXPECT_EQ(parts[0].writes, (Names{"a", "b"}));
  EXPECT_EQ(parts[0].cost, 2u);
  EXPECT_EQ(parts[1].clocks, 2u);
  EXPECT_EQ(parts[2].name, "edge_3");
  EXPECT_EQ(parts[3].name, "logic_4");
  EXPECT_EQ(parts[3].clocks, 1u);
}

// The part's text without its shadows, one statement a line.
std::string without_shadows(const std::vector<std::string>& statements,
                            const std::map<std::string, std::string>& own = {}) {
  Part part;
  for (const std::string& text : statements) part.statements.push_back({parse_statement(text, {}), 0, 1});
  drop_shadows(part, own);
  std::string text;
  for (const Placed& placed : part.statements) text += placed.statement.text + "\n";
  return text;
}

TEST(DropShadows, WhereNothingReadsTheRegisterAfterwards) {
  EXPECT_EQ(without_shadows({"__Vdly__x = vlSelf->x;", "if (vlSelf->c) { __Vdly__x = vlSelf->x + 1U; }",
                             "vlSelf->x = __Vdly__x;"}),
            "if (vlSelf->c) { vlSelf->x = vlSelf->x + 1U; }\n");
}

TEST(DropShadows, NotWhereTheOldValueIsReadAfterwards) {
  const std::vector<std::string> statements = {"__Vdly__x = vlSelf->x;", "__Vdly__x = 1U;",
                                               "vlSelf->y = vlSelf->x;", "vlSelf->x = __Vdly__x;"};
  EXPECT_EQ(without_shadows(statements),
            statements[0] + "\n" + statements[1] + "\n" + statements[2] + "\n" + statements[3] + "\n");
}

TEST(DropShadows, OfMembersOnlyThoseThatNobodyElseKnows) {
  const std::vector<std::string> statements = {"vlSelf->__Vdly__x = vlSelf->x;", "vlSelf->__Vdly__x = 1U;",
                                               "vlSelf->x = vlSelf->__Vdly__x;"};
  EXPECT_NE(without_shadows(statements).find("__Vdly__x"), std::string::npos);
  EXPECT_EQ(without_shadows(statements, {{"__Vdly__x", "CData"}}), "vlSelf->x = 1U;\n");
}

}  // namespace
}  // namespace tessera::sim
