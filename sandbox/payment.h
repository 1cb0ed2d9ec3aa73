// One payment of the sandbox's Commerce as a pure machine: it walks its flow, says what must be
// done next as `Effect`s, and never does anything itself. Facts come in by the functions named in
// the past tense. Every path ends in exactly one of COMPLETED, FAILED and VOIDED; what comes after
// an end changes nothing. Not thread-safe: Commerce holds its lock.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "sandbox/flow.h"

namespace obolus::sandbox {

struct FailureReason {
  std::string classifier;  // "DECLINED"
  std::string message;     // for people
};

struct Transaction {
  std::string type;    // "AUTHENTICATION", "SALE", "VAULTING"
  std::string status;  // "SUCCESS", "FAILED", "PENDING"
  std::vector<FailureReason> failure_reasons;
};

// What the processor needs to show a challenge (EMV 3DS 2.x).
struct Challenge {
  std::string acs_trans_id;
  std::string acs_url;
  std::string creq;
  std::string session_data;
};

// What the processor says at the end of a transaction: Finish {result, data}.
struct Finish {
  std::string result;  // kResultSuccess, kResultFailed, kResultChallenge
  std::optional<FailureReason> reason;
  std::optional<Challenge> challenge;
};

// The card session that CardSessionCreated told of; masked.
struct CardSession {
  std::string id;
  std::string tds_return_url;
  base::json::object data;
};

struct PaymentFacts {
  std::string id;
  std::string terminal_id;
  std::string tds_terminal_id;
  std::int64_t amount = 0;  // minor units
  std::string currency_code;
  std::string order_id;
  std::string customer_id;
  std::string success_url;
  std::string error_url;
  base::json::object metadata;
  base::Timestamp created_at;
  std::optional<CardSession> card;
};

// Effects: what Commerce must do now.
struct OpenCardSession {};
struct OpenTdsSession {
  Challenge challenge;
};
struct AskProcessor {
  std::string start_event_type;
  base::json::object configuration;
};
struct AskChallengeOutcome {
  std::string acs_trans_id;
};
struct TellObolus {
  std::string type;  // CompleteTDSSession, SessionVoided, StateChanged
  std::string subject;
  base::json::object data;
};
using Effect =
    std::variant<OpenCardSession, OpenTdsSession, AskProcessor, AskChallengeOutcome, TellObolus>;
using Effects = std::vector<Effect>;

enum class PaymentStatus { kAccepted, kAuthorized, kCompleted, kFailed, kVoided };

class Payment {
 public:
  Payment(PaymentFacts facts, std::shared_ptr<const Flow> flow);

  Effects Begin();
  Effects CardSessionOpened(std::string session_key);
  Effects CardSessionRefused(std::string message);
  Effects CardArrived(CardSession card);
  Effects CardFailed(std::string code, std::string message);
  Effects ProcessorFinished(const Finish& finish);
  Effects TdsSessionOpened(std::string redirect_url);
  Effects TdsSessionRefused(std::string message);
  Effects TdsResultArrived();
  Effects ChallengeEnded(const Finish& finish);
  // Nothing when the payment has ended already; `ended()` tells before.
  Effects Voided();

  const PaymentFacts& facts() const { return facts_; }
  PaymentStatus status() const { return status_; }
  bool ended() const { return phase_ == Phase::kEnded; }
  // True when the caller can do something: an action is required, or the payment has ended.
  bool settled() const;

  std::string_view StatusName() const;      // "ACCEPTED", ...
  std::string_view ProcessingName() const;  // "PENDING", "ACTION_REQUIRED", "COMPLETED", "FAILED"
  std::string_view ActionName() const;      // "REDIRECT", ...; "" when no action is required
  base::json::object ToJson() const;        // contract §2

  void set_updated_at(base::Timestamp now) { updated_at_ = now; }

 private:
  enum class Phase {
    kOpeningCard,
    kAwaitingCard,
    kProcessing,
    kOpeningTds,
    kAwaitingTds,
    kAskingOutcome,
    kEnded
  };

  Effects Walk(const FlowStep& step);
  Effects End(PaymentStatus status);
  Effects Fail(FailureReason reason);
  TellObolus StateChanged(std::string_view state) const;
  base::json::value RequirementJson() const;
  base::json::value PaymentMethodJson() const;

  PaymentFacts facts_;
  std::shared_ptr<const Flow> flow_;
  const FlowNode* node_ = nullptr;
  Phase phase_ = Phase::kProcessing;
  PaymentStatus status_ = PaymentStatus::kAccepted;
  std::string session_key_;
  std::string redirect_url_;
  std::optional<Challenge> challenge_;
  std::vector<Transaction> transactions_;
  std::vector<FailureReason> failure_reasons_;
  int steps_ = 0;  // bounds a flow that goes in circles
  base::Timestamp updated_at_;
};

}  // namespace obolus::sandbox
