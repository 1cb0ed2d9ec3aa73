// What all parts of one simulated run share: chance, simulated time with its queue of tasks, the
// plan of this seed (which faults, how often), the tables that outlive crashes, and the auditor.
// A task belongs to an incarnation of a process and dies with it. Made by Simulation; one thread.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "app/ports/event_bridge.h"
#include "simulation/auditor.h"
#include "simulation/coverage.h"
#include "simulation/history.h"
#include "simulation/random.h"
#include "storage/memory_tables.h"

namespace obolus::simulation {

using base::Millis;
using base::Timestamp;
using base::Uuid;

// Thrown where a process dies. Not a std::exception, so that nothing on the way out catches it.
struct SimCrash {};

// A run with a safety feature switched off, in the simulation's own adapters: each must break an
// invariant, or the simulation could not find the like in the code.
enum class Mutant : std::uint8_t {
  kNone,
  kTornBatch,        // a crash during a commit keeps the first writes of the batch
  kEarlyAnswer,      // `done` runs before the commit
  kFalseSuccess,     // a commit that failed is reported as done
  kFenceIgnored,     // a relay whose lease ran out may still save
  kEventRerendered,  // the event's time is that of the attempt
  kEventIdNew,       // a second attempt has an id of its own
  kAnswerForgotten,  // idempotent answers are not kept
  kOrderIgnored,     // a claim takes a later event of a session too
  kVoidForgotten     // events that come before their session are not kept
};
inline constexpr std::size_t kMutants = 10;
std::string_view ToString(Mutant mutant);  // "none", "torn_batch", ...

// What a seed decides before it starts.
struct Plan {
  std::array<int, kFaultKinds> permille{};  // of each fault, where it can happen
  std::size_t processes = 1;                // obolus processes over one store
  bool remote_vault = false;
  int journeys = 3;  // payments
  Millis heal_at{};  // no faults from then on
  Millis session_lifetime{};
  Millis sweep_interval{};
  std::size_t max_batch = 1;
  Millis store_delay{};  // at most, before a batch runs
  std::size_t relay_concurrency = 1;
  std::size_t relay_drain_per_s = 0;
  domain::Policy policy;
};
Plan MakePlan(Random& random);

using Owner = std::uint64_t;  // an incarnation of a process
inline constexpr Owner kWorld = 0;

class Stage {
 public:
  using Task = std::move_only_function<void()>;

  Stage(std::uint64_t seed, Mutant mutant_of_run, std::FILE* trace)
      : random(seed),
        history(now, trace),
        plan(MakePlan(random)),
        mutant(mutant_of_run),
        auditor({plan.policy, plan.remote_vault, latest_wall, coverage}) {}
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // True: that fault happens now; counted and noted.
  bool Strikes(FaultKind kind) {
    const int permille = plan.permille[static_cast<std::size_t>(kind)];
    if (healed || permille == 0 || !random.Chance(permille)) return false;
    Happened(kind);
    return true;
  }
  void Happened(FaultKind kind) {
    coverage.Count(kind);
    history.Note("fault", ToString(kind));
  }

  void After(Millis delay, Owner owner, Task task) {
    tasks_.emplace(std::pair(now + delay, ++sequence_), Entry{owner, std::move(task)});
  }
  Millis Delay(std::int64_t low_ms, std::int64_t high_ms) {
    return Millis(random.Between(low_ms, high_ms));
  }
  // Moves time to the next task whose owner lives and takes it. False: there is none.
  bool Take(Owner* owner, Task* task);

  Timestamp Wall(std::size_t process) {
    const Timestamp wall = base::FromMillis(kEpoch + (now + clock_offset.at(process)).count());
    latest_wall = std::max(latest_wall, wall);
    return wall;
  }

  bool ClocksAgree() const {
    const auto [first, last] = std::minmax_element(
        clock_offset.begin(), clock_offset.begin() + static_cast<std::ptrdiff_t>(plan.processes));
    return *last - *first < std::chrono::minutes(1);
  }

  static constexpr std::int64_t kEpoch = 1'795'305'600'000;  // 2026-11-22T00:00:00Z
  static constexpr std::size_t kMostProcesses = 3;

  Random random;
  Millis now{0};
  Timestamp latest_wall = base::FromMillis(kEpoch);  // that any process has seen
  Coverage coverage;
  History history;
  const Plan plan;
  const Mutant mutant;
  bool healed = false;
  std::array<Millis, kMostProcesses> clock_offset{};
  std::set<Owner> alive;
  storage::MemoryTables tables;  // what is durable, between two steps
  bool tables_changed = false;
  Auditor auditor;
  // Commerce's end of the way for events; set by the payers.
  std::function<app::Delivery(const app::OutboxEvent&)> bridge_end;

 private:
  struct Entry {
    Owner owner;
    Task task;
  };
  std::map<std::pair<Millis, std::uint64_t>, Entry> tasks_;
  std::uint64_t sequence_ = 0;
};

}  // namespace obolus::simulation
