// The table of the session machine, and its printed form. It is the only list of what may follow
// what: `Decide` looks here, docs/session-states.md is printed from here, and the tests walk every
// row.
#include <algorithm>
#include <array>

#include "domain/session_machine.h"

namespace obolus::domain {
namespace {

using enum SessionState;
using enum Trigger;
constexpr auto kPayment = SessionKind::kPayment;
constexpr auto kTds = SessionKind::kTds;
constexpr auto kCreatedEvent = OutboundEvent::kCardSessionCreated;
constexpr auto kFailedEvent = OutboundEvent::kCardSessionFailed;
constexpr auto kResultEvent = OutboundEvent::kTdsResult;
constexpr std::optional<OutboundEvent> kNothing = std::nullopt;

// clang-format off
constexpr auto kTransitions = std::to_array<Transition>({
    {kPayment, kOpen, kSubmit, kSubmitted, kNothing,
     "The card is on its way to a remote vault; a lease says until when the answer is "
     "awaited."},
    {kPayment, kOpen, kAccept, kCreated, kCreatedEvent,
     "The embedded vault sealed the card in the same commit."},
    {kPayment, kOpen, kRefuse, kOpen, kNothing,
     "A check refused the card; the attempt is counted and the shopper may try again, after a "
     "cool-down where the policy has one."},
    {kPayment, kOpen, kExhaust, SessionState::kFailed, kFailedEvent,
     "The last attempt was refused."},
    {kPayment, kOpen, kCancel, kCancelled, kFailedEvent,
     "The shopper cancelled."},
    {kPayment, kOpen, kVoid, kVoided, kNothing,
     "Commerce voided; it needs no event from us."},
    {kPayment, kOpen, kExpire, kExpired, kFailedEvent,
     "Time ran out; Commerce fails the payment (switchable: "
     "sessions.card_session_failed_on_expiry)."},
    {kPayment, kOpen, kAnnotate, kOpen, kNothing,
     "StateChanged is noted."},
    {kPayment, kSubmitted, kAccept, kCreated, kCreatedEvent,
     "The remote vault stored the card."},
    {kPayment, kSubmitted, kRefuse, kOpen, kNothing,
     "The vault refused the card; the attempt is counted and the shopper may try again, as "
     "above."},
    {kPayment, kSubmitted, kExhaust, SessionState::kFailed, kFailedEvent,
     "The vault refused the last attempt."},
    {kPayment, kSubmitted, kGiveUp, kOpen, kNothing,
     "The lease ended without an answer (a crash, or a silent vault); the frame submits "
     "again."},
    {kPayment, kSubmitted, kVoid, kVoided, kNothing,
     "Commerce voided while the vault was being asked; a late answer has no effect."},
    {kPayment, kSubmitted, kAnnotate, kSubmitted, kNothing,
     "StateChanged is noted."},
    {kPayment, kCreated, kVoid, kCreated, kNothing,
     "Voided after the card was taken: the outcome stands, the card is destroyed, the "
     "shopper sees the void."},
    {kPayment, kCreated, kAnnotate, kCreated, kNothing,
     "StateChanged is noted; authorized, completed and failed destroy the card."},
    {kPayment, SessionState::kFailed, kAnnotate, SessionState::kFailed, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kPayment, kExpired, kAnnotate, kExpired, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kPayment, kCancelled, kAnnotate, kCancelled, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kPayment, kVoided, kAnnotate, kVoided, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kTds, kOpen, kProvideChallenge, kOpen, kNothing,
     "The challenge arrives after the session."},
    {kTds, kOpen, kStartChallenge, kChallenged, kNothing,
     "The shopper's browser is sent to the issuer."},
    {kTds, kOpen, kReturn, kReturned, kResultEvent,
     "The shopper came back without having been seen to leave (opened elsewhere)."},
    {kTds, kOpen, kSucceed, kSucceeded, kNothing,
     "Commerce knew the outcome before the shopper left."},
    {kTds, kOpen, Trigger::kFail, SessionState::kFailed, kNothing,
     "Commerce knew the outcome before the shopper left."},
    {kTds, kOpen, kCancel, kReturned, kResultEvent,
     "The shopper gave up before the challenge; Commerce asks the processor, whose answer "
     "decides."},
    {kTds, kOpen, kVoid, kVoided, kNothing,
     "Commerce voided."},
    {kTds, kOpen, kExpire, kExpired, kResultEvent,
     "Time ran out; Commerce asks the processor (switchable: "
     "sessions.tds_result_on_expiry)."},
    {kTds, kOpen, kAnnotate, kOpen, kNothing,
     "StateChanged is noted."},
    {kTds, kChallenged, kStartChallenge, kChallenged, kNothing,
     "Reloaded or opened again: the challenge starts again."},
    {kTds, kChallenged, kReturn, kReturned, kResultEvent,
     "The issuer sent the shopper back. No verdict: Commerce asks the processor."},
    {kTds, kChallenged, kSucceed, kSucceeded, kNothing,
     "Commerce knew the outcome before the shopper came back."},
    {kTds, kChallenged, Trigger::kFail, SessionState::kFailed, kNothing,
     "Commerce knew the outcome before the shopper came back."},
    {kTds, kChallenged, kCancel, kReturned, kResultEvent,
     "The shopper gave up during the challenge; Commerce asks the processor, whose answer "
     "decides."},
    {kTds, kChallenged, kVoid, kVoided, kNothing,
     "Commerce voided."},
    {kTds, kChallenged, kExpire, kExpired, kResultEvent,
     "Time ran out; Commerce asks the processor (switchable: "
     "sessions.tds_result_on_expiry)."},
    {kTds, kChallenged, kAnnotate, kChallenged, kNothing,
     "StateChanged is noted."},
    {kTds, kReturned, kReturn, kReturned, kNothing,
     "Came back twice (reload, second tab): nothing new."},
    {kTds, kReturned, kCancel, kReturned, kNothing,
     "Already back; Commerce decides."},
    {kTds, kReturned, kSucceed, kSucceeded, kNothing,
     "CompleteTDSSession SUCCESS: the shopper goes to continuation.success."},
    {kTds, kReturned, Trigger::kFail, SessionState::kFailed, kNothing,
     "CompleteTDSSession FAILED: the shopper goes to continuation.error."},
    {kTds, kReturned, kVoid, kVoided, kNothing,
     "Commerce voided."},
    {kTds, kReturned, kExpire, kExpired, kNothing,
     "Commerce never confirmed, for sessions.confirm_within_s after the return at least. TDSResult "
     "was sent on return and is not sent again."},
    {kTds, kReturned, kAnnotate, kReturned, kNothing,
     "StateChanged is noted."},
    {kTds, kSucceeded, kVoid, kSucceeded, kNothing,
     "Voided after the outcome: the outcome stands, the shopper sees the void."},
    {kTds, kSucceeded, kAnnotate, kSucceeded, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kTds, SessionState::kFailed, kVoid, SessionState::kFailed, kNothing,
     "Voided after the outcome: the outcome stands, the shopper sees the void."},
    {kTds, SessionState::kFailed, kAnnotate, SessionState::kFailed, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kTds, kExpired, kAnnotate, kExpired, kNothing,
     "StateChanged is noted; the outcome stands."},
    {kTds, kVoided, kSucceed, kSucceeded, kNothing,
     "The outcome came after the void: as if it had come before; the shopper sees the void."},
    {kTds, kVoided, Trigger::kFail, SessionState::kFailed, kNothing,
     "The outcome came after the void: as if it had come before; the shopper sees the void."},
    {kTds, kVoided, kAnnotate, kVoided, kNothing,
     "StateChanged is noted; the outcome stands."},
});
// clang-format on

void DescribeKind(SessionKind kind, std::string& out) {
  for (const Transition& row : Transitions()) {
    if (row.kind != kind) continue;
    out += "| " + std::string(ToString(row.from)) + " | " + std::string(ToString(row.trigger)) +
           " | " + std::string(ToString(row.to)) + " | " +
           (row.emits ? "`" + std::string(ToString(*row.emits)) + "`" : "–") + " | " +
           std::string(row.meaning) + " |\n";
  }
}

void DrawKind(SessionKind kind, std::string& out) {
  out += "```mermaid\nstateDiagram-v2\n  [*] --> open\n";
  for (const Transition& row : Transitions()) {
    if (row.kind != kind || row.from == row.to) continue;
    out += "  " + std::string(ToString(row.from)) + " --> " + std::string(ToString(row.to)) + ": " +
           std::string(ToString(row.trigger)) +
           (row.emits ? " / " + std::string(ToString(*row.emits)) : "") + "\n";
  }
  out += "```\n\n";
}

}  // namespace

std::string_view ToString(Trigger trigger) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "submit", "accept",  "refuse", "exhaust",           "give_up",
      "cancel", "void",    "expire", "provide_challenge", "start_challenge",
      "return", "succeed", "fail",   "annotate"};
  return kNames[static_cast<std::size_t>(trigger)];
}

std::span<const Transition> Transitions() {
  return kTransitions;
}

const Transition* FindTransition(SessionKind kind, SessionState from, Trigger trigger) {
  for (const Transition& row : kTransitions) {
    if (row.kind == kind && row.from == from && row.trigger == trigger) return &row;
  }
  return nullptr;
}

std::string DescribeTransitions() {
  std::string out =
      "# Session states\n\n"
      "Generated by `obolus states` from the table in src/domain/session_transitions.cpp; a test\n"
      "fails when this page is not current. Each row is one commit: the change and the event in "
      "it\n"
      "are stored together or not at all. What is not listed is refused with 409.\n";
  const auto section = [&out](std::string_view title, SessionKind kind) {
    out += "\n## " + std::string(title) + "\n\n";
    DrawKind(kind, out);
    out += "| from | trigger | to | event to Commerce | meaning |\n|---|---|---|---|---|\n";
    DescribeKind(kind, out);
    out += "\nEnds:";
    for (std::size_t i = 0; i < kSessionStateCount; ++i) {
      const auto state = static_cast<SessionState>(i);
      const bool reached = std::ranges::any_of(
          kTransitions, [&](const Transition& row) { return row.kind == kind && row.to == state; });
      if (reached && IsEnd(kind, state)) out += " `" + std::string(ToString(state)) + "`";
    }
    out += ".\n";
  };
  section("Payment session", kPayment);
  section("3-D Secure session", kTds);
  return out;
}

}  // namespace obolus::domain
