#include "app/return_from_challenge.h"

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

// The 3DS session of the payment whose card carried this return address.
Result<domain::Session> LoadChallengeOf(Transaction& tx, const Uuid& payment_id) {
  auto payment = Load(tx, payment_id);
  if (!payment) return payment;
  auto challenge = tx.FindChallengeOf(payment->terminal_id);
  if (!challenge) return std::unexpected(challenge.error());
  return *challenge ? std::move(**challenge) : std::move(*payment);
}

// What changed nothing: came twice, came after the end, or a card whose payment has no challenge.
Result<SessionView> Note(Transaction& tx, const Services& services, domain::Session session,
                         std::string what, const Occasion& occasion) {
  auto noted = NoteOnTimeline(tx, session, std::move(what), occasion);
  if (!noted) return std::unexpected(noted.error());
  return View(tx, services, std::move(session), occasion.now);
}

Result<SessionView> Return(Transaction& tx, const Services& services, const Uuid& id,
                           KeyPurpose purpose, const Occasion& occasion) {
  auto session = purpose == KeyPurpose::kReturn ? LoadChallengeOf(tx, id) : Load(tx, id);
  if (!session) return std::unexpected(session.error());
  if (session->kind != domain::SessionKind::kTds) {
    return Note(tx, services, std::move(*session), "return_without_challenge", occasion);
  }
  auto decision = domain::Decide(*session, domain::ReturnFromChallenge{}, services.settings.policy,
                                 occasion.now);
  if (!decision) return Note(tx, services, std::move(*session), "return_too_late", occasion);
  if (!decision->changed) {
    return Note(tx, services, std::move(*session), "return_again", occasion);
  }
  if (auto committed = CommitDecision(tx, services, *decision, occasion); !committed) {
    return std::unexpected(committed.error());
  }
  return View(tx, services, std::move(decision->session), occasion.now);
}

}  // namespace

void Execute(const Services& services, const ReturnFromChallenge& command,
             base::Done<SessionView> done) {
  const auto purpose = PurposeOf(command.key);
  if (!purpose || *purpose == KeyPurpose::kPayment) {
    return done(base::Fail(base::ErrorCode::kNotFound, "no session has this key"));
  }
  const auto id = services.keys.Open(*purpose, command.key);
  if (!id) return done(std::unexpected(id.error()));
  Transact<SessionView>(
      services.store,
      [&services, id = *id, purpose = *purpose,
       occasion = Occasion{services.clock.Now(), command.cause, command.details}](Transaction& tx) {
        return Return(tx, services, id, purpose, occasion);
      },
      std::move(done));
}

}  // namespace obolus::app
