// The session machine: every legal change of a session is one row of one table, and `Decide` is the
// only code that changes a session's state. Pure: time and policy come in, the next session and the
// events to commit with it come out. The table also prints docs/session-states.md, which a test
// holds current. Called by app/ inside a store transaction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "domain/event.h"
#include "domain/retry_policy.h"
#include "domain/session.h"

namespace obolus::domain {

enum class Trigger : std::uint8_t {
  kSubmit,            // the card goes to a remote vault
  kAccept,            // a vault has stored the card
  kRefuse,            // a check or a vault refused the card, and another may be tried
  kExhaust,           // the same, and it was the last attempt
  kGiveUp,            // the lease of a submission ended without an answer
  kCancel,            // the shopper
  kVoid,              // Commerce
  kExpire,            // the clock
  kProvideChallenge,  // Commerce or the processor
  kStartChallenge,    // the shopper's browser
  kReturn,            // the shopper's browser, from the issuer
  kSucceed,           // CompleteTDSSession SUCCESS
  kFail,              // CompleteTDSSession FAILED
  kAnnotate,          // StateChanged
};
std::string_view ToString(Trigger trigger);

struct Transition {
  SessionKind kind;
  SessionState from;
  Trigger trigger;
  SessionState to;
  std::optional<OutboundEvent> emits;
  std::string_view meaning;  // for docs/session-states.md
};

std::span<const Transition> Transitions();
const Transition* FindTransition(SessionKind kind, SessionState from, Trigger trigger);

// Markdown, byte for byte what docs/session-states.md holds.
std::string DescribeTransitions();

struct SubmitCard {
  base::Sha256Digest digest;
  Timestamp lease_until;
};
struct AcceptCard {
  CardSession card_session;
  base::Sha256Digest digest;
};
struct RefuseCard {
  // By a limit on cards, not for the card itself: counts, but is never what fails the session.
  bool by_limit = false;
};
struct GiveUpSubmission {};
struct Cancel {};
struct Void {};
struct Expire {};
struct ProvideChallenge {
  Challenge challenge;
};
struct StartChallenge {};
struct ReturnFromChallenge {};
struct CompleteChallenge {
  bool success = false;
};
struct AnnotateState {
  CommerceState state;
};
using Command = std::variant<SubmitCard, AcceptCard, RefuseCard, GiveUpSubmission, Cancel, Void,
                             Expire, ProvideChallenge, StartChallenge, ReturnFromChallenge,
                             CompleteChallenge, AnnotateState>;

struct Decision {
  Session session;                     // version already raised when `changed`
  bool changed = false;                // false: already so, nothing to save
  bool entered = false;                // changed, and the state is another than before
  std::optional<OutboundEvent> event;  // to commit with the session
  // The row of the table that it went by; of meaning when `changed`.
  Trigger trigger = Trigger::kAnnotate;
  SessionState from = SessionState::kOpen;
  bool destroys_card = false;  // the vault's record is of no more use
};

// Errors, in order: kExpired (the session's time is over, whether or not the sweep has seen it; not
// for Void, Expire, CompleteChallenge, AnnotateState), kConflict (no row for this state; the
// message says which end was reached), kRateLimited (SubmitCard and RefuseCard of an open session
// that cools down after a refusal; says how long, and changes and counts nothing), kInvalid
// (StartChallenge without a challenge). Repeating what has already happened is no error: `changed`
// is false.
base::Result<Decision> Decide(const Session& session, const Command& command, const Policy& policy,
                              Timestamp now);

}  // namespace obolus::domain
