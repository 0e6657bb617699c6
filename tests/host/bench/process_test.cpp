#include "host/bench/process.h"

#include <gtest/gtest.h>

#include "host/error/error.h"

namespace tessera::bench {
namespace {

TEST(Process, GivesOutputStatusAndCost) {
  const ProcessResult result =
      run_process({"sh", "-c", "echo a $WORD; exit 3"}, {.environment = {"WORD=b"}, .log = {}});
  EXPECT_EQ(result.out, "a b\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_GT(result.wall_seconds, 0);
}

TEST(Process, CountsTheTimeOfGrandchildren) {
  const ProcessResult result =
      run_process({"sh", "-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; true"});
  EXPECT_GT(result.cpu_seconds, 0.01);
}

TEST(Process, SaysThatASignalEndedIt) { EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}).status, 128 + 9); }

TEST(Process, WhatIsNotThere) {
  EXPECT_THROW(run_process({"/nowhere/program"}), Error);
  EXPECT_TRUE(find_program("no-such-program-anywhere").empty());
  EXPECT_FALSE(find_program("sh").empty());
}

}  // namespace
}  // namespace tessera::bench
