#include <algorithm>

#include "app/cloud_event.h"
#include "fuzz/promises.h"
#include "fuzz/request_text.h"
#include "fuzz/targets.h"
#include "http/accept.h"
#include "http/challenge_return.h"
#include "http/csp_reports.h"
#include "http/event_routes.h"
#include "http/router.h"
#include "http/session_request.h"
#include "support/captured_answer.h"
#include "support/sequential_ids.h"

namespace obolus::fuzz {
namespace {

namespace json = base::json;
using domain::SessionKind;

const http::SessionRequestRules& Rules(bool renamed) {
  static const http::SessionRequestRules kPlain;
  static const http::SessionRequestRules kRenamed{
      .http_policy = base::HttpPolicy::kHttpOnLoopback,
      .members = {{"terminal_id", "/terminal/id"}, {"payment", "/order"}}};
  return renamed ? kRenamed : kPlain;
}

void CheckAddress(const std::optional<std::string>& url, base::HttpPolicy policy) {
  if (url) CHECK(base::ParseUrl(*url, policy).has_value());
}

void CheckCommand(const app::OpenSession& command, base::HttpPolicy policy) {
  CheckAddress(command.continuation.success, policy);
  CheckAddress(command.continuation.error, policy);
  if (command.challenge) CheckAddress(domain::ChallengeTarget(*command.challenge), policy);
  for (const auto& origin : command.merchant.origins) {
    const auto url = base::ParseUrl(origin, policy);
    CHECK(url && url->Origin() == origin);
  }
  CHECK(command.merchant.origins.size() <= 16);
  CHECK(!command.expires_in ||
        (command.expires_in->count() >= 60 && command.expires_in->count() <= 86'400));
  CHECK(command.payment.amount_minor.value_or(0) >= 0);
  CHECK(command.kind == SessionKind::kTds || !command.challenge);
}

json::object Structured(const app::CloudEvent& event) {
  json::object object{{"specversion", "1.0"},
                      {"type", event.type},
                      {"source", event.source},
                      {"id", event.id},
                      {"data", event.data}};
  if (event.subject) object["subject"] = *event.subject;
  return object;
}

// The same event, written in another mode, is the same event.
void CheckModes(const app::CloudEvent& event) {
  const net::HttpRequest request{.method = "POST",
                                 .target = "/events",
                                 .path = "/events",
                                 .headers = {{"Content-Type", "application/cloudevents+json"}},
                                 .body = base::ToText(Structured(event))};
  // Attributes of the binary mode may be bytes that are no JSON text, and escapes take more room.
  const auto again = http::ParseCloudEvents(request);
  if (!again) return;
  CHECK(again->size() == 1);
  const app::CloudEvent& read = again->front();
  CHECK(read.id == event.id && read.source == event.source && read.type == event.type);
  CHECK(read.subject == event.subject && read.data == event.data);
}

// A router of each listener's size of patterns; made once.
http::Router& TheRouter() {
  static auto& metrics = *new base::Metrics;
  static auto& ids = *new testing::SequentialIds;
  static auto& router = *[] {
    auto* made = new http::Router("fuzz", metrics, ids);
    for (const char* pattern :
         {"/", "/sessions", "/sessions/{session_key}", "/sessions/{session_key}/complete-action",
          "/frame/v1/{session_key}", "/frame/v1/card.js", "/3ds/return/{token}",
          "/3ds/{challenge_key}/return"}) {
      made->Add({.method = "GET",
                 .pattern = pattern,
                 .handler =
                     [](http::Exchange exchange) {
                       for (const auto& [name, value] : exchange.parameters) {
                         CHECK(&exchange.Parameter(name) == &value);
                       }
                       CHECK(!exchange.request_id.empty() && exchange.request_id.size() <= 128);
                       CHECK(base::TraceIdOf(exchange.traceparent).size() == 32);
                       exchange.Answer({.status = 200, .headers = {}, .body = {}});
                     },
                 .max_body_bytes = 256});
    }
    return made;
  }();
  return router;
}

}  // namespace

// The first byte chooses the variant, of which there are six.
void FuzzSessionRequest(std::string_view bytes) {
  if (bytes.empty()) return;
  const int variant = bytes.front() - '0';
  bytes.remove_prefix(1);
  const http::SessionRequestRules& rules = Rules(variant >= 3);
  const std::optional<SessionKind> kind = variant % 3 == 0   ? std::nullopt
                                          : variant % 3 == 1 ? std::optional(SessionKind::kPayment)
                                                             : std::optional(SessionKind::kTds);
  const auto command = http::ParseOpenSession(bytes, kind, rules);
  if (command) {
    CheckCommand(*command, rules.http_policy);
    CHECK(!kind || command->kind == *kind);
  } else {
    CheckRefusal(command.error());
  }
  const auto challenge = http::ParseChallenge(bytes, rules);
  if (challenge) {
    CheckAddress(domain::ChallengeTarget(*challenge), rules.http_policy);
  } else {
    CheckRefusal(challenge.error());
  }
}

void FuzzCloudEvents(std::string_view bytes) {
  const auto events = http::ParseCloudEvents(ReadRequest(bytes));
  if (!events) return CheckRefusal(events.error());
  CHECK(events->size() <= 100);
  for (const auto& event : *events) {
    CHECK(!event.id.empty() && event.id.size() <= 255);
    CHECK(!event.type.empty() && event.type.size() <= 255);
    CHECK(!event.source.empty() && event.source.size() <= 512);
    CheckModes(event);
    const auto meaning = app::Interpret(event);
    if (!meaning) {
      CheckRefusal(meaning.error());
      for (const auto& field : meaning.error().fields) CHECK(field.pointer.starts_with("/data"));
      continue;
    }
    auto subjects = meaning->subjects;
    std::ranges::sort(subjects);
    CHECK(std::ranges::adjacent_find(subjects) == subjects.end());
  }
}

// Whatever a browser brings becomes a report, of which nothing but closed words reaches a timeline.
void FuzzChallengeReturn(std::string_view bytes) {
  const auto request = ReadRequest(bytes);
  const auto report = http::ReadChallengeReturn(request);
  CHECK(report.bytes == request.body.size() + request.query.size());
  CHECK(report.by_post == (request.method == "POST"));
  const domain::Challenge challenge = domain::EmvChallenge{"https://acs.example", "e30", "data"};
  for (const auto* own : {static_cast<const domain::Challenge*>(nullptr), &challenge}) {
    for (const auto& [name, value] : domain::DescribeReport(report, own, {})) {
      CHECK(!name.empty() && value.size() <= 16);
      CHECK(std::ranges::all_of(value, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               (c >= 'A' && c <= 'Z');
      }));
    }
  }
}

// What is logged of a report holds neither a path nor a card number.
void FuzzCspReports(std::string_view bytes) {
  const auto violations = http::ReadCspReports(bytes);
  if (!violations) return CheckRefusal(violations.error());
  CHECK(violations->size() <= 10);
  for (const auto& violation : *violations) {
    CHECK(violation.blocked.find_first_of("?@ \r\n\"") == std::string::npos);
    CHECK(violation.blocked.size() <= 300);
    const auto digits =
        std::ranges::count_if(violation.blocked, [](char c) { return c >= '0' && c <= '9'; });
    CHECK(digits < 12);
    const std::size_t host = violation.blocked.find("://");
    CHECK(host == std::string::npos || !violation.blocked.substr(host + 3).contains('/'));
  }
}

void FuzzRouter(std::string_view bytes) {
  testing::CapturedAnswer answer;
  TheRouter().Dispatch(ReadRequest(bytes), answer.Responder());
  CHECK(answer.WasAnswered());
  const int status = answer.Take().status;
  CHECK(status == 200 || status == 400 || status == 404 || status == 405 || status == 413);
}

// Lines: Accept-Language, Accept-Encoding, a wish, a query.
void FuzzNegotiation(std::string_view bytes) {
  static const std::vector<std::string> kLanguages = {"en", "de", "nb", "pt-BR", "zh-Hant", "he"};
  const auto accept_language = TakeUntil(&bytes, "\n");
  http::AcceptsGzip(TakeUntil(&bytes, "\n"));
  const std::string wish(TakeUntil(&bytes, "\n"));
  const auto language = http::ChooseLanguage(kLanguages, std::span(&wish, 1), accept_language);
  CHECK(std::ranges::find(kLanguages, language) != kLanguages.end());
  CHECK(http::QueryValue(bytes, "lang").size() <= bytes.size());
}

}  // namespace obolus::fuzz
