#include "sandbox/payments_api.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/secret.h"
#include "base/url.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;
using base::FieldError;
using base::JsonReader;

constexpr std::int64_t kMaxAmount = 99'999'999'999;
constexpr std::string_view kDefaultFlow = "sale-with-3ds";

void ReadUrl(JsonReader& reader, std::string_view member, std::string& out) {
  auto text = reader.String(member, 2048);
  if (!text) {
    if (!reader.Find(member)) reader.Fault(member, "is required");
    return;
  }
  auto url = base::ParseUrl(*text, base::HttpPolicy::kHttpOnLoopback);
  if (!url) reader.Fault(member, url.error().message);
  out = *text;
}

void ReadMoney(JsonReader& reader, NewPayment& order) {
  auto amount = reader.Integer("amount", 0, kMaxAmount);
  if (!reader.Find("amount")) reader.Fault("amount", "is required, in minor units");
  order.amount = amount.value_or(0);
  auto currency = reader.String("currency_code", 3);
  if (!reader.Find("currency_code")) reader.Fault("currency_code", "is required");
  auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (currency && (currency->size() != 3 || !std::ranges::all_of(*currency, upper))) {
    reader.Fault("currency_code", "must be an ISO 4217 code such as EUR");
  }
  order.currency_code = currency.value_or("");
}

std::size_t NumberParameter(std::string_view query, std::string_view name, std::size_t fallback,
                            std::size_t max) {
  std::string text = QueryParameter(query, name);
  std::size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return fallback;
  return std::min(number, max);
}

// Quoted (the IETF draft) or bare.
std::string IdempotencyKeyOf(const net::HttpRequest& request) {
  const auto* value = request.headers.Find("x-idempotency-key");
  if (!value) value = request.headers.Find("idempotency-key");
  if (!value) return "";
  if (value->size() >= 2 && value->front() == '"' && value->back() == '"') {
    return value->substr(1, value->size() - 2);
  }
  return *value;
}

net::HttpResponse Created(const base::Result<json::object>& payment) {
  if (!payment) {
    auto answer = Problem(payment.error());
    answer.headers.Add("retry-after", "1");
    return answer;
  }
  auto answer = JsonAnswer(201, *payment);
  answer.headers.Add("location", "/payments/" + std::string(payment->at("id").as_string()));
  return answer;
}

}  // namespace

base::Result<NewPayment> ReadNewPayment(const net::HttpRequest& request, const FlowBook& flows) {
  auto body = ReadJsonBody(request);
  if (!body) return std::unexpected(body.error());
  std::vector<FieldError> faults;
  JsonReader reader(*body, "", &faults);
  NewPayment order;
  ReadMoney(reader, order);
  order.order_id = reader.String("order_id", 128).value_or("");
  order.customer_id = reader.String("customer_id", 128).value_or("");
  order.flow = kDefaultFlow;
  if (const auto* metadata = reader.Object("metadata")) {
    order.metadata = *metadata;
    JsonReader inner(*metadata, "/metadata", &faults);
    order.flow = inner.String("flow", 64).value_or(order.flow);
    if (!flows.contains(order.flow)) inner.Fault("flow", "names no flow");
    inner.Integer("tds_expires_in", 60, 5940);
  } else if (!flows.contains(order.flow)) {
    reader.Fault("metadata", "must name a flow, since there is no " + order.flow);
  }
  if (const auto* continuation = reader.Object("continuation")) {
    JsonReader inner(*continuation, "/continuation", &faults);
    ReadUrl(inner, "success", order.success_url);
    ReadUrl(inner, "error", order.error_url);
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  if (const auto* header = request.headers.Find("traceparent")) {
    if (auto trace = base::ParseTraceParent(*header)) order.trace = *trace;
  }
  return order;
}

void PaymentsApi::AddRoutes(Routes& routes) {
  routes.Add("POST", "/payments", [this](RouteCall call) {
    Create(std::move(call.request), std::move(call.responder));
  });
  routes.Add("GET", "/payments", [this](RouteCall call) {
    if (!Authorized(call.request, call.responder)) return;
    const auto& query = call.request.query;
    auto limit = NumberParameter(query, "limit", 20, 100);
    auto page = NumberParameter(query, "page", 1, Commerce::kMaxPayments);
    call.responder.Send(JsonAnswer(
        200,
        json::object{{"data", commerce_.List(limit, page)}, {"limit", limit}, {"page", page}}));
  });
  routes.Add("GET", "/payments/{id}", [this](RouteCall call) {
    if (!Authorized(call.request, call.responder)) return;
    auto payment = commerce_.Show(call.arguments[0]);
    call.responder.Send(payment ? JsonAnswer(200, *payment)
                                : Problem(404, "NOT_FOUND", "There is no such payment."));
  });
  routes.Add("POST", "/payments/{id}/void", [this](RouteCall call) {
    if (!Authorized(call.request, call.responder)) return;
    const auto began = clock_.Now();
    auto payment = commerce_.Void(call.arguments[0]);
    auto answer = payment ? JsonAnswer(200, *payment) : Problem(payment.error());
    Record(call.request, answer, call.arguments[0], began);
    call.responder.Send(std::move(answer));
  });
}

bool PaymentsApi::Authorized(const net::HttpRequest& request, net::Responder& responder) const {
  const auto* key = request.headers.Find("x-api-key");
  if (key && base::ConstantTimeEqual(base::AsBytes(*key), base::AsBytes(api_key_))) return true;
  responder.Send(Problem(401, "UNAUTHORIZED", "x-api-key is missing or unknown."));
  return false;
}

void PaymentsApi::Create(net::HttpRequest request, net::Responder responder) {
  if (!Authorized(request, responder)) return;
  const auto began = clock_.Now();
  std::string key = IdempotencyKeyOf(request);
  if (key.size() > 255) {
    responder.Send(Problem(422, "VALIDATION_ERROR", "X-Idempotency-Key is too long."));
    return;
  }
  if (!key.empty() && !ClaimKey(key, request, responder)) return;
  auto order = ReadNewPayment(request, commerce_.flows());
  if (!order) {
    auto answer = Problem(order.error());
    if (!key.empty()) FinishKey(key, answer);
    Record(request, answer, "", began);
    responder.Send(std::move(answer));
    return;
  }
  commerce_.Create(std::move(*order), [this, key, began, request = std::move(request),
                                       responder = std::move(responder)](
                                          base::Result<json::object> payment) mutable {
    auto answer = Created(payment);
    if (!key.empty()) FinishKey(key, answer);
    Record(request, answer, payment ? std::string(payment->at("id").as_string()) : "", began);
    responder.Send(std::move(answer));
  });
}

bool PaymentsApi::ClaimKey(const std::string& key, const net::HttpRequest& request,
                           net::Responder& responder) {
  const std::string digest = base::EncodeHex(base::Sha256(base::AsBytes(request.body)));
  std::unique_lock lock(mutex_);
  auto [claim, first] = claims_.try_emplace(key, Claim{digest, false, 0, ""});
  if (first) {
    claim_order_.push_back(key);
    if (claim_order_.size() > kMaxIdempotencyKeys) {
      claims_.erase(claim_order_.front());
      claim_order_.pop_front();
    }
    return true;
  }
  const Claim earlier = claim->second;
  lock.unlock();
  if (earlier.digest != digest) {
    responder.Send(
        Problem(422, "VALIDATION_ERROR", "This idempotency key was used with another body."));
  } else if (!earlier.finished) {
    responder.Send(Problem(409, "CONFLICT", "The first request with this key is still running."));
  } else {
    auto type = earlier.status == 201 ? "application/json" : "application/problem+json";
    responder.Send(
        {earlier.status, {{"content-type", type}, {"idempotent-replayed", "true"}}, earlier.body});
  }
  return false;
}

// A 503 says "try again", so it frees its key.
void PaymentsApi::FinishKey(const std::string& key, const net::HttpResponse& answer) {
  std::lock_guard lock(mutex_);
  auto claim = claims_.find(key);
  if (claim == claims_.end()) return;
  if (answer.status == 503) {
    claims_.erase(claim);
    std::erase(claim_order_, key);
    return;
  }
  claim->second.finished = true;
  claim->second.status = answer.status;
  claim->second.body = answer.body;
}

void PaymentsApi::Record(const net::HttpRequest& request, const net::HttpResponse& answer,
                         const std::string& payment_id, base::Timestamp began) {
  JournalEntry entry;
  entry.payment_id = payment_id;
  entry.from = "shop";
  entry.to = "commerce";
  entry.kind = "request";
  entry.title = request.method + " " + request.path;
  entry.status = answer.status;
  entry.duration_ms = (clock_.Now() - began).count();
  entry.headers = request.headers;
  entry.body = request.body;
  entry.answer_headers = answer.headers;
  entry.answer_body = answer.body;
  journal_.Add(std::move(entry));
}

void PaymentsApi::Reset() {
  std::lock_guard lock(mutex_);
  claims_.clear();
  claim_order_.clear();
}

}  // namespace obolus::sandbox
