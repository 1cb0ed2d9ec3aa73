#include "http/session_json.h"

#include <algorithm>

namespace obolus::http {
namespace {

namespace json = base::json;
using app::SessionView;
using domain::CommerceState;
using domain::FailureCode;
using domain::Session;
using domain::SessionKind;
using domain::SessionState;

constexpr std::chrono::seconds kLongestWaitForCommerce{10};

json::value OrNull(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::object Failure(std::string_view code, std::string_view message) {
  return {{"next_action", nullptr},
          {"status", "failure"},
          {"data", {{"reason", message}, {"reason_code", code}}}};
}

json::object Failure(FailureCode code) {
  return Failure(domain::ToString(code), domain::MessageOf(code));
}

json::object TokenizeCard(const app::Services& services, const Session& session) {
  json::array schemes;
  for (const auto& spelling : domain::NetworkSpellings()) {
    if (domain::IsAllowed(spelling.network, session.allowed_networks)) {
      schemes.push_back(json::value(spelling.session));
    }
  }
  return {{"next_action", "tokenize_card"},
          {"data",
           {{"provider", "obolus"},
            {"base_url", services.settings.public_url},
            {"jwk", services.envelope.RsaJwk()},
            {"jwk_ec", services.envelope.EcJwk()},
            {"allowed_schemes", std::move(schemes)}}}};
}

json::object Challenge(const app::Services& services, const SessionView& view) {
  return {{"next_action", "3ds_challenge"},
          {"data",
           {{"redirect_url", services.settings.public_url + "/3ds/" + *view.challenge_key},
            {"window_size", OrNull(view.window_size)}}}};
}

json::object Wait() {
  return {{"next_action", "wait"}, {"data", json::object()}};
}

// Commerce's word on the payment is above what became of its challenge.
bool FailedAtTheBank(const SessionView& view) {
  const auto& said = view.session.commerce_state;
  const bool taken = said == CommerceState::kAuthorized || said == CommerceState::kCompleted;
  return view.challenge_failure.has_value() && !taken;
}

json::object NextOfPayment(const app::Services& services, const SessionView& view) {
  const Session& session = view.session;
  if (session.state == SessionState::kOpen) return TokenizeCard(services, session);
  if (session.state == SessionState::kSubmitted) return Wait();
  if (session.commerce_state == CommerceState::kFailed) {
    return Failure("PAYMENT_FAILED", "The payment was not accepted.");
  }
  if (view.challenge_key) return Challenge(services, view);
  if (FailedAtTheBank(view)) return Failure(*view.challenge_failure);
  return {{"next_action", nullptr},
          {"status", "success"},
          {"data", {{"token_id", session.card_session->id}}}};
}

json::object NextOfChallenge(const app::Services& services, const SessionView& view) {
  const Session& session = view.session;
  switch (session.state) {
    case SessionState::kSucceeded:
      return {{"next_action", nullptr}, {"status", "success"}, {"data", json::object()}};
    case SessionState::kOpen:
    case SessionState::kChallenged:
      return session.challenge ? Challenge(services, view) : Wait();
    default:
      return Wait();
  }
}

json::object Next(const app::Services& services, const SessionView& view) {
  const Session& session = view.session;
  if (view.IsExpired()) return Failure(FailureCode::kSessionExpired);
  if (session.voided_after_end) return Failure(FailureCode::kVoidedByCommerce);
  const bool failed = view.IsEnded() && session.state != SessionState::kCreated &&
                      session.state != SessionState::kSucceeded;
  if (failed) return Failure(session.failure.value_or(FailureCode::kProviderUnavailable));
  return session.kind == SessionKind::kPayment ? NextOfPayment(services, view)
                                               : NextOfChallenge(services, view);
}

json::value Payment(const domain::PaymentDetails& payment) {
  if (payment == domain::PaymentDetails{}) return nullptr;
  return {{"amount", payment.amount_minor ? json::value(*payment.amount_minor) : nullptr},
          {"currency_code", OrNull(payment.currency_code)},
          {"order_id", OrNull(payment.order_id)}};
}

}  // namespace

json::object RenderState(const app::Services& services, const SessionView& view) {
  const Session& session = view.session;
  json::object state = Next(services, view);
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(session.expires_at - view.now).count();
  const std::string continue_url = ContinueUrl(view);
  state["terminal_id"] = base::ToString(session.terminal_id);
  state["expires_at"] = base::FormatTime(session.expires_at);
  state["expires_in"] = std::max<std::int64_t>(left, 0);
  state["payment"] = Payment(session.payment);
  state["merchant"] = session.merchant.name ? json::value({{"name", *session.merchant.name}})
                                            : json::value(nullptr);
  state["locale"] = OrNull(session.locale);
  state["continue_url"] = continue_url.empty() ? json::value(nullptr) : json::value(continue_url);
  const std::string way_back_url = WayBackUrl(services, view);
  state["way_back_url"] = way_back_url.empty() ? json::value(nullptr) : json::value(way_back_url);
  state["commerce_state"] =
      session.commerce_state ? json::value(domain::ToString(*session.commerce_state)) : nullptr;
  AddRetries(state, session, services.settings.policy, view.now);
  return state;
}

void AddRetries(json::object& object, const Session& session, const domain::Policy& policy,
                base::Timestamp now) {
  const auto attempts = domain::AttemptsLeft(session, policy);
  const auto cool_down = domain::CoolDownLeft(session, policy, now);
  object["attempts_left"] = attempts ? json::value(*attempts) : json::value(nullptr);
  object["retry_after"] = cool_down ? json::value(cool_down->count()) : json::value(nullptr);
}

std::string ContinueUrl(const SessionView& view) {
  const Session& session = view.session;
  if (!view.IsEnded() && !view.IsExpired()) return "";
  bool success = session.state == SessionState::kSucceeded && !session.voided_after_end;
  if (session.state == SessionState::kCreated && !session.voided_after_end) {
    if (view.challenge_key) return "";
    if (FailedAtTheBank(view)) return session.continuation.error.value_or("");
    success = session.commerce_state != CommerceState::kFailed;
    const bool decided =
        session.commerce_state && *session.commerce_state != CommerceState::kAccepted;
    const bool waited = session.ended_at && view.now - *session.ended_at >= kLongestWaitForCommerce;
    if (!decided && !waited) return "";
  }
  return (success ? session.continuation.success : session.continuation.error).value_or("");
}

std::string PendingUrl(const domain::Continuation& continuation) {
  if (!continuation.error) return "";
  const std::string& url = *continuation.error;
  const std::size_t fragment = std::min(url.find('#'), url.size());
  std::string pending = url.substr(0, fragment);
  if (!pending.contains('?')) {
    pending += '?';
  } else if (!pending.ends_with('?') && !pending.ends_with('&')) {
    pending += '&';
  }
  return pending + "status=pending" + url.substr(fragment);
}

std::optional<std::chrono::seconds> ConfirmWaitLeft(const app::Services& services,
                                                    const SessionView& view) {
  const Session& session = view.session;
  if (session.state != SessionState::kReturned || view.IsExpired()) return std::nullopt;
  // A row of an older version says no time: it has waited.
  const base::Timestamp since = session.returned_at.value_or(session.created_at);
  const auto left = since + services.settings.confirm_wait - view.now;
  return std::max(std::chrono::ceil<std::chrono::seconds>(left), std::chrono::seconds(0));
}

std::string WayBackUrl(const app::Services& services, const SessionView& view) {
  const auto left = ConfirmWaitLeft(services, view);
  return left && left->count() == 0 ? PendingUrl(view.session.continuation) : "";
}

const std::vector<std::string>& MerchantOrigins(const app::Services& services,
                                                const Session& session) {
  return session.merchant.origins.empty() ? services.settings.default_origins
                                          : session.merchant.origins;
}

std::vector<std::string> AllowedOrigins(const app::Services& services, const Session& session) {
  std::vector<std::string> origins;
  const auto own = base::ParseUrl(services.settings.public_url, base::HttpPolicy::kHttpOnLoopback);
  if (own) origins.push_back(own->Origin());
  const auto& named = MerchantOrigins(services, session);
  origins.insert(origins.end(), named.begin(), named.end());
  return origins;
}

}  // namespace obolus::http
