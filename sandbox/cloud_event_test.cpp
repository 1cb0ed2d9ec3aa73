#include "sandbox/cloud_event.h"

#include <gtest/gtest.h>

#include <string>

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::string_view kTerminal = "6f1c2f52-7f0f-4f5e-9d9b-3e6f4ad0c001";

std::string CreatedBody() {
  return R"({"terminal_id":"6f1c2f52-7f0f-4f5e-9d9b-3e6f4ad0c001","card_session":{"id":"c1",)"
         R"("provider":"embedded","tds_return_url":"https://o.example/3ds/return/x",)"
         R"("valid_until":"2026-11-22T20:22:51Z","data":{"card_holder":null,)"
         R"("card_network":"VISA","expiration_month":12,"expiration_year":2030,)"
         R"("first_six":"424242","last_four":"4242"}}})";
}

net::HttpRequest Event(std::string type, std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"},
                     {"ce-specversion", "1.0"},
                     {"ce-type", std::move(type)},
                     {"ce-source", "https://obolus.example/"},
                     {"ce-id", "0b6f6f6a-0000-4000-8000-00000000beef"},
                     {"ce-time", "2026-11-22T20:22:51.123Z"},
                     {"ce-subject", std::string(kTerminal)}};
  request.body = std::move(body);
  return request;
}

// The pointer or header that the reader names, or its message.
std::string FaultOf(const net::HttpRequest& request) {
  auto event = ReadEvent(request);
  if (event) return "none";
  return event.error().fields.empty() ? event.error().message : event.error().fields[0].pointer;
}

std::string FaultWith(std::string_view header, const std::string& value) {
  auto request = Event("CardSessionCreated", CreatedBody());
  request.headers.Set(header, value);
  return FaultOf(request);
}

// The created event with one piece of its body replaced.
std::string FaultOfBody(std::string_view piece, std::string_view by) {
  std::string body = CreatedBody();
  auto at = body.find(piece);
  EXPECT_NE(at, std::string::npos);
  return FaultOf(Event("CardSessionCreated", body.replace(at, piece.size(), by)));
}

TEST(CloudEvent, TheThreeTypesOfTheContractAreRead) {
  auto created = ReadEvent(Event("CardSessionCreated", CreatedBody()));
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->terminal_id, kTerminal);
  EXPECT_EQ(created->source, "https://obolus.example/");
  const std::string failed = R"({"terminal_id":"6f1c2f52-7f0f-4f5e-9d9b-3e6f4ad0c001",)"
                             R"("reason":{"code":"SESSION_EXPIRED","message":"Too late"}})";
  EXPECT_EQ(FaultOf(Event("CardSessionFailed", failed)), "none");
  const std::string tds = R"({"tds_terminal_id":"6f1c2f52-7f0f-4f5e-9d9b-3e6f4ad0c001"})";
  EXPECT_EQ(FaultOf(Event("TDSResult", tds)), "none");
}

TEST(CloudEvent, EveryAttributeIsChecked) {
  EXPECT_EQ(FaultWith("ce-specversion", "0.3"), "ce-specversion");
  EXPECT_EQ(FaultWith("ce-id", "7"), "ce-id");
  EXPECT_EQ(FaultWith("ce-type", "CardSessionPleased"), "ce-type");
  EXPECT_EQ(FaultWith("ce-source", "/relative"), "ce-source");
  EXPECT_EQ(FaultWith("ce-time", "yesterday"), "ce-time");
  EXPECT_EQ(FaultWith("ce-subject", "6f1c2f52-7f0f-4f5e-9d9b-3e6f4ad0c002"), "ce-subject");
  EXPECT_EQ(FaultWith("ce-traceparent", "00-xyz"), "ce-traceparent");
  auto twice = Event("CardSessionCreated", CreatedBody());
  twice.headers.Add("ce-id", "0b6f6f6a-0000-4000-8000-00000000beef");
  EXPECT_EQ(FaultOf(twice), "ce-id");
}

TEST(CloudEvent, OnlyBinaryModeIsTaken) {
  auto structured = Event("CardSessionCreated", CreatedBody());
  structured.headers.Set("content-type", "application/cloudevents+json");
  EXPECT_EQ(ReadEvent(structured).error().code, base::ErrorCode::kUnsupportedMediaType);
}

TEST(CloudEvent, DataIsExactlyWhatTheContractSays) {
  EXPECT_EQ(FaultOfBody(R"("id":"c1",)", ""), "/card_session/id");
  EXPECT_EQ(FaultOfBody(R"("id":"c1",)", R"("id":"",)"), "/card_session/id");
  EXPECT_EQ(FaultOfBody(R"("id":"c1",)", R"("id":"c1","more":1,)"), "/card_session/more");
  EXPECT_EQ(FaultOfBody("https://o.example", "javascript:x"), "/card_session/tds_return_url");
  EXPECT_EQ(FaultOfBody("2026-11-22T20:22:51Z", "soon"), "/card_session/valid_until");
  EXPECT_EQ(FaultOfBody("VISA", "Visa"), "/card_session/data/card_network");
  EXPECT_EQ(FaultOfBody(":12,", ":13,"), "/card_session/data/expiration_month");
  EXPECT_EQ(FaultOfBody(":2030,", ":\"2030\","), "/card_session/data/expiration_year");
  EXPECT_EQ(FaultOfBody(R"("424242")", R"("42424")"), "/card_session/data/first_six");
  EXPECT_EQ(FaultOfBody(R"("4242"})", R"("42x2"})"), "/card_session/data/last_four");
}

TEST(CloudEvent, SomethingLikeACardNumberIsRefusedWhereverItStands) {
  EXPECT_EQ(FaultOfBody(R"("id":"c1")", R"("id":"4242424242424242")"), "/card_session/id");
  EXPECT_EQ(FaultOfBody(R"("card_holder":null)", R"("card_holder":"4242 4242 4242 4242")"),
            "/card_session/data/card_holder");
  EXPECT_EQ(FaultOfBody(R"("expiration_year":2030)", R"("expiration_year":4242424242424242)"),
            "/card_session/data/expiration_year");
}

TEST(CloudEvent, IdsAndOtherLongNumbersAreNoCardNumbers) {
  EXPECT_FALSE(FindPanLikeMember(json::object{{"id", "42424242-4242-4242-8242-424242424242"}}));
  EXPECT_FALSE(FindPanLikeMember(json::object{{"number", "4242424242424241"}}));
  EXPECT_TRUE(FindPanLikeMember(json::object{{"text", "my card is 4242424242424242."}}));
}

TEST(CloudEvent, WhatIsWrittenCarriesEveryAttribute) {
  auto headers = WriteEvent({"id-1", "StateChanged", "urn:x", "2026-11-22T20:22:51Z", "t", "", ""});
  EXPECT_EQ(*headers.Find("ce-specversion"), "1.0");
  EXPECT_EQ(*headers.Find("ce-subject"), "t");
  EXPECT_EQ(*headers.Find("content-type"), "application/json");
  EXPECT_EQ(headers.Find("ce-traceparent"), nullptr);
}

}  // namespace
}  // namespace obolus::sandbox
