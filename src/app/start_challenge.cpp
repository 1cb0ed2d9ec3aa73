#include "app/start_challenge.h"

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

Result<SessionView> Start(Transaction& tx, const Services& services, const Uuid& id,
                          Timestamp now) {
  auto session = Load(tx, id);
  if (!session) return std::unexpected(session.error());
  auto decision = domain::Decide(*session, domain::StartChallenge{}, services.settings.policy, now);
  if (!decision) return View(tx, services, std::move(*session), now);
  if (auto committed = CommitDecision(tx, services, *decision, now); !committed) {
    return std::unexpected(committed.error());
  }
  return View(tx, services, std::move(decision->session), now);
}

}  // namespace

void Execute(const Services& services, const StartChallenge& command,
             base::Done<SessionView> done) {
  const auto id = services.keys.Open(KeyPurpose::kTds, command.key);
  if (!id) return done(std::unexpected(id.error()));
  Transact<SessionView>(
      services.store,
      [&services, id = *id, now = services.clock.Now()](Transaction& tx) {
        return Start(tx, services, id, now);
      },
      std::move(done));
}

}  // namespace obolus::app
