#include "sandbox/charges.h"

#include "base/json.h"
#include "sandbox/guardian.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

std::string TextAt(const json::value& value, std::string_view pointer) {
  return base::FindString(value, pointer).value_or("");
}

net::HttpResponse Answer(int status, const json::object& body) {
  return {.status = status,
          .headers = {{"content-type", "application/json"}},
          .body = base::ToText(body)};
}

}  // namespace

bool Charges::Begin(const IncomingEvent& event, std::move_only_function<void()>& go_on) {
  if (event.type != "CardSessionCreated") return false;
  const json::value data = event.data;
  if (TextAt(data, "/card_session/provider") != "embedded") return false;
  ObolusCall call;
  call.payment_id = payment_of_(event.terminal_id);
  if (call.payment_id.empty()) return false;
  call.kind = "request";
  call.path = "/card-sessions/" + TextAt(data, "/card_session/id") + "/forward";
  call.title = "POST /card-sessions/…/forward";
  call.headers = {{"content-type", "application/json"}};
  call.body = base::ToText(
      json::object{{"url", url_},
                   {"headers", json::object{{"idempotency-key", call.payment_id}}},
                   {"body", json::object{{"payment", call.payment_id},
                                         {"account_number", "{{ account_number }}"},
                                         {"expiry_month", "{{ expiry_month | unwrap }}"},
                                         {"expiry_year", "{{ expiry_year | unwrap }}"},
                                         {"cardholder_name", "{{ cardholder_name }}"},
                                         {"security_code", "{{ security_code }}"}}}});
  link_.PostOnce(std::move(call), [go_on = std::move(go_on)](
                                      const base::Result<net::HttpResponse>&) mutable { go_on(); });
  return true;
}

void Charges::Handle(const net::HttpRequest& request, net::Responder responder) {
  const auto body = base::ParseJson(request.body);
  const std::string number = body ? TextAt(*body, "/account_number") : "";
  const bool is_card = number.size() >= 12 &&
                       number.find_first_not_of("0123456789") == std::string::npos &&
                       !TextAt(*body, "/security_code").empty();
  JournalEntry entry;
  entry.payment_id = body ? TextAt(*body, "/payment") : "";
  entry.from = "obolus";
  entry.to = "processor";
  entry.kind = "request";
  entry.title = "POST /charges";
  entry.headers = request.headers;
  entry.body = MaskedBody(request.body);
  entry.status = is_card ? 201 : 422;
  entry.verdict = is_card ? "the card arrived" : "no card in it";
  // The whole number, so that what hands the answer on has something to mask.
  net::HttpResponse answer =
      is_card ? Answer(201, {{"status", "received"}, {"card", number}})
              : Problem(422, "VALIDATION_ERROR", "There is no card in the request.");
  entry.answer_body = is_card ? R"({"status":"received"})" : answer.body;
  journal_.Add(std::move(entry));
  responder.Send(std::move(answer));
}

}  // namespace obolus::sandbox
