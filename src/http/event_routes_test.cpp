#include "http/event_routes.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "support/app_stand.h"
#include "support/captured_answer.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

constexpr char kStructured[] = "application/cloudevents+json";
constexpr char kBatched[] = "application/cloudevents-batch+json";

net::HttpRequest Binary(const std::string& type, std::string body) {
  return {.method = "POST",
          .target = "/events",
          .path = "/events",
          .headers = {{"Content-Type", "application/json"},
                      {"ce-specversion", "1.0"},
                      {"ce-id", "1"},
                      {"ce-source", "urn:commerce"},
                      {"ce-type", type},
                      {"ce-time", "2026-11-22T00:00:00Z"}},
          .body = std::move(body)};
}

net::HttpRequest Typed(const std::string& content_type, std::string body) {
  return {.method = "POST",
          .target = "/events",
          .path = "/events",
          .headers = {{"Content-Type", content_type}},
          .body = std::move(body)};
}

base::json::object Event(const std::string& id, const std::string& type, base::json::value data) {
  return {{"specversion", "1.0"},
          {"id", id},
          {"source", "urn:commerce"},
          {"type", type},
          {"data", std::move(data)}};
}

TEST(ParseCloudEvents, ReadsTheBinaryMode) {
  auto request = Binary("StateChanged", R"({"state": "accepted"})");
  request.headers.Add("CE-Subject", "subject-1");
  const auto events = ParseCloudEvents(request);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 1U);
  const app::CloudEvent& event = events->front();
  EXPECT_EQ(event.source, "urn:commerce");
  EXPECT_EQ(event.id, "1");
  EXPECT_EQ(event.type, "StateChanged");
  EXPECT_EQ(event.subject, "subject-1");
  EXPECT_EQ(base::FindString(event.data, "/state"), "accepted");
}

// CloudEvents HTTP binding §3.1.3.2; else one event would be two, in binary and structured mode.
TEST(ParseCloudEvents, DecodesAttributesInHeaders) {
  auto request = Binary("StateChanged", "{}");
  request.headers.Add("ce-subject", "\"Euro \\\"%E2%82%AC\"");
  auto events = ParseCloudEvents(request);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->at(0).subject, "Euro \"€");
  request = Binary("StateChanged", "{}");
  request.headers.Add("ce-subject", "100% of %2541");
  events = ParseCloudEvents(request);
  EXPECT_EQ(events->at(0).subject, "100% of %2541") << "nothing of it, or all";
  request = Binary("StateChanged", "{}");
  request.headers.Add("ce-subject", "%2541");
  EXPECT_EQ(ParseCloudEvents(request)->at(0).subject, "%41") << "decoded once";
}

TEST(ParseCloudEvents, ReadsTheStructuredMode) {
  auto json = Event("7", "StateChanged", {{"state", "accepted"}});
  json["subject"] = "subject-1";
  const auto events =
      ParseCloudEvents(Typed("application/CloudEvents+JSON; charset=utf-8", base::ToText(json)));
  ASSERT_TRUE(events);
  EXPECT_EQ(events->at(0).id, "7");
  EXPECT_EQ(events->at(0).subject, "subject-1");
  EXPECT_EQ(base::FindString(events->at(0).data, "/state"), "accepted");
}

TEST(ParseCloudEvents, ReadsStandardBase64Data) {
  auto json = Event("7", "StateChanged", nullptr);
  json.erase("data");
  json["data_base64"] = "eyJzdGF0ZSI6ImFjY2VwdGVkPz4+In0=";  // {"state":"accepted?>>"}
  const auto events = ParseCloudEvents(Typed(kStructured, base::ToText(json)));
  ASSERT_TRUE(events);
  EXPECT_EQ(base::FindString(events->at(0).data, "/state"), "accepted?>>");
  json["data_base64"] = "!!";
  EXPECT_FALSE(ParseCloudEvents(Typed(kStructured, base::ToText(json))));
}

TEST(ParseCloudEvents, ReadsABatch) {
  const base::json::array batch = {Event("1", "A", nullptr), Event("2", "B", nullptr)};
  const auto events = ParseCloudEvents(Typed(kBatched, base::ToText(batch)));
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ(events->at(0).id, "1");
  EXPECT_EQ(events->at(1).id, "2");
  EXPECT_TRUE(ParseCloudEvents(Typed(kBatched, "[]"))->empty());
}

TEST(ParseCloudEvents, NamesTheEventOfABatchThatIsWrong) {
  base::json::object second = Event("2", "B", nullptr);
  second.erase("id");
  const base::json::array batch = {Event("1", "A", nullptr), second};
  const auto events = ParseCloudEvents(Typed(kBatched, base::ToText(batch)));
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(events.error().fields.at(0).pointer, "/1/id");
}

TEST(ParseCloudEvents, LimitsABatchToAHundred) {
  base::json::array batch;
  for (int i = 0; i < 100; ++i) batch.push_back(Event(std::to_string(i), "A", nullptr));
  EXPECT_TRUE(ParseCloudEvents(Typed(kBatched, base::ToText(batch))));
  batch.push_back(Event("100", "A", nullptr));
  const auto events = ParseCloudEvents(Typed(kBatched, base::ToText(batch)));
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, ErrorCode::kTooLarge);
}

TEST(ParseCloudEvents, NamesEveryAttributeAtFault) {
  const auto events = ParseCloudEvents(
      Typed(kStructured, R"({"specversion": "0.3", "source": 7, "time": "yesterday"})"));
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, ErrorCode::kMalformed);
  std::vector<std::string> pointers;
  for (const auto& field : events.error().fields) pointers.push_back(field.pointer);
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"/specversion", "/id", "/source", "/type", "/time"}));
}

TEST(ParseCloudEvents, BoundsTheLengthOfAttributes) {
  const auto with_id = [](std::size_t size) {
    return ParseCloudEvents(
        Typed(kStructured, base::ToText(Event(std::string(size, 'a'), "A", nullptr))));
  };
  EXPECT_TRUE(with_id(255));
  EXPECT_FALSE(with_id(256));
}

TEST(ParseCloudEvents, RefusesOtherMediaTypes) {
  for (const char* type : {"text/plain", "application/xml", "application/cloudevents"}) {
    const auto events = ParseCloudEvents(Typed(type, "{}"));
    ASSERT_FALSE(events) << type;
    EXPECT_EQ(events.error().code, ErrorCode::kUnsupportedMediaType);
  }
}

TEST(ParseCloudEvents, RefusesWhatIsNotJson) {
  for (const auto& request : {Typed(kStructured, "{"), Typed(kStructured, "[]"),
                              Typed(kBatched, "{}"), Typed(kBatched, "[7]"), Binary("A", "{")}) {
    const auto events = ParseCloudEvents(request);
    ASSERT_FALSE(events) << request.body;
    EXPECT_EQ(events.error().code, ErrorCode::kMalformed);
  }
}

TEST(ParseCloudEvents, AnEventMayHaveNoData) {
  auto request = Binary("PaymentRefunded", "");
  const auto events = ParseCloudEvents(request);
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->at(0).data.is_null());
}

class EventRoutes : public ::testing::Test {
 protected:
  EventRoutes() { AddEventRoutes(router_, stand_.services, metrics_); }

  net::HttpResponse Send(net::HttpRequest request) {
    testing::CapturedAnswer answer;
    router_.Dispatch(std::move(request), answer.Responder());
    return answer.Take();
  }
  int StatusOf(net::HttpRequest request) { return Send(std::move(request)).status; }

  testing::AppStand stand_;
  base::Metrics metrics_;
  Router router_{"commerce", metrics_, stand_.ids};
};

TEST_F(EventRoutes, AnswerNoContentWhenAppliedAndWhenAppliedBefore) {
  const auto opened = stand_.OpenPayment();
  const auto request = Binary("SessionVoided", R"({"session_key": ")" + opened.key + "\"}");
  EXPECT_EQ(StatusOf(request), 204);
  EXPECT_EQ(StatusOf(request), 204);
  EXPECT_EQ(stand_.Session(opened.session.id).state, domain::SessionState::kVoided);
}

TEST_F(EventRoutes, AnswerAcceptedWithoutEffect) {
  EXPECT_EQ(StatusOf(Binary("PaymentRefunded", "{}")), 202);
  auto unmatched = Binary("SessionVoided", "{}");
  unmatched.headers.Set("ce-id", "2");
  EXPECT_EQ(StatusOf(unmatched), 202);
}

TEST_F(EventRoutes, AnswerMalformedForWrongData) {
  const auto response = Send(Binary("CompleteTDSSession", R"({"result": "MAYBE"})"));
  EXPECT_EQ(response.status, 400);
  const auto body = base::ParseJson(response.body).value();
  EXPECT_EQ(body.at("errors").at(0).at("pointer"), "/data/result");
}

TEST_F(EventRoutes, AnswerUnavailableWhenNothingIsKept) {
  stand_.store.Close();
  const auto response = Send(Binary("PaymentRefunded", "{}"));
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.headers.Find("Retry-After"), nullptr);
}

TEST_F(EventRoutes, ApplyEveryEventOfABatchAndAnswerOnce) {
  const auto first = stand_.OpenPayment();
  const auto second = stand_.OpenPayment();
  const base::json::array batch = {Event("1", "SessionVoided", {{"session_key", first.key}}),
                                   Event("2", "SessionVoided", {{"session_key", second.key}})};
  EXPECT_EQ(StatusOf(Typed(kBatched, base::ToText(batch))), 204);
  EXPECT_EQ(stand_.Session(first.session.id).state, domain::SessionState::kVoided);
  EXPECT_EQ(stand_.Session(second.session.id).state, domain::SessionState::kVoided);
  EXPECT_EQ(StatusOf(Typed(kBatched, "[]")), 204);
}

TEST_F(EventRoutes, AnswerAcceptedForAnOutcomeThatContradictsAnEarlierOneAndCountIt) {
  const auto tds = stand_.OpenTds();
  const std::string terminal = base::ToString(tds.session.terminal_id);
  const auto complete = [&](const char* id, const char* result) {
    return Typed("application/cloudevents+json",
                 base::ToText(Event(id, "CompleteTDSSession",
                                    {{"tds_terminal_id", terminal}, {"result", result}})));
  };
  EXPECT_EQ(StatusOf(complete("1", "SUCCESS")), 204);
  EXPECT_EQ(StatusOf(complete("2", "FAILED")), 202);
  EXPECT_EQ(stand_.Session(tds.session.id).state, domain::SessionState::kSucceeded);
  const std::string text = metrics_.Expose();
  EXPECT_NE(text.find("outcome=\"conflict\",type=\"CompleteTDSSession\"} 1"), std::string::npos);
}

TEST_F(EventRoutes, OfABatchWithAFaultTheRestIsApplied) {
  const auto opened = stand_.OpenPayment();
  const base::json::array batch = {Event("1", "StateChanged", {{"state", "paid"}}),
                                   Event("2", "SessionVoided", {{"session_key", opened.key}})};
  EXPECT_EQ(StatusOf(Typed(kBatched, base::ToText(batch))), 400);
  EXPECT_EQ(stand_.Session(opened.session.id).state, domain::SessionState::kVoided);
}

TEST_F(EventRoutes, TakeAQuarterOfAMegabyte) {
  const auto padded = [](std::size_t size) {
    std::string body = R"({"padding": ""})";
    body.insert(body.size() - 2, size - body.size(), 'a');
    return Binary("PaymentRefunded", std::move(body));
  };
  EXPECT_EQ(StatusOf(padded(256 * 1024)), 202);
  EXPECT_EQ(StatusOf(padded(256 * 1024 + 1)), 413);
}

TEST_F(EventRoutes, AllowAWebhookSenderThatAsks) {
  const auto response = Send({.method = "OPTIONS",
                              .target = "/events",
                              .path = "/events",
                              .headers = {{"WebHook-Request-Origin", "commerce.example"}}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(*response.headers.Find("WebHook-Allowed-Origin"), "commerce.example");
  EXPECT_EQ(*response.headers.Find("WebHook-Allowed-Rate"), "*");
  EXPECT_EQ(*response.headers.Find("Allow"), "POST");
}

TEST_F(EventRoutes, CountUnknownTypesUnderOneLabel) {
  StatusOf(Binary("PaymentRefunded", "{}"));
  const std::string text = metrics_.Expose();
  EXPECT_NE(text.find("outcome=\"ignored\",type=\"other\"} 1"), std::string::npos) << text;
  EXPECT_EQ(text.find("PaymentRefunded"), std::string::npos);
}

}  // namespace
}  // namespace obolus::http
