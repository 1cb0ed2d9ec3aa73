#include "storage/session_document.h"

#include <string_view>
#include <variant>

#include "base/encoding.h"
#include "base/json_writer.h"

namespace obolus::storage {
namespace {

using base::JsonObject;

void WritePayment(JsonObject& parent, const domain::PaymentDetails& payment) {
  if (payment == domain::PaymentDetails{}) return;
  parent.Name("payment");
  JsonObject object(parent.out());
  object.Add("id", payment.id);
  object.Add("amount_minor", payment.amount_minor);
  object.Add("currency_code", payment.currency_code);
  object.Add("order_id", payment.order_id);
  object.Add("customer_id", payment.customer_id);
  if (payment.vault_payment_method) {
    object.AddBool("vault_payment_method", *payment.vault_payment_method);
  }
}

void WriteCardSession(JsonObject& parent, const domain::CardSession& card_session) {
  parent.Name("card_session");
  JsonObject object(parent.out());
  object.Add("id", card_session.id);
  object.Add("provider", card_session.provider);
  object.Add("tds_return_url", card_session.tds_return_url);
  object.Add("valid_until", card_session.valid_until);
  object.Name("card");
  JsonObject card(object.out());
  card.AddText("card_holder", card_session.card.card_holder);
  card.Add("network", domain::SpellingOf(card_session.card.network).event);
  card.Add("expiry_month", std::int64_t{card_session.card.expiry_month});
  card.Add("expiry_year", std::int64_t{card_session.card.expiry_year});
  card.Add("first_six", card_session.card.first_six);
  card.Add("last_four", card_session.card.last_four);
}

void WriteChallenge(JsonObject& parent, const domain::Challenge& challenge) {
  parent.Name("challenge");
  JsonObject object(parent.out());
  if (const auto* hosted = std::get_if<domain::HostedChallenge>(&challenge)) {
    object.Add("url", hosted->url);
  } else if (const auto* emv = std::get_if<domain::EmvChallenge>(&challenge)) {
    object.Add("acs_url", emv->acs_url);
    object.Add("creq", emv->creq);
    object.Add("three_ds_session_data", emv->three_ds_session_data);
  } else {
    const auto& pa_req = std::get<domain::PaReqChallenge>(challenge);
    object.Add("acs_url", pa_req.acs_url);
    object.Add("pa_req", pa_req.pa_req);
    object.Add("md", pa_req.md);
  }
}

void WriteRetries(JsonObject& parent, const domain::Session& session) {
  const domain::RetryTerms& terms = session.retries;
  if (terms.max_attempts) parent.Add("max_attempts", std::int64_t{*terms.max_attempts});
  if (terms.cool_downs) {
    // Also when it is empty: that means none, and not the configured ones.
    parent.Name("cool_down_s");
    std::string* out = parent.out();
    *out += '[';
    for (const auto cool_down : *terms.cool_downs) {
      if (out->back() != '[') *out += ',';
      *out += std::to_string(cool_down.count());
    }
    *out += ']';
  }
  if (session.attempts != 0) parent.Add("attempts", std::int64_t{session.attempts});
  parent.Add("refused_at", session.refused_at);
}

void WriteDocument(const domain::Session& session, std::string* out) {
  JsonObject document(out);
  if (session.continuation != domain::Continuation{}) {
    document.Name("continuation");
    JsonObject continuation(out);
    continuation.Add("success", session.continuation.success);
    continuation.Add("error", session.continuation.error);
  }
  WritePayment(document, session.payment);
  if (session.merchant != domain::Merchant{}) {
    document.Name("merchant");
    JsonObject merchant(out);
    merchant.Add("name", session.merchant.name);
    merchant.AddTexts("origins", session.merchant.origins,
                      [](const std::string& origin) -> std::string_view { return origin; });
  }
  document.AddTexts("allowed_networks", session.allowed_networks,
                    [](domain::CardNetwork network) { return domain::SpellingOf(network).event; });
  document.Add("locale", session.locale);
  WriteRetries(document, session);
  document.Add("lease_until", session.lease_until);
  if (session.submit_digest) {
    document.Add("submit_digest", base::EncodeBase64Url(*session.submit_digest));
  }
  if (session.card_session) WriteCardSession(document, *session.card_session);
  if (session.challenge) WriteChallenge(document, *session.challenge);
  if (session.failure) document.Add("failure", domain::ToString(*session.failure));
  if (session.commerce_state) {
    document.Add("commerce_state", domain::ToString(*session.commerce_state));
  }
  document.Add("returned_at", session.returned_at);
  if (session.voided_after_end) document.AddBool("voided_after_end", true);
  document.AddText("traceparent", session.traceparent);
  document.AddText("request_id", session.request_id);
}

}  // namespace

std::string ToDocument(const domain::Session& session) {
  std::string out;
  out.reserve(512);
  WriteDocument(session, &out);
  return out;
}

}  // namespace obolus::storage
