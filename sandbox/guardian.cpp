#include "sandbox/guardian.h"

#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;
using Answer = GuardianScript::Answer;

constexpr std::string_view kPath = "/api/pci/tokens";
constexpr std::int64_t kSlowMs = 3'000;
constexpr std::size_t kFewestDigits = 12;

const std::map<std::string, Answer, std::less<>> kAnswers = {
    {"accept", Answer::kAccept},
    {"refuse", Answer::kRefuse},
    {"slow", Answer::kSlow},
    {"silent", Answer::kSilent},
    {"unavailable", Answer::kUnavailable},
    {"unauthorized", Answer::kUnauthorized},
    {"odd", Answer::kOdd}};

std::string Masked(std::string_view number) {
  if (number.size() < kFewestDigits) return std::string(number.size(), '*');
  return std::string(number.substr(0, 6)) + std::string(number.size() - 10, '*') +
         std::string(number.substr(number.size() - 4));
}

std::string SchemeOf(std::string_view number) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSchemes = {
      {{"34", "american express"},
       {"37", "american express"},
       {"35", "jcb"},
       {"30", "diners club"},
       {"62", "unionpay"},
       {"6", "discover"},
       {"4", "visa"},
       {"5", "mastercard"}}};
  for (const auto& [prefix, scheme] : kSchemes) {
    if (number.starts_with(prefix)) return std::string(scheme);
  }
  return "unknown";
}

void MaskCards(json::value& value) {
  if (auto* array = value.if_array()) {
    for (auto& item : *array) MaskCards(item);
  }
  auto* object = value.if_object();
  if (object == nullptr) return;
  for (auto& member : *object) {
    if (member.key() == "account_number" && member.value().is_string()) {
      member.value() = Masked(member.value().get_string());
    } else if (member.key() == "account_number" || member.key() == "security_code") {
      member.value() = "***";
    } else {
      MaskCards(member.value());
    }
  }
}

}  // namespace

std::string MaskedBody(std::string_view body) {
  if (body.empty()) return "";
  auto value = base::ParseJson(body);
  if (!value) return std::to_string(body.size()) + " bytes that are no JSON";
  MaskCards(*value);
  return base::ToText(*value);
}

base::Result<GuardianScript> ReadGuardianScript(const json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  GuardianScript script;
  const auto answer = kAnswers.find(reader.String("answer").value_or("accept"));
  if (answer == kAnswers.end()) {
    reader.Fault("answer",
                 "must be accept, refuse, slow, silent, unavailable, unauthorized or odd");
  } else {
    script.answer = answer->second;
  }
  const std::int64_t usual = script.answer == Answer::kSlow ? kSlowMs : 0;
  script.times = reader.Integer("times", 1, 1'000'000).value_or(-1);
  script.delay_ms = reader.Integer("delay_ms", 0, 120'000).value_or(usual);
  script.retry_after_s = reader.Integer("retry_after", 0, 86'400).value_or(-1);
  script.apply = reader.Boolean("apply").value_or(false);
  script.status = static_cast<int>(reader.Integer("status", 200, 599).value_or(200));
  script.body = reader.String("body", 256 * 1024).value_or("");
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return script;
}

void Guardian::Play(GuardianScript script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void Guardian::Reset() {
  const std::lock_guard lock(mutex_);
  script_ = {};
  tokens_.clear();
  counts_ = {};
}

GuardianScript Guardian::NextOfScript() {
  GuardianScript now = script_;
  if (script_.times > 0 && --script_.times == 0) script_ = {};
  return now;
}

void Guardian::Handle(net::HttpRequest request, net::Responder responder) {
  std::int64_t delay_ms = 0;
  net::HttpResponse answer;
  {
    const std::lock_guard lock(mutex_);
    const bool is_new = request.method == "POST";
    const GuardianScript script = is_new ? NextOfScript() : GuardianScript{};
    delay_ms = script.delay_ms;
    if (is_new) ++counts_.asked;
    answer = Answer(request, script);
    if (script.answer == Answer::kSilent) {
      Record(request, {0, {}, ""}, "no answer");
      unanswered_.push_back(std::move(responder));
      return;
    }
  }
  Record(request, answer, "");
  if (delay_ms == 0) return responder.Send(std::move(answer));
  parts_.scheduler.After(base::Millis(delay_ms),
                         [answer = std::move(answer), responder = std::move(responder)]() mutable {
                           responder.Send(std::move(answer));
                         });
}

net::HttpResponse Guardian::Answer(const net::HttpRequest& request, const GuardianScript& script) {
  const std::string* key = request.headers.Find("x-api-key");
  if (key == nullptr || *key != parts_.api_key) {
    return Problem(401, "UNAUTHORIZED", "The API key is missing or not known.");
  }
  if (request.path == kPath) {
    if (request.method == "POST") return Scripted(request, script);
    return Problem(405, "METHOD_NOT_ALLOWED", "Tokens are made by POST.");
  }
  const std::string prefix = std::string(kPath) + "/";
  if (!request.path.starts_with(prefix)) {
    return Problem(404, "NOT_FOUND", "There is nothing at this path.");
  }
  const std::string id = request.path.substr(prefix.size());
  if (request.method == "GET") return Show(id);
  // One that is down deletes nothing either; that does not use the script up.
  const bool is_down = script_.answer == Answer::kUnavailable && script_.times != 0;
  if (request.method == "DELETE" && is_down) {
    return Problem(503, "UNAVAILABLE", "Guardian is down, as it was told to be.");
  }
  if (request.method == "DELETE") return Delete(id);
  return Problem(405, "METHOD_NOT_ALLOWED", "A token is shown or deleted.");
}

net::HttpResponse Guardian::Scripted(const net::HttpRequest& request,
                                     const GuardianScript& script) {
  if (script.answer == Answer::kAccept || script.answer == Answer::kSlow) return Create(request);
  if (script.apply) Create(request);
  if (script.answer == Answer::kRefuse) {
    ++counts_.refused;
    return Problem(422, "VALIDATION_ERROR", "The card was not accepted.",
                   {{"/source/account_number", "is not accepted"}});
  }
  net::HttpResponse answer{script.status, {}, script.body};
  if (script.answer == Answer::kUnavailable) {
    answer = Problem(503, "UNAVAILABLE", "Come back later.");
  } else if (script.answer == Answer::kUnauthorized) {
    answer = Problem(401, "UNAUTHORIZED", "The API key is missing or not known.");
  }
  if (script.retry_after_s >= 0) {
    answer.headers.Add("retry-after", std::to_string(script.retry_after_s));
  }
  return answer;
}

net::HttpResponse Guardian::Create(const net::HttpRequest& request) {
  const auto body = ReadJsonBody(request);
  if (!body) return Problem(body.error());
  const std::string* key = request.headers.Find("x-idempotency-key");
  if (key == nullptr || key->empty() || key->size() > 255) {
    return Problem(400, "VALIDATION_ERROR", "x-idempotency-key is needed: 1 to 255 characters.");
  }
  const auto digest = base::Sha256(base::AsBytes(request.body));
  for (const Token& token : tokens_) {
    if (token.idempotency_key != *key) continue;
    if (token.request != digest) {
      return Problem(409, "CONFLICT", "This idempotency key came before with another body.");
    }
    ++counts_.repeated;
    return JsonAnswer(201, token.answer);
  }
  const json::value root(*body);
  std::vector<base::FieldError> faults;
  const json::value* source = base::FindPointer(root, "/source");
  base::JsonReader reader(source != nullptr && source->is_object() ? source->get_object() : *body,
                          "/source", &faults);
  if (reader.String("type").value_or("") != "pan") reader.Fault("type", "must be pan");
  const std::string number = reader.String("account_number").value_or("");
  const auto month = reader.Integer("expiry_month", 1, 12);
  const auto year = reader.Integer("expiry_year", 1000, 9999);
  if (number.size() < kFewestDigits) reader.Fault("account_number", "must be a card number");
  if (!month) reader.Fault("expiry_month", "is required");
  if (!year) reader.Fault("expiry_year", "is required");
  if (!faults.empty()) return Problem(422, "VALIDATION_ERROR", "The card is not valid.", faults);
  json::object card{{"expiry_month", *month},
                    {"expiry_year", *year},
                    {"masked_account_number", Masked(number)},
                    {"scheme", SchemeOf(number)}};
  if (const auto name = reader.String("cardholder_name")) card["cardholder_name"] = *name;
  const std::string id = base::ToString(parts_.ids.NewUuid());
  json::object answer{
      {"id", id}, {"card", std::move(card)}, {"created_at", base::FormatTime(parts_.clock.Now())}};
  if (const auto* metadata = body->if_contains("metadata")) answer["metadata"] = *metadata;
  ++counts_.created;
  tokens_.push_back({id, *key, digest, answer});
  return JsonAnswer(201, std::move(answer));
}

Guardian::Token* Guardian::Find(const std::string& id) {
  for (Token& token : tokens_) {
    if (token.id == id && !token.deleted) return &token;
  }
  return nullptr;
}

net::HttpResponse Guardian::Show(const std::string& id) {
  const Token* token = Find(id);
  if (token == nullptr) return Problem(404, "NOT_FOUND", "There is no such token.");
  return JsonAnswer(200, token->answer);
}

net::HttpResponse Guardian::Delete(const std::string& id) {
  Token* token = Find(id);
  if (token == nullptr) return Problem(404, "NOT_FOUND", "There is no such token.");
  token->deleted = true;
  ++counts_.deleted;
  return {204, {}, ""};
}

json::object Guardian::Report() const {
  const std::lock_guard lock(mutex_);
  json::array tokens;
  for (const Token& token : tokens_) {
    if (!token.deleted) tokens.push_back(token.answer);
  }
  return {{"asked", counts_.asked},       {"refused", counts_.refused},
          {"repeated", counts_.repeated}, {"created", counts_.created},
          {"deleted", counts_.deleted},   {"tokens", std::move(tokens)}};
}

void Guardian::Record(const net::HttpRequest& request, const net::HttpResponse& answer,
                      std::string_view verdict) {
  JournalEntry entry;
  entry.from = "obolus";
  entry.to = "guardian";
  entry.kind = "request";
  entry.title = request.method + " " + request.path;
  entry.status = answer.status;
  entry.verdict = verdict;
  entry.headers = request.headers;
  entry.body = MaskedBody(request.body);
  entry.answer_headers = answer.headers;
  entry.answer_body = MaskedBody(answer.body);
  parts_.journal.Add(std::move(entry));
}

void Guardian::DropUnanswered() {
  std::vector<net::Responder> dropped;
  const std::lock_guard lock(mutex_);
  dropped.swap(unanswered_);
}

}  // namespace obolus::sandbox
