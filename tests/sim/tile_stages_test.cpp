#include "sim/tile_stages.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tessera::sim {
namespace {

Part part(const std::string& name, Names reads, Names writes) {
  Part result;
  result.name = name;
  result.reads = std::move(reads);
  result.writes = std::move(writes);
  return result;
}

std::vector<std::string> names(const Stage& stage) {
  std::vector<std::string> result;
  for (const Part* part : stage.parts) result.push_back(part->name);
  return result;
}

using List = std::vector<std::string>;

TEST(TileStages, WhatIsLeftOutHasAStageForEachLevel) {
  const Part a = part("a", {"x"}, {"p"}), b = part("b", {"y"}, {"q"}), c = part("c", {"p"}, {"r"}),
             d = part("d", {"x", "r"}, {"s"});
  const std::vector<Stage> stages = stages_of({&a, &b, &c, &d}, {});
  ASSERT_EQ(stages.size(), 3);
  EXPECT_EQ(names(stages[0]), (List{"a", "b"}));
  EXPECT_EQ(names(stages[1]), List{"c"});
  EXPECT_EQ(names(stages[2]), List{"d"});
  EXPECT_EQ(stages[0].reads, (Names{"x", "y"}));
  EXPECT_EQ(stages[0].writes, (Names{"p", "q"}));
  for (const Stage& stage : stages) EXPECT_FALSE(stage.always);
}

TEST(TileStages, WhatIsAlwaysRunGoesFirstAndIsOneStage) {
  const Part a = part("a", {"x"}, {"p"}), b = part("b", {"y"}, {"q"}), c = part("c", {"q"}, {"r"});
  const std::vector<Stage> stages = stages_of({&a, &b, &c}, {&b, &c});
  ASSERT_EQ(stages.size(), 2);
  EXPECT_TRUE(stages[0].always);
  EXPECT_EQ(names(stages[0]), (List{"b", "c"}));
  EXPECT_FALSE(stages[1].always);
  EXPECT_EQ(names(stages[1]), List{"a"});
}

TEST(TileStages, WhatIsAlwaysRunWaitsForWhatItReads) {
  const Part a = part("a", {"x"}, {"p"}), b = part("b", {"p"}, {"q"});
  const std::vector<Stage> stages = stages_of({&a, &b}, {&b});
  ASSERT_EQ(stages.size(), 2);
  EXPECT_EQ(names(stages[0]), List{"a"});
  EXPECT_EQ(names(stages[1]), List{"b"});
  EXPECT_TRUE(stages[1].always);
}

// Every part once, and none before one that drives what it reads.
TEST(TileStages, RandomLogicKeepsItsOrder) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937 random(seed);
    std::vector<Part> parts;
    for (int i = 0; i < 40; ++i) {
      Names reads;
      for (int k = 0; k < 3; ++k)
        reads.insert(i == 0 || random() % 3 == 0 ? "register" : "n" + std::to_string(random() % i));
      parts.push_back(part("part", reads, {"n" + std::to_string(i)}));
    }
    std::vector<const Part*> logic;
    std::set<const Part*> always;
    for (const Part& one : parts) {
      logic.push_back(&one);
      if (random() % 3 == 0) always.insert(&one);
    }
    std::map<std::string, size_t> driven_in;
    size_t count = 0;
    const std::vector<Stage> stages = stages_of(logic, always);
    for (size_t i = 0; i < stages.size(); ++i) {
      for (const Part* one : stages[i].parts) {
        ++count;
        EXPECT_EQ(always.contains(one), stages[i].always);
        for (const std::string& name : one->reads) {
          if (name == "register") continue;
          ASSERT_TRUE(driven_in.contains(name));
          // Within a stage, only what is always run may read what another of it drives.
          EXPECT_LT(driven_in[name], i + (stages[i].always ? 1 : 0));
        }
        for (const std::string& name : one->writes) driven_in[name] = i;
      }
    }
    EXPECT_EQ(count, parts.size());
  }
}

}  // namespace
}  // namespace tessera::sim
