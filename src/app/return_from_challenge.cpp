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

Result<SessionView> Return(Transaction& tx, const Services& services, const Uuid& id,
                           KeyPurpose purpose, Timestamp now) {
  auto session = purpose == KeyPurpose::kReturn ? LoadChallengeOf(tx, id) : Load(tx, id);
  if (!session) return std::unexpected(session.error());
  if (session->kind != domain::SessionKind::kTds) {
    return View(tx, services, std::move(*session), now);
  }
  auto decision =
      domain::Decide(*session, domain::ReturnFromChallenge{}, services.settings.policy, now);
  if (!decision) return View(tx, services, std::move(*session), now);
  if (auto committed = CommitDecision(tx, services, *decision, now); !committed) {
    return std::unexpected(committed.error());
  }
  return View(tx, services, std::move(decision->session), now);
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
      [&services, id = *id, purpose = *purpose, now = services.clock.Now()](Transaction& tx) {
        return Return(tx, services, id, purpose, now);
      },
      std::move(done));
}

}  // namespace obolus::app
