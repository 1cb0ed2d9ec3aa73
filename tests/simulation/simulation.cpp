#include "simulation/simulation.h"

#include "base/log.h"
#include "simulation/payers.h"

namespace obolus::simulation {

Verdict Simulate(std::uint64_t seed, Mutant mutant, std::FILE* trace) {
  base::SetLogLevel(base::LogLevel::kError);  // failures are what this is about
  World world(seed, mutant, trace);
  Stage& stage = world.stage();
  Payers payers(world);
  Verdict verdict;
  try {
    world.Run([&payers] { return payers.IsDone(); });
  } catch (const Violation& violation) {
    stage.history.Note("violation", violation.invariant, violation.detail);
    verdict.violation = violation;
  }
  verdict.hash = stage.history.hash();
  verdict.notes = stage.history.notes();
  verdict.coverage = std::move(stage.coverage);
  return verdict;
}

}  // namespace obolus::simulation
