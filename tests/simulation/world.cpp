#include "simulation/world.h"

namespace obolus::simulation {
namespace {

constexpr Millis kDay{86'400'000};
constexpr Millis kTick{2'000};
// After the last fault: the longest wait that the bridge may ask for is 15 minutes.
constexpr Millis kSettlesWithin{45 * 60'000};

}  // namespace

World* World::running_ = nullptr;

void World::Reached(base::FaultPoint point) {
  Stage& stage = running_->stage_;
  const auto at = static_cast<std::size_t>(point);
  ++stage.coverage.passed.at(at);
  if (!stage.Strikes(FaultKind::kCrashAtPoint)) return;
  ++stage.coverage.crashed.at(at);
  stage.history.Note("crash", base::ToString(point));
  throw SimCrash{};
}

void World::Start(std::size_t index) {
  const Owner owner = ++last_owner_;
  const bool newest_key = stage_.Strikes(FaultKind::kServerKeyNew);
  stage_.history.Note("start", index, owner);
  stage_.alive.insert(owner);
  index_of_.emplace(owner, index);
  processes_.at(index) = std::make_unique<Process>(stage_, index, owner, newest_key);
  Inside(index, [](Process& process) { process.Start(); });
}

void World::Kill(std::size_t index) {
  stage_.history.Note("kill", index);
  stage_.alive.erase(processes_.at(index)->owner());
  index_of_.erase(processes_.at(index)->owner());
  processes_.at(index).reset();
  stage_.tables_changed = true;
  stage_.After(stage_.Delay(50, 15'000), kWorld, [this, index] { Start(index); });
}

void World::JumpClock(Millis by) {
  const bool all = stage_.random.Chance(500);
  const auto one = static_cast<std::size_t>(stage_.random.Below(stage_.plan.processes));
  for (std::size_t i = 0; i < stage_.plan.processes; ++i) {
    if (all || i == one) jumped_.at(i) = std::clamp(jumped_.at(i) + by, -kDay, kDay);
    stage_.clock_offset.at(i) = jumped_.at(i) + skew_.at(i);
  }
}

void World::Tick() {
  if (stage_.healed) return;
  if (stage_.Strikes(FaultKind::kCrashAtOnce)) {
    const auto index = static_cast<std::size_t>(stage_.random.Below(stage_.plan.processes));
    if (processes_.at(index) != nullptr) Kill(index);
  }
  if (stage_.Strikes(FaultKind::kClockForward)) JumpClock(kDay);
  if (stage_.Strikes(FaultKind::kClockBack)) JumpClock(-kDay);
  stage_.After(kTick, kWorld, [this] { Tick(); });
}

// All clocks agree again, on the latest time that any of them has shown: what one that was ahead
// has written down is then not in the future.
void World::Heal() {
  stage_.history.Note("heal");
  stage_.healed = true;
  const Millis latest = stage_.latest_wall - base::FromMillis(Stage::kEpoch) - stage_.now;
  for (Millis& offset : stage_.clock_offset) offset = latest;
}

bool World::IsSettled() const {
  return stage_.healed && stage_.tables.sessions.due().empty() &&
         stage_.tables.events.claimable().empty();
}

void World::Run(const std::function<bool()>& is_done) {
  running_ = this;
  base::SetFaultHook(&World::Reached);
  struct Unhook {
    ~Unhook() { base::SetFaultHook(nullptr); }
  } const unhook;
  for (std::size_t i = 0; i < stage_.plan.processes; ++i) {
    if (stage_.Strikes(FaultKind::kClockSkewed)) skew_.at(i) = stage_.Delay(-3'000, 3'000);
    stage_.clock_offset.at(i) = skew_.at(i);
    Start(i);
  }
  Tick();
  stage_.After(stage_.plan.heal_at, kWorld, [this] { Heal(); });
  Owner owner = kWorld;
  Stage::Task task;
  while (stage_.Take(&owner, &task)) {
    if (owner == kWorld) {
      task();
    } else {
      Inside(index_of_.at(owner), [&task](Process&) { task(); });
    }
    if (std::exchange(stage_.tables_changed, false)) stage_.auditor.Look(stage_.tables);
    if (IsSettled() && is_done()) return;
    if (stage_.now > stage_.plan.heal_at + kSettlesWithin) {
      throw Violation{"what is healed settles",
                      std::to_string(stage_.tables.sessions.due().size()) + " sessions and " +
                          std::to_string(stage_.tables.events.claimable().size()) +
                          " events wait, or a caller does"};
    }
  }
}

}  // namespace obolus::simulation
