#include "simulation/simulation.h"

#include <gtest/gtest.h>

namespace obolus::simulation {
namespace {

constexpr std::uint64_t kSeeds = 300;

// The first seed whose history breaks a promise; 0: none does.
std::uint64_t FirstCaught(Mutant mutant) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (Simulate(seed, mutant).violation) return seed;
  }
  return 0;
}

TEST(Simulation, OneSeedIsOneHistory) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Verdict once = Simulate(seed);
    const Verdict again = Simulate(seed);
    EXPECT_EQ(once.hash, again.hash) << seed;
    EXPECT_EQ(once.notes, again.notes) << seed;
  }
}

TEST(Simulation, AnotherSeedIsAnotherHistory) {
  EXPECT_NE(Simulate(1).hash, Simulate(2).hash);
}

TEST(Simulation, ObolusKeepsItsPromises) {
  EXPECT_EQ(FirstCaught(Mutant::kNone), 0U);
}

TEST(Simulation, EachKnownBadVariantIsCaught) {
  for (std::size_t i = 1; i < kMutants; ++i) {
    const auto mutant = static_cast<Mutant>(i);
    const std::uint64_t seed = FirstCaught(mutant);
    EXPECT_NE(seed, 0U) << ToString(mutant);
    std::printf("%s: caught by seed %llu\n", std::string(ToString(mutant)).c_str(),
                static_cast<unsigned long long>(seed));
  }
}

TEST(Simulation, WhatWasNeverReachedIsNamed) {
  const auto missing = Simulate(1).coverage.Missing();
  EXPECT_FALSE(missing.empty());
  EXPECT_EQ(Coverage().Missing().size(),
            kFaultKinds + 2 * base::kFaultPoints + domain::Transitions().size());
}

// The reference output of xoshiro256**, seeded with splitmix64 from 0, as other implementations
// give it.
TEST(Random, GivesTheSameNumbersEverywhere) {
  Random random(0);
  EXPECT_EQ(random.Next(), 0x99ec'5f36'cb75'f2b4U);
  EXPECT_EQ(random.Next(), 0xbf6e'1f78'4956'452aU);
  EXPECT_EQ(random.Next(), 0x1a5f'849d'4933'e6e0U);
}

TEST(RowBetween, ALeapIsNoRow) {
  domain::Session before;
  domain::Session after = before;
  after.version = 2;
  after.state = domain::SessionState::kSubmitted;
  ASSERT_NE(RowBetween(before, after), nullptr);
  EXPECT_EQ(RowBetween(before, after)->trigger, domain::Trigger::kSubmit);
  after.version = 3;
  EXPECT_EQ(RowBetween(before, after), nullptr) << "two versions at once";
  after.version = 2;
  before.state = domain::SessionState::kVoided;
  EXPECT_EQ(RowBetween(before, after), nullptr) << "out of an end";
}

}  // namespace
}  // namespace obolus::simulation
