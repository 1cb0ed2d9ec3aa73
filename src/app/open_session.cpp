#include "app/open_session.h"

#include "app/commit_decision.h"
#include "app/receive_event.h"
#include "base/trace.h"

namespace obolus::app {
namespace {

using domain::Session;
using domain::SessionKind;

KeyPurpose PurposeOf(SessionKind kind) {
  return kind == SessionKind::kPayment ? KeyPurpose::kPayment : KeyPurpose::kTds;
}

// One opening on its way through the store: what its transaction needs, and what that came to.
struct Opening {
  Timestamp now;
  Session
      draft;  // what is inserted, unless the terminal is known; ids are given in the transaction
  bool names_terminal = false;
  std::optional<IdempotencyClaim> idempotency;

  std::unique_ptr<Session> other;  // that is answered; none: the draft
  std::uint8_t secret_id = 0;      // of the server key for the answer
  std::optional<Uuid> payment_id;  // 3DS: the payment session whose shopper waits for this one
};

Session Draft(const Settings& settings, OpenSession&& command, Timestamp now) {
  const bool payment = command.kind == SessionKind::kPayment;
  const auto lifetime =
      command.expires_in.value_or(payment ? settings.payment_expires_in : settings.tds_expires_in);
  Session session;
  session.kind = command.kind;
  if (command.terminal_id) session.terminal_id = *command.terminal_id;
  session.payment_terminal_id = command.payment_terminal_id;
  session.created_at = now;
  session.expires_at = now + lifetime;
  session.continuation = std::move(command.continuation);
  session.payment = std::move(command.payment);
  session.merchant = std::move(command.merchant);
  session.allowed_networks = std::move(command.allowed_networks);
  session.locale = std::move(command.locale);
  session.retries = std::move(command.retries);
  session.challenge = std::move(command.challenge);
  session.traceparent = std::move(command.traceparent);
  session.request_id = std::move(command.request_id);
  return session;
}

// What a 3DS session takes over from the payment session that it belongs to.
Status Inherit(Transaction& tx, Opening& opening) {
  Session& session = *opening.other;
  auto parent = tx.FindByTerminal(SessionKind::kPayment, *session.payment_terminal_id);
  if (!parent) return std::unexpected(parent.error());
  if (!*parent) return {};
  opening.payment_id = (*parent)->id;
  if (!session.continuation.success) session.continuation.success = (*parent)->continuation.success;
  if (!session.continuation.error) session.continuation.error = (*parent)->continuation.error;
  if (!session.merchant.name) session.merchant.name = (*parent)->merchant.name;
  if (session.merchant.origins.empty()) session.merchant.origins = (*parent)->merchant.origins;
  if (!session.locale) session.locale = (*parent)->locale;
  if (session.payment == domain::PaymentDetails{}) session.payment = (*parent)->payment;
  return {};
}

Status Insert(Transaction& tx, const Services& services, Opening& opening) {
  Session& draft = opening.draft;
  // Here, so that ids are in the order of commits: rows that follow each other lie together.
  draft.id = services.ids.NewOrderedUuid(opening.now);
  if (!opening.names_terminal) draft.terminal_id = draft.id;
  if (draft.payment_terminal_id) {
    opening.other = std::make_unique<Session>(draft);
    if (auto inherited = Inherit(tx, opening); !inherited) return inherited;
  }
  const Session& inserted = opening.other ? *opening.other : draft;
  if (auto status = tx.InsertSession(inserted); !status) return status;
  // Nobody can have spoken of an id that we just made.
  if (!opening.names_terminal && !domain::PaymentIdOf(inserted)) return {};
  auto applied = ApplyEarlierEvents(tx, services, inserted, opening.now);
  if (!applied) return std::unexpected(std::move(applied.error()));
  opening.other = std::make_unique<Session>(std::move(*applied));
  return {};
}

// The terminal is known: the same session while it is open, completed by a challenge that comes
// now.
Result<Session> Reopen(Transaction& tx, const Services& services, const Opening& opening,
                       Session session) {
  const auto& challenge = opening.draft.challenge;
  if (challenge && session.challenge != challenge) {
    const domain::Cause cause{domain::Side::kCommerce, base::TraceIdOf(opening.draft.traceparent),
                              opening.draft.request_id};
    return Apply(tx, services, session, domain::ProvideChallenge{*challenge}, {opening.now, cause});
  }
  if (domain::IsEnd(session.kind, session.state) || opening.now >= session.expires_at) {
    return base::Fail(base::ErrorCode::kConflict, "the session of this terminal has ended (" +
                                                      std::string(domain::ToString(session.state)) +
                                                      ")");
  }
  return session;
}

Status FindOrInsert(Transaction& tx, const Services& services, Opening& opening) {
  if (!opening.names_terminal) return Insert(tx, services, opening);
  auto known = tx.FindByTerminal(opening.draft.kind, opening.draft.terminal_id);
  if (!known) return std::unexpected(std::move(known.error()));
  if (!*known) return Insert(tx, services, opening);
  auto session = Reopen(tx, services, opening, std::move(**known));
  if (!session) return std::unexpected(std::move(session.error()));
  opening.other = std::make_unique<Session>(std::move(*session));
  return {};
}

Status Open(Transaction& tx, const Services& services, Opening& opening) {
  opening.other.reset();
  opening.payment_id.reset();
  opening.secret_id = services.keys.current_id();
  if (!opening.idempotency) return FindOrInsert(tx, services, opening);
  auto before = FindAnswered(tx, *opening.idempotency);
  if (!before) return std::unexpected(std::move(before.error()));
  if (*before) {
    auto session = Load(tx, (*before)->session_id);
    if (!session) return std::unexpected(std::move(session.error()));
    opening.other = std::make_unique<Session>(std::move(*session));
    opening.secret_id = (*before)->secret_id;
    return {};
  }
  if (auto status = FindOrInsert(tx, services, opening); !status) return status;
  const Session& opened = opening.other ? *opening.other : opening.draft;
  return KeepAnswer(tx, *opening.idempotency, {opened.id, opening.secret_id}, opening.now);
}

}  // namespace

void Execute(const Services& services, OpenSession command, base::Done<OpenedSession> done) {
  const Timestamp now = services.clock.Now();
  auto opening = std::make_shared<Opening>();
  opening->now = now;
  opening->names_terminal = command.terminal_id.has_value();
  opening->idempotency = std::move(command.idempotency);
  opening->draft = Draft(services.settings, std::move(command), now);
  services.store.Transact(
      [&services, opening](Transaction& tx) { return Open(tx, services, *opening); },
      [&services, opening, done = std::move(done)](Status status) mutable {
        if (!status) return done(std::unexpected(std::move(status.error())));
        // Its own session did not change, but what the shopper does next did.
        if (opening->payment_id) services.feed.Publish(*opening->payment_id);
        Session& session = opening->other ? *opening->other : opening->draft;
        std::string key =
            services.keys.Make(PurposeOf(session.kind), session.id, opening->secret_id);
        done(OpenedSession{std::move(session), std::move(key)});
      });
}

}  // namespace obolus::app
