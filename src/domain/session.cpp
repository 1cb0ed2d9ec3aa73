#include "domain/session.h"

#include <array>

namespace obolus::domain {

std::string_view ToString(SessionKind kind) {
  return kind == SessionKind::kPayment ? "payment" : "3ds";
}

std::string_view ToString(SessionState state) {
  static constexpr std::array<std::string_view, kSessionStateCount> kNames = {
      "open",      "submitted", "created", "challenged", "returned",
      "succeeded", "failed",    "expired", "cancelled",  "voided"};
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<SessionState> ParseSessionState(std::string_view text) {
  for (std::size_t i = 0; i < kSessionStateCount; ++i) {
    if (text == ToString(static_cast<SessionState>(i))) return static_cast<SessionState>(i);
  }
  return std::nullopt;
}

bool IsEnd(SessionKind kind, SessionState state) {
  switch (state) {
    case SessionState::kOpen:
    case SessionState::kSubmitted:
    case SessionState::kChallenged:
    case SessionState::kReturned:
      return false;
    case SessionState::kCreated:
      return kind == SessionKind::kPayment;
    case SessionState::kSucceeded:
    case SessionState::kFailed:
    case SessionState::kExpired:
    case SessionState::kCancelled:
    case SessionState::kVoided:
      return true;
  }
  return true;
}

std::string_view ToString(CommerceState state) {
  static constexpr std::array<std::string_view, 4> kNames = {"accepted", "authorized", "completed",
                                                             "failed"};
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<CommerceState> ParseCommerceState(std::string_view text) {
  for (auto state : {CommerceState::kAccepted, CommerceState::kAuthorized,
                     CommerceState::kCompleted, CommerceState::kFailed}) {
    if (text == ToString(state)) return state;
  }
  return std::nullopt;
}

std::string_view ToString(FailureCode code) {
  switch (code) {
    case FailureCode::kSessionExpired:
      return "SESSION_EXPIRED";
    case FailureCode::kCancelledByShopper:
      return "CANCELLED_BY_SHOPPER";
    case FailureCode::kAttemptsExhausted:
      return "ATTEMPTS_EXHAUSTED";
    case FailureCode::kProviderUnavailable:
      return "PROVIDER_UNAVAILABLE";
    case FailureCode::kVoidedByCommerce:
      return "VOIDED";
    case FailureCode::kChallengeFailed:
      return "CHALLENGE_FAILED";
  }
  return "";
}

std::string_view MessageOf(FailureCode code) {
  switch (code) {
    case FailureCode::kSessionExpired:
      return "The time for this step is over.";
    case FailureCode::kCancelledByShopper:
      return "The shopper cancelled.";
    case FailureCode::kAttemptsExhausted:
      return "The card was refused too many times.";
    case FailureCode::kProviderUnavailable:
      return "The card could not be stored.";
    case FailureCode::kVoidedByCommerce:
      return "The payment was cancelled by the shop.";
    case FailureCode::kChallengeFailed:
      return "The bank did not confirm the payment.";
  }
  return "";
}

std::optional<Uuid> PaymentIdOf(const Session& session) {
  if (session.kind != SessionKind::kPayment || !session.payment.id) return std::nullopt;
  const auto id = base::ParseUuid(*session.payment.id);
  return id ? std::optional(*id) : std::nullopt;
}

bool NeedsCard(const Session& session) {
  return !session.voided_after_end &&
         session.commerce_state.value_or(CommerceState::kAccepted) == CommerceState::kAccepted;
}

}  // namespace obolus::domain
