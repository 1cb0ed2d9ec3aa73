// Which row of the session machine's table a saved change is: told from the two sessions alone,
// apart from the code that made the change.
#include "simulation/auditor.h"

namespace obolus::simulation {
namespace {

using domain::Session;
using domain::SessionKind;
using domain::SessionState;
using domain::Trigger;

std::optional<Trigger> TriggerWithin(const Session& before, const Session& after) {
  if (before.commerce_state != after.commerce_state) return Trigger::kAnnotate;
  if (before.attempts + 1 == after.attempts) return Trigger::kRefuse;
  if (before.challenge != after.challenge) return Trigger::kProvideChallenge;
  if (!before.voided_after_end && after.voided_after_end) return Trigger::kVoid;
  if (after.state == SessionState::kReturned) return Trigger::kCancel;
  return std::nullopt;
}

std::optional<Trigger> TriggerInto(const Session& before, const Session& after) {
  switch (after.state) {
    case SessionState::kOpen:
      return before.attempts + 1 == after.attempts ? Trigger::kRefuse : Trigger::kGiveUp;
    case SessionState::kSubmitted:
      return Trigger::kSubmit;
    case SessionState::kCreated:
      return Trigger::kAccept;
    case SessionState::kChallenged:
      return Trigger::kStartChallenge;
    case SessionState::kReturned:
      return after.failure == domain::FailureCode::kCancelledByShopper ? Trigger::kCancel
                                                                       : Trigger::kReturn;
    case SessionState::kSucceeded:
      return Trigger::kSucceed;
    case SessionState::kFailed:
      return after.kind == SessionKind::kPayment ? Trigger::kExhaust : Trigger::kFail;
    case SessionState::kExpired:
      return Trigger::kExpire;
    case SessionState::kCancelled:
      return Trigger::kCancel;
    case SessionState::kVoided:
      return Trigger::kVoid;
  }
  return std::nullopt;
}

}  // namespace

const domain::Transition* RowBetween(const Session& before, const Session& after) {
  if (after.version != before.version + 1) return nullptr;
  const auto trigger =
      before.state == after.state ? TriggerWithin(before, after) : TriggerInto(before, after);
  if (!trigger) return nullptr;
  const auto* row = domain::FindTransition(after.kind, before.state, *trigger);
  return row != nullptr && row->to == after.state ? row : nullptr;
}

}  // namespace obolus::simulation
