#include "app/return_from_challenge.h"

#include "app/commit_decision.h"
#include "app/emv_message.h"

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

domain::Details Describe(const domain::ChallengeReport& report, const domain::Session& session) {
  if (!session.challenge) return DescribeReport(report, nullptr, {});
  domain::EmvIds own;
  if (const auto* emv = std::get_if<domain::EmvChallenge>(&*session.challenge)) {
    if (auto creq = ReadEmvMessage(emv->creq)) {
      own = {std::move(creq->acs_trans_id), std::move(creq->three_ds_server_trans_id)};
    }
  }
  return DescribeReport(report, &*session.challenge, own);
}

// What changed nothing: came twice, came after the end, or a card whose payment has no challenge.
Result<SessionView> Note(Transaction& tx, const Services& services, domain::Session session,
                         std::string what, const Occasion& occasion) {
  auto noted = NoteOnTimeline(tx, session, std::move(what), occasion);
  if (!noted) return std::unexpected(noted.error());
  return View(tx, services, std::move(session), occasion.now);
}

// The session that a key names, and how.
struct Named {
  Uuid id;
  KeyPurpose purpose;
};

Result<Named> Open(const Services& services, const std::string& key) {
  const auto purpose = PurposeOf(key);
  if (!purpose || *purpose == KeyPurpose::kPayment) {
    return base::Fail(base::ErrorCode::kNotFound, "no session has this key");
  }
  const auto id = services.keys.Open(*purpose, key);
  if (!id) return std::unexpected(id.error());
  return Named{*id, *purpose};
}

Result<domain::Session> LoadNamed(Transaction& tx, const Named& named) {
  return named.purpose == KeyPurpose::kReturn ? LoadChallengeOf(tx, named.id) : Load(tx, named.id);
}

Result<SessionView> Return(Transaction& tx, const Services& services, const Named& named,
                           const domain::ChallengeReport& report, Occasion occasion) {
  auto session = LoadNamed(tx, named);
  if (!session) return std::unexpected(session.error());
  occasion.details = Describe(report, *session);
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
  const auto named = Open(services, command.key);
  if (!named) return done(std::unexpected(named.error()));
  Transact<SessionView>(
      services.store,
      [&services, named = *named, report = command.report,
       occasion = Occasion{services.clock.Now(), command.cause, {}}](Transaction& tx) {
        return Return(tx, services, named, report, occasion);
      },
      std::move(done));
}

void ShowReturned(const Services& services, const std::string& key, base::Done<SessionView> done) {
  const auto named = Open(services, key);
  if (!named) return done(std::unexpected(named.error()));
  Read<SessionView>(
      services.store,
      [&services, named = *named](Transaction& tx) -> Result<SessionView> {
        auto session = LoadNamed(tx, named);
        if (!session) return std::unexpected(session.error());
        return View(tx, services, std::move(*session), services.clock.Now());
      },
      std::move(done));
}

}  // namespace obolus::app
