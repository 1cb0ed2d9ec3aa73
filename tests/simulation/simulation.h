// One seed, one history: a whole run of Obolus's own use cases and relay in a world that fails as
// the seed says, and its verdict. Called by `simulate` and by the tests; one run at a time.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>

#include "simulation/auditor.h"
#include "simulation/stage.h"

namespace obolus::simulation {

struct Verdict {
  std::uint64_t hash = 0;   // of the history
  std::uint64_t notes = 0;  // its length
  std::optional<Violation> violation;
  Coverage coverage;
};

// `trace`: prints the history there; nullptr: nowhere.
Verdict Simulate(std::uint64_t seed, Mutant mutant = Mutant::kNone, std::FILE* trace = nullptr);

}  // namespace obolus::simulation
