#include "simulation/stage.h"

namespace obolus::simulation {

std::string_view ToString(Mutant mutant) {
  static constexpr std::array<std::string_view, kMutants> kNames = {
      "none",          "torn_batch",       "early_answer", "false_success",
      "fence_ignored", "event_rerendered", "event_id_new", "answer_forgotten",
      "order_ignored", "void_forgotten"};
  return kNames[static_cast<std::size_t>(mutant)];
}

// A part of the faults in each seed, so that some are seen alone and some together; the same kinds
// are rare in one seed and frequent in another ("swarm testing", Groce et al. 2012).
Plan MakePlan(Random& random) {
  Plan plan;
  const int share = random.Chance(50) ? 0 : static_cast<int>(random.Between(100, 800));
  for (auto& permille : plan.permille) {
    const int most = random.Chance(300) ? 300 : 60;
    if (random.Chance(share)) permille = static_cast<int>(random.Between(1, most));
  }
  // One asks for these at nearly every step.
  for (const FaultKind kind : {FaultKind::kCrashAtPoint, FaultKind::kCallFails}) {
    auto& permille = plan.permille[static_cast<std::size_t>(kind)];
    permille = (permille + 9) / 10;
  }
  plan.processes = random.Chance(400) ? 1 : static_cast<std::size_t>(random.Between(2, 3));
  plan.remote_vault = random.Chance(500);
  plan.journeys = static_cast<int>(random.Between(1, 6));
  plan.heal_at = Millis(random.Between(60'000, 240'000));
  plan.session_lifetime = Millis(1000 * random.Between(60, 240));
  plan.sweep_interval = Millis(random.Between(500, 10'000));
  plan.max_batch = static_cast<std::size_t>(random.Between(1, 8));
  plan.store_delay = Millis(random.Chance(500) ? 2 : 40);
  plan.relay_concurrency = static_cast<std::size_t>(random.Between(1, 6));
  plan.relay_drain_per_s = random.Chance(700) ? 0 : static_cast<std::size_t>(random.Between(1, 8));
  plan.policy = {.max_attempts = static_cast<int>(random.Between(0, 3)),
                 .tds_result_on_expiry = !random.Chance(300),
                 .card_session_failed_on_expiry = !random.Chance(300),
                 .count_typing_errors = !random.Chance(100)};
  for (auto more = random.Between(0, 3); more > 0; --more) {
    plan.policy.cool_downs.emplace_back(random.Between(0, 20));
  }
  return plan;
}

bool Stage::Take(Owner* owner, Task* task) {
  while (!tasks_.empty()) {
    auto first = tasks_.extract(tasks_.begin());
    *owner = first.mapped().owner;
    if (*owner != kWorld && !alive.contains(*owner)) continue;
    now = first.key().first;
    *task = std::move(first.mapped().task);
    return true;
  }
  return false;
}

}  // namespace obolus::simulation
