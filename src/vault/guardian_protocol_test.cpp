#include "vault/guardian_protocol.h"

#include <gtest/gtest.h>

#include <random>

#include "base/json.h"

namespace obolus::vault {
namespace {

using Kind = TokenReply::Kind;
const CardMark kMark{"424242", "4242"};
constexpr char kGood[] =
    R"({"id":"tok-1","card":{"masked_account_number":"424242******4242","scheme":"visa"}})";

domain::Card Card(std::string_view name = "Ada") {
  return {base::SecretBytes(std::string_view("4242424242424242")),
          base::SecretBytes(std::string_view("123")),
          base::SecretBytes(name),
          7,
          2031,
          domain::CardNetwork::kVisa};
}

TokenReply Read(int status, std::string body, net::Headers headers = {}) {
  return ReadTokenReply(net::HttpResponse{status, std::move(headers), std::move(body)}, kMark);
}

TEST(GuardianProtocol, ACardBecomesTheBodyOfTheContract) {
  EXPECT_EQ(TokenRequest(Card(), base::Uuid{}).text(),
            R"({"source":{"type":"pan","account_number":"4242424242424242","expiry_year":2031,)"
            R"("expiry_month":7,"cardholder_name":"Ada","security_code":"123"},)"
            R"("metadata":{"session_id":"00000000-0000-0000-0000-000000000000"}})");
  EXPECT_EQ(TokenRequest(Card(""), base::Uuid{}).text().find("cardholder_name"),
            std::string_view::npos);
}

TEST(GuardianProtocol, AnAnswerIsBelievedThatNamesATokenAndTheCard) {
  const auto reply = Read(201, kGood);
  EXPECT_EQ(reply.kind, Kind::kStored);
  EXPECT_EQ(reply.id, "tok-1");
  EXPECT_EQ(reply.expires_at, std::nullopt);
  std::string with_end = kGood;
  with_end.insert(1, R"("expires_at":"2026-12-01T00:00:00Z",)");
  EXPECT_EQ(base::FormatTime(Read(200, with_end).expires_at.value()), "2026-12-01T00:00:00.000Z");
}

TEST(GuardianProtocol, OddAnswersAreNeverACard) {
  const std::string card = R"("card":{"masked_account_number":"424242******4242"})";
  const std::vector<std::string> odd = {
      "",
      "<html>login</html>",
      "null",
      "[]",
      "\"tok-1\"",
      "{}",
      "{" + card + "}",
      R"({"id":null,)" + card + "}",
      R"({"id":7,)" + card + "}",
      R"({"id":"",)" + card + "}",
      R"({"id":"..",)" + card + "}",
      R"({"id":"a/b",)" + card + "}",
      R"({"id":"a b",)" + card + "}",
      R"({"id":")" + std::string(129, 'a') + "\"," + card + "}",
      R"({"id":"tok-1"})",
      R"({"id":"tok-1","card":"x"})",
      R"({"id":"tok-1","card":{}})",
      R"({"id":"tok-1","card":{"masked_account_number":7}})",
      R"({"id":"tok-1","card":{"masked_account_number":"4242"}})",
      R"({"id":"tok-1","card":{"masked_account_number":"424242******4241"}})",
      R"({"id":"tok-1","card":{"masked_account_number":"424241******4242"}})",
      R"({"id":"tok-1","expires_at":"soon",)" + card + "}",
      R"({"id":"tok-1","expires_at":7,)" + card + "}",
      std::string(kGood).substr(0, 60),
      std::string(kGood) + kGood,
      std::string(100, '[')};
  for (const auto& body : odd) EXPECT_EQ(Read(201, body).kind, Kind::kNoGuardian) << body;
}

// A byte changed, cut or doubled anywhere: never a crash, and never another card's token.
TEST(GuardianProtocol, DamagedAnswersAreNeverAnotherCard) {
  std::mt19937 random(1);
  int stored = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string body = kGood;
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      const std::size_t at = random() % body.size();
      switch (random() % 3) {
        case 0:
          body[at] = static_cast<char>(random());
          break;
        case 1:
          body.erase(at, 1 + random() % 4);
          break;
        default:
          body.insert(at, body.substr(at, random() % 8));
      }
      if (body.empty()) break;
    }
    const auto reply = Read(201, body);
    if (reply.kind != Kind::kStored) continue;
    ++stored;
    EXPECT_TRUE(IsTokenId(reply.id)) << body;
    EXPECT_NE(body.find("4242\""), std::string::npos) << body;
  }
  EXPECT_GT(stored, 100) << "most of the others are no JSON, but some stay good";
}

TEST(GuardianProtocol, EachStatusHasOneMeaning) {
  for (const int status : {400, 402, 422}) EXPECT_EQ(Read(status, "").kind, Kind::kRefused);
  for (const int status : {401, 403}) EXPECT_EQ(Read(status, "").kind, Kind::kDenied);
  for (const int status : {409, 425, 429}) EXPECT_EQ(Read(status, "").kind, Kind::kBusy);
  for (const int status : {408, 500, 502, 503, 504}) {
    EXPECT_EQ(Read(status, "").kind, Kind::kFailed);
  }
  for (const int status : {301, 302, 404, 405, 410, 413, 415}) {
    EXPECT_EQ(Read(status, kGood).kind, Kind::kNoGuardian) << status;
  }
  EXPECT_EQ(Read(503, "", {{"Retry-After", "7"}}).retry_after, base::Millis(7'000));
}

TEST(GuardianProtocol, SilenceMayHaveStoredTheCard) {
  const auto timeout = ReadTokenReply(base::Fail(base::ErrorCode::kTimeout, "late"), kMark);
  EXPECT_EQ(timeout.kind, Kind::kFailed);
  EXPECT_TRUE(timeout.timed_out);
  EXPECT_FALSE(ReadTokenReply(base::Fail(base::ErrorCode::kUnavailable, "reset"), kMark).timed_out);
  EXPECT_EQ(ReadTokenReply(base::Fail(base::ErrorCode::kTooLarge, "much"), kMark).kind,
            Kind::kNoGuardian);
}

TEST(GuardianProtocol, WhatTheOtherSideWroteIsNotRepeated) {
  for (const int status : {200, 422, 500}) {
    EXPECT_EQ(Read(status, R"({"id":"4242424242424242 !"})").detail.find("4242424242424242"),
              std::string::npos);
  }
}

TEST(GuardianProtocol, ADeletionIsDoneWhenTheTokenIsGone) {
  for (const int status : {200, 204, 404, 410}) {
    EXPECT_TRUE(ReadDeletionReply(net::HttpResponse{.status = status})) << status;
  }
  EXPECT_EQ(ReadDeletionReply(net::HttpResponse{.status = 401}).error().code,
            base::ErrorCode::kUnauthorized);
  const auto busy =
      ReadDeletionReply(net::HttpResponse{.status = 503, .headers = {{"Retry-After", "9"}}});
  EXPECT_EQ(busy.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(busy.error().retry_after, std::chrono::seconds(9));
  EXPECT_FALSE(ReadDeletionReply(net::HttpResponse{.status = 302}));
}

}  // namespace
}  // namespace obolus::vault
