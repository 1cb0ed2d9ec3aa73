#include "app/expire_sessions.h"

#include <new>

#include "app/commit_decision.h"
#include "base/fault.h"
#include "base/log.h"

namespace obolus::app {
namespace {

constexpr std::size_t kSessionsPerRound = 256;  // one transaction must not hold up shoppers
constexpr std::size_t kPurgedPerRound = 256;

Result<ExpireSessions::Swept> ExpireDue(Transaction& tx, const Services& services, Timestamp now) {
  auto due = tx.FindDueSessions(now, kSessionsPerRound);
  if (!due) return std::unexpected(due.error());
  if (!due->empty()) base::Reach(base::FaultPoint::kSweepFound);
  ExpireSessions::Swept swept;
  for (const Uuid& id : *due) {
    auto session = Load(tx, id);
    if (!session) return std::unexpected(session.error());
    const bool waits = session->state == domain::SessionState::kSubmitted;
    if (waits && session->lease_until && now < *session->lease_until) continue;
    const domain::Command command =
        waits ? domain::Command(domain::GiveUpSubmission{}) : domain::Command(domain::Expire{});
    auto decision = domain::Decide(*session, command, services.settings.policy, now);
    if (!decision || !decision->changed) continue;
    if (auto committed = CommitDecision(tx, services, *decision, {now}); !committed) {
      return std::unexpected(committed.error());
    }
    ++swept.sessions;
  }
  auto purged = tx.Purge(now, now - services.settings.keep_for, kPurgedPerRound);
  if (!purged) return std::unexpected(purged.error());
  swept.more = swept.sessions >= kSessionsPerRound || *purged >= kPurgedPerRound;
  return swept;
}

void LogFailure(const base::Error& error) {
  try {
    base::Log(base::LogLevel::kWarn, "sweep_failed", {{base::Field::kErrorText, error.message}});
  } catch (const std::bad_alloc&) {
    // What matters is the next round.
  }
}

}  // namespace

struct ExpireSessions::State {
  const Services& services;
  base::Scheduler& scheduler;
  base::Millis interval;
  std::atomic<bool> stopped = false;
};

ExpireSessions::ExpireSessions(const Services& services, base::Scheduler& scheduler,
                               base::Millis interval)
    : state_(std::make_shared<State>(services, scheduler, interval)) {}

void ExpireSessions::Start() {
  Round(state_);
}

void ExpireSessions::Stop() {
  state_->stopped = true;
}

void ExpireSessions::Sweep(const Services& services, base::Done<Swept> done) {
  Transact<Swept>(
      services.store,
      [&services, now = services.clock.Now()](Transaction& tx) {
        return ExpireDue(tx, services, now);
      },
      std::move(done));
}

void ExpireSessions::Round(const std::shared_ptr<State>& state) {
  if (state->stopped) return;
  try {
    Sweep(state->services, [state](const Result<Swept>& swept) {
      if (!swept) LogFailure(swept.error());
      // Go on soon, but let others in between.
      const bool more = swept && swept->more;
      state->scheduler.After(more ? base::Millis(10) : state->interval, [state] { Round(state); });
    });
  } catch (const std::bad_alloc&) {
    state->scheduler.After(state->interval, [state] { Round(state); });
  }
}

}  // namespace obolus::app
