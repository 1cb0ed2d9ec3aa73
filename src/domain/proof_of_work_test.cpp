#include "domain/proof_of_work.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/work_solver.h"

namespace obolus::domain {
namespace {

TEST(ProofOfWork, WhatIsSolvedIsAccepted) {
  const WorkOrder order{.bits = 6, .parts = 8};
  auto counters = testing::Solve(order, "a seed");
  EXPECT_TRUE(IsSolved(order, "a seed", counters));
  EXPECT_FALSE(IsSolved(order, "another seed", counters));
  EXPECT_FALSE(IsSolved({.bits = 20, .parts = 8}, "a seed", counters));
  std::swap(counters[0], counters[1]);
  EXPECT_FALSE(IsSolved(order, "a seed", counters)) << "a counter belongs to its part";
}

TEST(ProofOfWork, EachPartNeedsItsCounter) {
  const WorkOrder order{.bits = 4, .parts = 3};
  auto counters = testing::Solve(order, "a seed");
  counters.push_back(0);
  EXPECT_FALSE(IsSolved(order, "a seed", counters));
  counters.resize(2);
  EXPECT_FALSE(IsSolved(order, "a seed", counters));
  EXPECT_FALSE(IsSolved({.bits = 4, .parts = 0}, "a seed", {}));
}

// The solution of the card frame for this seed, by web/src/frame/proof_of_work.test.ts: both sides
// mean the same.
TEST(ProofOfWork, TheFrameAndTheServerMeanTheSame) {
  const std::vector<std::uint32_t> found = testing::Solve({.bits = 8, .parts = 4}, "obolus");
  EXPECT_EQ(found, (std::vector<std::uint32_t>{229, 30, 379, 117}));
}

}  // namespace
}  // namespace obolus::domain
