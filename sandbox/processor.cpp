#include "sandbox/processor.h"

#include <utility>

#include "base/encoding.h"
#include "sandbox/test_cards.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

// A bank that Obolus must not send anybody to: plain http, and not this machine.
constexpr std::string_view kHttpAcsUrl = "http://bank.example/acs/challenge";

Finish Success() {
  return {std::string(kResultSuccess), std::nullopt, std::nullopt};
}

Finish Failed(std::string classifier, std::string message) {
  return {std::string(kResultFailed), FailureReason{std::move(classifier), std::move(message)},
          std::nullopt};
}

std::string Digits(const json::object& data, std::string_view member) {
  const auto* value = data.if_contains(member);
  if (!value || !value->is_string()) return "";
  return std::string(value->as_string());
}

const TestCard* CardOf(const PaymentFacts& payment) {
  if (!payment.card) return nullptr;
  return FindTestCard(Digits(payment.card->data, "first_six"),
                      Digits(payment.card->data, "last_four"));
}

Finish Sale(const TestCard* card, std::string_view three_d_secure) {
  const auto behaviour = card ? card->behaviour : CardBehaviour::kPay;
  if (behaviour == CardBehaviour::kChallenge && three_d_secure == "none") {
    return Failed("AUTHENTICATION_REQUIRED", "The bank requires 3-D Secure for this card.");
  }
  if (behaviour == CardBehaviour::kDecline || behaviour == CardBehaviour::kChallengeThenDecline) {
    if (card->classifier == "INSUFFICIENT_FUNDS") {
      return Failed("INSUFFICIENT_FUNDS", "The card has insufficient funds.");
    }
    return Failed(std::string(card->classifier), "The bank declined this card.");
  }
  return Success();
}

std::string AmountForPeople(const PaymentFacts& payment) {
  std::string cents = std::to_string(payment.amount % 100);
  if (cents.size() == 1) cents.insert(0, "0");
  return std::to_string(payment.amount / 100) + "." + cents + " " + payment.currency_code;
}

// For the shop's page.
std::string_view ReasonFor(const std::optional<AcsDecision>& decision) {
  if (!decision) return "The bank's check was not completed.";
  switch (*decision) {
    case AcsDecision::kPass:
    case AcsDecision::kAttempted:
      return "";
    case AcsDecision::kFail:
      return "The bank's check failed.";
    case AcsDecision::kCancel:
      return "The bank's check was cancelled.";
    case AcsDecision::kUnavailable:
      return "The bank could not do its check.";
    case AcsDecision::kRejected:
      return "The bank rejected the payment.";
    case AcsDecision::kNotFinal:
      return "The bank's last answer was no final one.";
  }
  std::unreachable();
}

}  // namespace

Finish Processor::Start(const PaymentFacts& payment, const AskProcessor& question) {
  const TestCard* card = CardOf(payment);
  if (question.start_event_type == "StartSale") {
    return Sale(card, Digits(question.configuration, "three_d_secure"));
  }
  if (question.start_event_type == "StartVaulting") return Success();
  if (question.start_event_type != "StartAuthentication") {
    return Failed("UNKNOWN_TRANSACTION",
                  "The processor does not know " + question.start_event_type + ".");
  }
  const bool challenge = card && (card->behaviour == CardBehaviour::kChallenge ||
                                  card->behaviour == CardBehaviour::kChallengeThenDecline);
  return challenge ? Challenge(payment, card->acs) : Success();
}

Finish Processor::Challenge(const PaymentFacts& payment, const AcsBehaviour* behaviour) {
  std::lock_guard lock(mutex_);
  AcsRecord record;
  record.behaviour = behaviour_ ? behaviour_ : behaviour;
  record.acs_trans_id = base::ToString(ids_.NewUuid());
  record.server_trans_id = base::ToString(ids_.NewUuid());
  record.notification_url = payment.card->tds_return_url;
  record.payment_id = payment.id;
  record.merchant = "Agora";
  record.amount = AmountForPeople(payment);
  sandbox::Challenge challenge{record.acs_trans_id, acs_url_, MakeCReq(record),
                               base::EncodeBase64Url(base::AsBytes(payment.id))};
  const auto move = record.behaviour ? record.behaviour->move : AcsMove::kAnswer;
  if (move == AcsMove::kHttpAcs) challenge.acs_url = kHttpAcsUrl;
  if (move == AcsMove::kLongSessionData) challenge.session_data = TooLongSessionData();
  records_.emplace(record.acs_trans_id, record);
  return {std::string(kResultChallenge), std::nullopt, std::move(challenge)};
}

Finish Processor::ChallengeOutcome(const std::string& acs_trans_id) const {
  auto record = FindRecord(acs_trans_id);
  const auto decision = record ? record->decision : std::nullopt;
  const auto classifier = ClassifierOf(decision);
  if (classifier.empty()) return Success();
  return Failed(std::string(classifier), std::string(ReasonFor(decision)));
}

base::Millis Processor::OutcomeTakes(const std::string& acs_trans_id) const {
  auto record = FindRecord(acs_trans_id);
  return base::Millis(record && record->behaviour ? record->behaviour->confirm_after_ms : 0);
}

void Processor::Play(const AcsBehaviour* behaviour) {
  std::lock_guard lock(mutex_);
  behaviour_ = behaviour;
}

std::optional<AcsRecord> Processor::FindRecord(const std::string& acs_trans_id) const {
  std::lock_guard lock(mutex_);
  auto found = records_.find(acs_trans_id);
  if (found == records_.end()) return std::nullopt;
  return found->second;
}

bool Processor::Decide(const std::string& acs_trans_id, AcsDecision decision) {
  std::lock_guard lock(mutex_);
  auto found = records_.find(acs_trans_id);
  if (found == records_.end() || found->second.decision) return false;
  found->second.decision = decision;
  return true;
}

void Processor::Opened(const std::string& acs_trans_id, base::Timestamp expires_at) {
  std::lock_guard lock(mutex_);
  auto found = records_.find(acs_trans_id);
  if (found != records_.end()) found->second.expires_at = expires_at;
}

void Processor::Forget(const std::string& acs_trans_id) {
  std::lock_guard lock(mutex_);
  records_.erase(acs_trans_id);
}

void Processor::Reset() {
  std::lock_guard lock(mutex_);
  records_.clear();
}

}  // namespace obolus::sandbox
