#include "domain/session_machine.h"

#include <algorithm>
#include <utility>

namespace obolus::domain {
namespace {

using base::ErrorCode;
using base::Result;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

Trigger TriggerOf(const Command& command, const Session& session, const Policy& policy) {
  return std::visit(
      Overloaded{
          [](const SubmitCard&) { return Trigger::kSubmit; },
          [](const AcceptCard&) { return Trigger::kAccept; },
          [&](const RefuseCard& refuse) {
            if (refuse.by_limit) return Trigger::kRefuse;
            return AttemptsLeft(session, policy).value_or(2) > 1 ? Trigger::kRefuse
                                                                 : Trigger::kExhaust;
          },
          [](const GiveUpSubmission&) { return Trigger::kGiveUp; },
          [](const Cancel&) { return Trigger::kCancel; },
          [](const Void&) { return Trigger::kVoid; },
          [](const Expire&) { return Trigger::kExpire; },
          [](const ProvideChallenge&) { return Trigger::kProvideChallenge; },
          [](const StartChallenge&) { return Trigger::kStartChallenge; },
          [](const ReturnFromChallenge&) { return Trigger::kReturn; },
          [](const CompleteChallenge& c) { return c.success ? Trigger::kSucceed : Trigger::kFail; },
          [](const AnnotateState&) { return Trigger::kAnnotate; },
      },
      command);
}

// What the shopper does needs time left; what Commerce and the clock do does not. A vault's answer
// that comes late still counts: the card was handed over in time.
bool NeedsTime(Trigger trigger, SessionState from) {
  switch (trigger) {
    case Trigger::kSubmit:
    case Trigger::kCancel:
    case Trigger::kProvideChallenge:
    case Trigger::kStartChallenge:
    case Trigger::kReturn:
      return true;
    case Trigger::kAccept:
    case Trigger::kRefuse:
    case Trigger::kExhaust:
      return from == SessionState::kOpen;
    case Trigger::kGiveUp:
    case Trigger::kVoid:
    case Trigger::kExpire:
    case Trigger::kSucceed:
    case Trigger::kFail:
    case Trigger::kAnnotate:
      return false;
  }
  return true;
}

// The command asks for what is already so: the shopper's or Commerce's second try.
bool IsRepetition(const Session& session, const Command& command) {
  if (const auto* accept = std::get_if<AcceptCard>(&command)) {
    return session.state == SessionState::kCreated && session.submit_digest == accept->digest;
  }
  if (const auto* submit = std::get_if<SubmitCard>(&command)) {
    return session.submit_digest == submit->digest &&
           (session.state == SessionState::kCreated || session.state == SessionState::kSubmitted);
  }
  if (const auto* provide = std::get_if<ProvideChallenge>(&command)) {
    return session.challenge == provide->challenge;
  }
  if (std::holds_alternative<Cancel>(command)) return session.state == SessionState::kCancelled;
  if (std::holds_alternative<Void>(command)) {
    return session.state == SessionState::kVoided || session.voided_after_end;
  }
  if (std::holds_alternative<Expire>(command)) return session.state == SessionState::kExpired;
  if (const auto* complete = std::get_if<CompleteChallenge>(&command)) {
    return session.state ==
               (complete->success ? SessionState::kSucceeded : SessionState::kFailed) &&
           session.kind == SessionKind::kTds;
  }
  return false;
}

std::unexpected<base::Error> Refused(const Session& session) {
  if (session.state == SessionState::kExpired) {
    return base::Fail(ErrorCode::kExpired, "the session has expired");
  }
  return base::Fail(ErrorCode::kConflict,
                    "the session is " + std::string(ToString(session.state)) +
                        (IsEnd(session.kind, session.state) ? " and does not change any more"
                                                            : "; this is not possible now"));
}

// A card that a vault has stored already is past waiting.
bool IsHeldBack(Trigger trigger) {
  return trigger == Trigger::kSubmit || trigger == Trigger::kRefuse || trigger == Trigger::kExhaust;
}

std::unexpected<base::Error> CoolingDown(const Session& session, const Policy& policy,
                                         std::chrono::seconds left) {
  base::Error error{ErrorCode::kRateLimited,
                    "a card was refused just now; another can be tried in a moment",
                    {},
                    left,
                    {{"retry_after", left.count()}}};
  if (const auto attempts = AttemptsLeft(session, policy)) {
    error.extensions.emplace_back("attempts_left", *attempts);
  }
  return std::unexpected(std::move(error));
}

// Payment states only move up this order, so that events in any order end in the same one. A
// payment that failed may still be completed by another try; one that was completed does not fail
// any more.
int RankOf(CommerceState state) {
  switch (state) {
    case CommerceState::kAccepted:
      return 0;
    case CommerceState::kAuthorized:
      return 1;
    case CommerceState::kFailed:
      return 2;
    case CommerceState::kCompleted:
      return 3;
  }
  return 0;
}

bool IsProgress(std::optional<CommerceState> from, CommerceState to) {
  return !from || RankOf(to) > RankOf(*from);
}

std::optional<FailureCode> FailureOf(const Session& session, Trigger trigger) {
  switch (trigger) {
    case Trigger::kExhaust:
      return FailureCode::kAttemptsExhausted;
    case Trigger::kCancel:
      return FailureCode::kCancelledByShopper;
    case Trigger::kVoid:
      return FailureCode::kVoidedByCommerce;
    case Trigger::kExpire:
      return FailureCode::kSessionExpired;
    case Trigger::kFail:
      return FailureCode::kChallengeFailed;
    case Trigger::kSucceed:
      return std::nullopt;
    default:
      return session.failure;
  }
}

bool TellsOfExpiry(SessionKind kind, const Policy& policy) {
  return kind == SessionKind::kTds ? policy.tds_result_on_expiry
                                   : policy.card_session_failed_on_expiry;
}

// Members that a command carries, beside the state that the table gives.
void Carry(const Command& command, Trigger trigger, SessionState from, Decision& decision) {
  Session& next = decision.session;
  if (decision.entered) next.lease_until.reset();
  if (from == SessionState::kVoided && decision.entered) next.voided_after_end = true;
  if (trigger == Trigger::kRefuse || trigger == Trigger::kExhaust) {
    ++next.attempts;
    next.submit_digest.reset();
  } else if (trigger == Trigger::kGiveUp) {
    next.submit_digest.reset();
  }
  std::visit(Overloaded{
                 [&](const SubmitCard& c) {
                   next.submit_digest = c.digest;
                   next.lease_until = c.lease_until;
                 },
                 [&](const AcceptCard& c) {
                   next.submit_digest = c.digest;
                   next.card_session = c.card_session;
                 },
                 [&](const ProvideChallenge& c) { next.challenge = c.challenge; },
                 [&](const Void&) {
                   if (next.state != SessionState::kVoided) next.voided_after_end = true;
                   decision.destroys_card = true;
                 },
                 [&](const AnnotateState& c) {
                   next.commerce_state = c.state;
                   decision.destroys_card = !NeedsCard(next);
                 },
                 [](const auto&) {},
             },
             command);
}

}  // namespace

Result<Decision> Decide(const Session& session, const Command& command, const Policy& policy,
                        Timestamp now) {
  Decision unchanged{.session = session, .event = std::nullopt};
  if (IsRepetition(session, command)) return unchanged;
  const auto* annotation = std::get_if<AnnotateState>(&command);
  if (annotation != nullptr && !IsProgress(session.commerce_state, annotation->state)) {
    return unchanged;
  }
  const Trigger trigger = TriggerOf(command, session, policy);
  const Transition* row = FindTransition(session.kind, session.state, trigger);
  if (row == nullptr) return Refused(session);
  if (NeedsTime(trigger, session.state) && now >= session.expires_at) {
    return base::Fail(ErrorCode::kExpired, "the session has expired");
  }
  if (trigger == Trigger::kExpire && now < session.expires_at) {
    return base::Fail(ErrorCode::kConflict, "the session has not expired yet");
  }
  if (const auto left = CoolDownLeft(session, policy, now); left && IsHeldBack(trigger)) {
    return CoolingDown(session, policy, *left);
  }
  if (trigger == Trigger::kStartChallenge && !session.challenge) {
    return base::Invalid("/challenge", "is not known yet");
  }
  if (row->from == row->to &&
      (trigger == Trigger::kReturn || trigger == Trigger::kStartChallenge)) {
    return unchanged;  // seen twice; nothing to store
  }

  Decision decision{.session = session,
                    .changed = true,
                    .entered = row->to != row->from,
                    .event = row->emits,
                    .trigger = trigger,
                    .from = row->from};
  decision.session.state = row->to;
  if (trigger == Trigger::kExpire && !TellsOfExpiry(session.kind, policy)) decision.event.reset();
  Carry(command, trigger, row->from, decision);
  Session& next = decision.session;
  if (next.attempts != session.attempts) next.refused_at = now;
  if (decision.entered) next.failure = FailureOf(session, trigger);
  if (decision.entered && next.state == SessionState::kReturned) {
    next.returned_at = now;
    // Whoever came back in the last second must not be told that time ran out while Commerce asks.
    next.expires_at = std::max(next.expires_at, now + policy.confirm_within);
  }
  if (decision.entered && IsEnd(next.kind, next.state) && !next.ended_at) next.ended_at = now;
  ++next.version;
  return decision;
}

}  // namespace obolus::domain
