#include "app/start_challenge.h"

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

Result<SessionView> Start(Transaction& tx, const Services& services, const Uuid& id,
                          const Occasion& occasion) {
  auto session = Load(tx, id);
  if (!session) return std::unexpected(session.error());
  auto decision =
      domain::Decide(*session, domain::StartChallenge{}, services.settings.policy, occasion.now);
  if (!decision) return View(tx, services, std::move(*session), occasion.now);
  const auto kept = decision->changed ? CommitDecision(tx, services, *decision, occasion)
                                      : NoteOnTimeline(tx, *session, "start_again", occasion);
  if (!kept) return std::unexpected(kept.error());
  return View(tx, services, std::move(decision->session), occasion.now);
}

}  // namespace

void Execute(const Services& services, const StartChallenge& command,
             base::Done<SessionView> done) {
  const auto id = services.keys.Open(KeyPurpose::kTds, command.key);
  if (!id) return done(std::unexpected(id.error()));
  Transact<SessionView>(
      services.store,
      [&services, id = *id,
       occasion = Occasion{services.clock.Now(), command.cause, command.details}](Transaction& tx) {
        return Start(tx, services, id, occasion);
      },
      std::move(done));
}

}  // namespace obolus::app
