#include "app/open_session.h"

#include "app/commit_decision.h"
#include "app/receive_event.h"

namespace obolus::app {
namespace {

using domain::Session;
using domain::SessionKind;

KeyPurpose PurposeOf(SessionKind kind) {
  return kind == SessionKind::kPayment ? KeyPurpose::kPayment : KeyPurpose::kTds;
}

Session NewSession(const Services& services, const OpenSession& command, Timestamp now) {
  const Settings& settings = services.settings;
  const bool payment = command.kind == SessionKind::kPayment;
  const auto lifetime =
      command.expires_in.value_or(payment ? settings.payment_expires_in : settings.tds_expires_in);
  Session session;
  session.id = services.ids.NewOrderedUuid(now);
  session.kind = command.kind;
  session.terminal_id = command.terminal_id.value_or(session.id);
  session.payment_terminal_id = command.payment_terminal_id;
  session.created_at = now;
  session.expires_at = now + lifetime;
  session.continuation = command.continuation;
  session.payment = command.payment;
  session.merchant = command.merchant;
  session.allowed_networks = command.allowed_networks;
  session.locale = command.locale;
  session.challenge = command.challenge;
  session.traceparent = command.traceparent;
  session.request_id = command.request_id;
  return session;
}

// What a 3DS session takes over from the payment session that it belongs to.
Status Inherit(Transaction& tx, Session& session) {
  if (!session.payment_terminal_id) return {};
  auto parent = tx.FindByTerminal(SessionKind::kPayment, *session.payment_terminal_id);
  if (!parent) return std::unexpected(parent.error());
  if (!*parent) return {};
  if (!session.continuation.success) session.continuation.success = (*parent)->continuation.success;
  if (!session.continuation.error) session.continuation.error = (*parent)->continuation.error;
  if (!session.merchant.name) session.merchant.name = (*parent)->merchant.name;
  if (!session.locale) session.locale = (*parent)->locale;
  if (session.payment == domain::PaymentDetails{}) session.payment = (*parent)->payment;
  return {};
}

Result<Session> Insert(Transaction& tx, const Services& services, const OpenSession& command,
                       Timestamp now) {
  Session session = NewSession(services, command, now);
  if (auto inherited = Inherit(tx, session); !inherited) {
    return std::unexpected(inherited.error());
  }
  if (auto inserted = tx.InsertSession(session); !inserted) {
    return std::unexpected(inserted.error());
  }
  // Nobody can have spoken of an id that we just made.
  if (!command.terminal_id && !domain::PaymentIdOf(session)) return session;
  return ApplyEarlierEvents(tx, services, std::move(session), now);
}

// The terminal is known: the same session while it is open, completed by a challenge that comes
// now.
Result<Session> Reopen(Transaction& tx, const Services& services, const OpenSession& command,
                       Session session, Timestamp now) {
  if (command.challenge && session.challenge != command.challenge) {
    return Apply(tx, services, session, domain::ProvideChallenge{*command.challenge}, now);
  }
  if (domain::IsEnd(session.kind, session.state) || now >= session.expires_at) {
    return base::Fail(base::ErrorCode::kConflict, "the session of this terminal has ended (" +
                                                      std::string(domain::ToString(session.state)) +
                                                      ")");
  }
  return session;
}

Result<OpenedSession> Open(Transaction& tx, const Services& services, const OpenSession& command,
                           Timestamp now) {
  AnsweredSession answer{{}, services.keys.current_id()};
  const auto opened = [&services, &answer](Session session) {
    std::string key = services.keys.Make(PurposeOf(session.kind), session.id, answer.secret_id);
    return OpenedSession{std::move(session), std::move(key)};
  };
  if (command.idempotency) {
    auto before = FindAnswered(tx, *command.idempotency);
    if (!before) return std::unexpected(before.error());
    if (*before) {
      answer = **before;
      auto session = Load(tx, answer.session_id);
      if (!session) return std::unexpected(session.error());
      return opened(std::move(*session));
    }
  }
  std::optional<Session> known;
  if (command.terminal_id) {
    auto found = tx.FindByTerminal(command.kind, *command.terminal_id);
    if (!found) return std::unexpected(found.error());
    known = std::move(*found);
  }
  auto session = known ? Reopen(tx, services, command, std::move(*known), now)
                       : Insert(tx, services, command, now);
  if (!session) return std::unexpected(session.error());
  if (command.idempotency) {
    answer.session_id = session->id;
    if (auto kept = KeepAnswer(tx, *command.idempotency, answer, now); !kept) {
      return std::unexpected(kept.error());
    }
  }
  return opened(std::move(*session));
}

}  // namespace

void Execute(const Services& services, OpenSession command, base::Done<OpenedSession> done) {
  const Timestamp now = services.clock.Now();
  Transact<OpenedSession>(
      services.store,
      [&services, now, command = std::move(command)](Transaction& tx) {
        return Open(tx, services, command, now);
      },
      std::move(done));
}

}  // namespace obolus::app
