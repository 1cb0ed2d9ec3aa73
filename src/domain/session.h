// A session: the time in which one shopper does one thing for one payment, either typing a card or
// passing the issuer's challenge. Plain values without behaviour; session_machine decides how they
// change. What each end means: docs/session-states.md. Never holds card data beyond `CardSession`
// (masked), nor the secret part of its key.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/id.h"
#include "domain/card.h"
#include "domain/challenge.h"

namespace obolus::domain {

using base::Timestamp;
using base::Uuid;

enum class SessionKind : std::uint8_t { kPayment, kTds };

enum class SessionState : std::uint8_t {
  kOpen,        // waits for the shopper (3DS: or for the challenge)
  kSubmitted,   // payment: a remote vault is being asked; `lease_until` says until when
  kCreated,     // payment, end: CardSessionCreated is committed
  kChallenged,  // 3DS: the shopper was sent to the issuer
  kReturned,    // 3DS: TDSResult is committed, Commerce decides
  kSucceeded,   // 3DS, end
  kFailed,      // end
  kExpired,     // end
  kCancelled,   // end: by the shopper
  kVoided,      // end: by Commerce
};
inline constexpr std::size_t kSessionStateCount = 10;

std::string_view ToString(SessionKind kind);    // "payment", "3ds"
std::string_view ToString(SessionState state);  // "open", ...
std::optional<SessionState> ParseSessionState(std::string_view text);
bool IsEnd(SessionKind kind, SessionState state);

// contract §3.2 StateChanged
enum class CommerceState : std::uint8_t { kAccepted, kAuthorized, kCompleted, kFailed };
std::string_view ToString(CommerceState state);  // "accepted", ...
std::optional<CommerceState> ParseCommerceState(std::string_view text);

enum class FailureCode : std::uint8_t {
  kSessionExpired,
  kCancelledByShopper,
  kAttemptsExhausted,
  kProviderUnavailable,
  kVoidedByCommerce,
  kChallengeFailed,
};
std::string_view ToString(FailureCode code);   // "SESSION_EXPIRED", ...
std::string_view MessageOf(FailureCode code);  // one sentence for a shopper

struct Continuation {
  std::optional<std::string> success;
  std::optional<std::string> error;
  bool operator==(const Continuation&) const = default;
};

struct PaymentDetails {
  std::optional<std::string> id;
  std::optional<std::int64_t> amount_minor;
  std::optional<std::string> currency_code;  // ISO 4217
  std::optional<std::string> order_id;
  std::optional<std::string> customer_id;
  std::optional<bool> vault_payment_method;
  bool operator==(const PaymentDetails&) const = default;
};

struct Merchant {
  std::optional<std::string> name;
  std::vector<std::string> origins;  // may embed the card frame; empty: the configured default
  bool operator==(const Merchant&) const = default;
};

// The masked result of a stored card (contract §3.1).
struct CardSession {
  std::string id;
  std::string provider;  // "embedded", "guardian"
  std::string tds_return_url;
  Timestamp valid_until;
  MaskedCard card;
  bool operator==(const CardSession&) const = default;
};

// What Commerce asked for when it opened the session; what it left out follows the configuration.
struct RetryTerms {
  std::optional<int> max_attempts;  // 0: the session never fails because of attempts
  // After the n-th refusal the n-th; the last one goes on. Empty: none.
  std::optional<std::vector<std::chrono::seconds>> cool_downs;
  bool operator==(const RetryTerms&) const = default;
};

struct Session {
  Uuid id;  // time-ordered; the row's key
  SessionKind kind = SessionKind::kPayment;
  SessionState state = SessionState::kOpen;
  std::int64_t version = 1;  // grows by one with each saved change
  Uuid terminal_id;          // payment: terminal_id; 3DS: tds_terminal_id. Equals `id` when minted
  std::optional<Uuid> payment_terminal_id;  // 3DS: the payment session it belongs to
  Timestamp created_at;
  Timestamp expires_at;
  std::optional<Timestamp> ended_at;
  Continuation continuation;
  PaymentDetails payment;
  Merchant merchant;
  std::vector<CardNetwork> allowed_networks;  // empty: all
  std::optional<std::string> locale;          // BCP 47
  RetryTerms retries;
  int attempts = 0;                      // refused so far
  std::optional<Timestamp> refused_at;   // the last time; a cool-down is counted from it
  std::optional<Timestamp> lease_until;  // kSubmitted only
  std::optional<base::Sha256Digest>
      submit_digest;  // of the enc_payload that was accepted or is being asked about
  std::optional<CardSession> card_session;
  std::optional<Challenge> challenge;
  std::optional<FailureCode> failure;
  std::optional<CommerceState> commerce_state;
  std::optional<Timestamp> returned_at;  // 3DS: when TDSResult was committed because of a return
  bool voided_after_end = false;  // has an outcome, and Commerce voided: whichever came first
  std::string traceparent;        // of the POST that opened it
  std::string request_id;

  bool operator==(const Session&) const = default;
};

// payment.id of a payment session, where that is a UUID: what Commerce may name instead of the
// terminal (contract §3.2). A 3DS session only repeats its payment's.
std::optional<Uuid> PaymentIdOf(const Session& session);

// The payment may still need the stored card: Commerce has said neither that it is over
// (authorized, completed, failed) nor that it is void.
bool NeedsCard(const Session& session);

}  // namespace obolus::domain
