#include "main/fault_plan.h"

#include <gtest/gtest.h>

#include <new>

namespace obolus::main {
namespace {

FaultPlan Parse(std::string_view text) {
  auto plan = ParseFaultPlan(text);
  EXPECT_TRUE(plan) << plan.error().message;
  return plan.value_or(FaultPlan{});
}

TEST(FaultPlan, NamesAPointAndHowOftenItIsReached) {
  const FaultPlan plan = Parse("kill:before_commit:17");
  ASSERT_TRUE(plan.kill);
  EXPECT_EQ(plan.kill->point, base::FaultPoint::kBeforeCommit);
  EXPECT_EQ(plan.kill->at, 17U);
  for (std::size_t i = 0; i < base::kFaultPoints; ++i) {
    const auto point = static_cast<base::FaultPoint>(i);
    EXPECT_EQ(Parse("kill:" + std::string(base::ToString(point)) + ":1").kill->point, point);
  }
}

TEST(FaultPlan, MayHaveSeveralParts) {
  const FaultPlan plan = Parse("power:7:40:5,synchronous:normal,memory:900:50,checkpoint:8");
  EXPECT_EQ(plan.power->seed, 7U);
  EXPECT_EQ(plan.power->at, 40U);
  EXPECT_EQ(plan.power->failing_syncs, 5U);
  EXPECT_EQ(plan.synchronous, "NORMAL");
  EXPECT_EQ(plan.checkpoint_pages, 8U);
  EXPECT_EQ(plan.memory->at, 900U);
  EXPECT_EQ(plan.memory->every, 50U);
}

TEST(FaultPlan, SaysWhichCallOfTheDiskFailsHowAndForHowLong) {
  const FaultPlan plan = Parse("io:sync:3:enospc:1500");
  EXPECT_EQ(plan.io->call, storage::faults::DiskCall::kSync);
  EXPECT_EQ(plan.io->at, 3U);
  EXPECT_TRUE(plan.io->full);
  EXPECT_EQ(plan.io->lasts, std::chrono::milliseconds(1500));
}

TEST(FaultPlan, IsRefusedWhenItIsNotUnderstood) {
  for (const char* text : {"",
                           "kill",
                           "kill:nowhere:1",
                           "kill:before_commit:0",
                           "kill:before_commit:x",
                           "kill:before_commit:1:2",
                           "power:1",
                           "power:x:1",
                           "power:1:0",
                           "io:write:1:eio",
                           "io:seek:1:eio:0",
                           "io:write:1:ebusy:0",
                           "io:write:0:eio:0",
                           "memory:0",
                           "memory:",
                           "synchronous:extra",
                           "checkpoint:",
                           "kill:body_ran:1,",
                           "kill:body_ran:1,kill:body_ran:2",
                           "power:1:1,io:write:1:eio:0",
                           "KILL:body_ran:1",
                           "memory:-1"}) {
    EXPECT_FALSE(ParseFaultPlan(text)) << text;
  }
}

TEST(FailingMemory, FailsAtTheChosenCallAndEachStepAfterIt) {
  ArmMemoryFaults({.at = 3, .every = 2});
  std::string outcome;
  for (int i = 0; i < 7; ++i) {
    try {
      // Called by name, or the compiler may leave both out.
      ::operator delete(::operator new(8));
      outcome += '.';
    } catch (const std::bad_alloc&) {
      outcome += 'x';
    }
  }
  ArmMemoryFaults({});
  EXPECT_EQ(outcome, "..x.x.x");
  EXPECT_EQ(MemoryFaultsRaised(), 3U);
}

}  // namespace
}  // namespace obolus::main
