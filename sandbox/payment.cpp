#include "sandbox/payment.h"

#include <utility>

#include "base/check.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr int kMaxSteps = 32;

json::value OrNull(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

std::string TransactionType(std::string_view start_event_type) {
  if (start_event_type == "StartAuthentication") return "AUTHENTICATION";
  if (start_event_type == "StartVaulting") return "VAULTING";
  if (start_event_type == "StartSale") return "SALE";
  return std::string(start_event_type);
}

json::array ReasonsJson(const std::vector<FailureReason>& reasons) {
  json::array out;
  for (const auto& reason : reasons) {
    out.push_back(json::object{{"classifier", reason.classifier}, {"message", reason.message}});
  }
  return out;
}

void Append(Effects& to, Effects from) {
  for (auto& effect : from) to.push_back(std::move(effect));
}

}  // namespace

Payment::Payment(PaymentFacts facts, std::shared_ptr<const Flow> flow)
    : facts_(std::move(facts)), flow_(std::move(flow)), updated_at_(facts_.created_at) {
  CHECK(flow_ != nullptr);
}

bool Payment::settled() const {
  return phase_ == Phase::kAwaitingCard || phase_ == Phase::kAwaitingTds || ended();
}

TellObolus Payment::StateChanged(std::string_view state) const {
  return {"StateChanged", facts_.terminal_id,
          json::object{{"state", state}, {"terminal_id", facts_.terminal_id}}};
}

Effects Payment::Begin() {
  return Walk(flow_->Begin());
}

Effects Payment::Walk(const FlowStep& step) {
  if (step.kind == FlowStep::Kind::kEnd) {
    return End(step.succeeded ? PaymentStatus::kCompleted : PaymentStatus::kFailed);
  }
  if (++steps_ > kMaxSteps) return Fail({"FLOW_TOO_LONG", "The flow took too many steps."});
  node_ = step.node;
  if (step.kind == FlowStep::Kind::kTransaction) {
    phase_ = Phase::kProcessing;
    return {AskProcessor{node_->start_event_type, node_->configuration}};
  }
  if (node_->action == kActionSetPaymentMethod) {
    phase_ = Phase::kOpeningCard;
    return {OpenCardSession{}};
  }
  if (!challenge_) return Fail({"FLOW_INVALID", "The flow redirects without a challenge."});
  phase_ = Phase::kOpeningTds;
  return {OpenTdsSession{*challenge_}};
}

Effects Payment::End(PaymentStatus status) {
  const bool told_of_card = facts_.card.has_value();
  phase_ = Phase::kEnded;
  status_ = status;
  if (status == PaymentStatus::kFailed && failure_reasons_.empty()) {
    failure_reasons_.push_back({"DECLINED", "The payment was declined."});
  }
  if (!told_of_card) return {};  // Obolus ended that session itself, or never opened it
  if (status == PaymentStatus::kVoided) return {};
  return {StateChanged(status == PaymentStatus::kCompleted ? "completed" : "failed")};
}

Effects Payment::Fail(FailureReason reason) {
  failure_reasons_.push_back(std::move(reason));
  return End(PaymentStatus::kFailed);
}

Effects Payment::CardSessionOpened(std::string session_key) {
  if (phase_ != Phase::kOpeningCard) return {};
  session_key_ = std::move(session_key);
  phase_ = Phase::kAwaitingCard;
  return {};
}

Effects Payment::CardSessionRefused(std::string message) {
  if (phase_ != Phase::kOpeningCard) return {};
  return Fail({"CHECKOUT_UNAVAILABLE", std::move(message)});
}

// An answer to POST /sessions can be lost while its session lives, so the card may come first.
Effects Payment::CardArrived(CardSession card) {
  if (phase_ != Phase::kAwaitingCard && phase_ != Phase::kOpeningCard) return {};
  facts_.card = std::move(card);
  Effects effects{StateChanged("accepted")};
  Append(effects, Walk(flow_->Continue(node_->id, kResultSuccess)));
  return effects;
}

Effects Payment::CardFailed(std::string code, std::string message) {
  if (phase_ != Phase::kAwaitingCard && phase_ != Phase::kOpeningCard) return {};
  return Fail({std::move(code), std::move(message)});
}

Effects Payment::ProcessorFinished(const Finish& finish) {
  if (phase_ != Phase::kProcessing) return {};
  const bool succeeded = finish.result == kResultSuccess;
  Transaction transaction{TransactionType(node_->start_event_type), finish.result, {}};
  if (finish.result == kResultChallenge) transaction.status = "PENDING";
  if (finish.reason) {
    transaction.failure_reasons.push_back(*finish.reason);
    failure_reasons_.push_back(*finish.reason);
  }
  transactions_.push_back(std::move(transaction));
  challenge_ = finish.challenge;
  Effects effects;
  if (succeeded && node_->start_event_type == "StartSale") {
    status_ = PaymentStatus::kAuthorized;
    effects.push_back(StateChanged("authorized"));
  }
  Append(effects, Walk(flow_->Continue(node_->id, finish.result)));
  return effects;
}

Effects Payment::TdsSessionOpened(std::string redirect_url) {
  if (phase_ != Phase::kOpeningTds) return {};
  redirect_url_ = std::move(redirect_url);
  phase_ = Phase::kAwaitingTds;
  return {};
}

Effects Payment::TdsSessionRefused(std::string message) {
  if (phase_ != Phase::kOpeningTds) return {};
  return Fail({"CHECKOUT_UNAVAILABLE", std::move(message)});
}

// A wake-up, not a verdict: the processor is asked.
Effects Payment::TdsResultArrived() {
  if (phase_ != Phase::kAwaitingTds && phase_ != Phase::kOpeningTds) return {};
  phase_ = Phase::kAskingOutcome;
  return {AskChallengeOutcome{challenge_->acs_trans_id}};
}

Effects Payment::ChallengeEnded(const Finish& finish) {
  if (phase_ != Phase::kAskingOutcome) return {};
  for (auto& transaction : transactions_) {
    if (transaction.status != "PENDING") continue;
    transaction.status = finish.result;
    if (finish.reason) transaction.failure_reasons.push_back(*finish.reason);
  }
  if (finish.reason) failure_reasons_.push_back(*finish.reason);
  Effects effects{TellObolus{
      "CompleteTDSSession", facts_.tds_terminal_id,
      json::object{{"tds_terminal_id", facts_.tds_terminal_id}, {"result", finish.result}}}};
  Append(effects, Walk(flow_->Continue(node_->id, finish.result)));
  return effects;
}

Effects Payment::Voided() {
  if (ended()) return {};
  const bool has_tds = challenge_.has_value();
  failure_reasons_.push_back({"VOIDED", "The payment was voided."});
  End(PaymentStatus::kVoided);
  json::object data{{"terminal_id", facts_.terminal_id}};
  if (has_tds) data["tds_terminal_id"] = facts_.tds_terminal_id;
  return {TellObolus{"SessionVoided", facts_.terminal_id, std::move(data)}};
}

std::string_view Payment::StatusName() const {
  switch (status_) {
    case PaymentStatus::kAccepted:
      return "ACCEPTED";
    case PaymentStatus::kAuthorized:
      return "AUTHORIZED";
    case PaymentStatus::kCompleted:
      return "COMPLETED";
    case PaymentStatus::kFailed:
      return "FAILED";
    case PaymentStatus::kVoided:
      return "VOIDED";
  }
  std::unreachable();
}

std::string_view Payment::ProcessingName() const {
  if (ended()) return status_ == PaymentStatus::kCompleted ? "COMPLETED" : "FAILED";
  return settled() ? "ACTION_REQUIRED" : "PENDING";
}

std::string_view Payment::ActionName() const {
  if (phase_ == Phase::kAwaitingCard) return kActionSetPaymentMethod;
  if (phase_ == Phase::kAwaitingTds) return kActionRedirect;
  return "";
}

json::value Payment::RequirementJson() const {
  if (phase_ == Phase::kAwaitingCard) {
    json::object option{{"library", "CHECKOUT_EXPERIENCE"},
                        {"message", "Initialize the library with this key."},
                        {"session_key", session_key_}};
    return json::object{{"action", kActionSetPaymentMethod},
                        {"message", "Please set the payment method."},
                        {"options", json::array{std::move(option)}}};
  }
  if (phase_ == Phase::kAwaitingTds) {
    return json::object{{"action", kActionRedirect},
                        {"options", json::array{json::object{{"url", redirect_url_}}}}};
  }
  return nullptr;
}

json::value Payment::PaymentMethodJson() const {
  if (!facts_.card) return nullptr;
  json::object method{{"type", "CARD"}, {"card_session_id", facts_.card->id}};
  for (const auto& member : facts_.card->data) method[member.key()] = member.value();
  return method;
}

json::object Payment::ToJson() const {
  json::object processing{{"status", ProcessingName()}};
  if (auto requirement = RequirementJson(); !requirement.is_null()) {
    processing["requirement"] = std::move(requirement);
  }
  json::array transactions;
  for (const auto& transaction : transactions_) {
    transactions.push_back(
        json::object{{"transaction_type", transaction.type},
                     {"status", transaction.status},
                     {"failure_reasons", ReasonsJson(transaction.failure_reasons)}});
  }
  json::object continuation{{"success", OrNull(facts_.success_url)},
                            {"error", OrNull(facts_.error_url)}};
  return {{"id", facts_.id},
          {"amount", facts_.amount},
          {"currency", facts_.currency_code},
          {"order_id", OrNull(facts_.order_id)},
          {"customer_id", OrNull(facts_.customer_id)},
          {"status", StatusName()},
          {"processing", std::move(processing)},
          {"payment_method", PaymentMethodJson()},
          {"processor", "sandbox"},
          {"transactions", std::move(transactions)},
          {"failure_reasons", ReasonsJson(failure_reasons_)},
          {"continuation", std::move(continuation)},
          {"metadata", facts_.metadata},
          {"flow", flow_->name()},
          {"terminal_id", facts_.terminal_id},
          {"tds_terminal_id", challenge_ ? json::value(facts_.tds_terminal_id) : nullptr},
          {"created_at", base::FormatTime(facts_.created_at)},
          {"updated_at", base::FormatTime(updated_at_)}};
}

}  // namespace obolus::sandbox
