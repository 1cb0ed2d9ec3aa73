#include "http/problem.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

base::json::value BodyOf(const net::HttpResponse& response) {
  return base::ParseJson(response.body).value();
}

struct Expected {
  ErrorCode code;
  int status;
  const char* classifier;
};

constexpr Expected kExpected[] = {
    {ErrorCode::kMalformed, 400, "MALFORMED"},
    {ErrorCode::kInvalid, 422, "VALIDATION_ERROR"},
    {ErrorCode::kUnauthorized, 401, "UNAUTHORIZED"},
    {ErrorCode::kForbidden, 403, "FORBIDDEN"},
    {ErrorCode::kNotFound, 404, "NOT_FOUND"},
    {ErrorCode::kMethodNotAllowed, 405, "METHOD_NOT_ALLOWED"},
    {ErrorCode::kConflict, 409, "CONFLICT"},
    {ErrorCode::kExpired, 409, "SESSION_EXPIRED"},
    {ErrorCode::kTooLarge, 413, "TOO_LARGE"},
    {ErrorCode::kUnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE"},
    {ErrorCode::kRateLimited, 429, "RATE_LIMITED"},
    {ErrorCode::kUnavailable, 503, "UNAVAILABLE"},
    {ErrorCode::kTimeout, 504, "TIMEOUT"},
    {ErrorCode::kInternal, 500, "INTERNAL"},
};

TEST(Problem, EveryErrorHasItsStatusAndClassifier) {
  std::set<std::string> classifiers;
  for (const auto& [code, status, classifier] : kExpected) {
    EXPECT_EQ(StatusOf(code), status);
    const auto response = MakeProblem({code, "why", {}, std::nullopt}, "");
    EXPECT_EQ(response.status, status);
    const auto body = BodyOf(response);
    EXPECT_EQ(body.at("status").as_int64(), status);
    EXPECT_EQ(body.at("code").as_int64(), status);
    EXPECT_EQ(body.at("classifier").as_string(), classifier);
    classifiers.insert(classifier);
  }
  EXPECT_EQ(classifiers.size(), std::size(kExpected)) << "no two look alike";
}

TEST(Problem, CarriesTheMembersOfRfc9457AndOfCommerce) {
  const auto response =
      MakeProblem({ErrorCode::kNotFound, "no session has this key", {}, {}}, "r-1");
  EXPECT_EQ(BodyOf(response), base::json::value({{"type", "urn:obolus:problem:not-found"},
                                                 {"title", "Not found"},
                                                 {"status", 404},
                                                 {"detail", "no session has this key"},
                                                 {"instance", "urn:request:r-1"},
                                                 {"code", 404},
                                                 {"message", "no session has this key"},
                                                 {"classifier", "NOT_FOUND"}}));
  EXPECT_EQ(*response.headers.Find("Content-Type"), "application/problem+json");
  EXPECT_EQ(*response.headers.Find("Cache-Control"), "no-store");
  EXPECT_EQ(response.headers.Find("Retry-After"), nullptr);
}

TEST(Problem, WithoutARequestHasNoInstance) {
  const auto body = BodyOf(MakeProblem({ErrorCode::kNotFound, "gone", {}, {}}, ""));
  EXPECT_FALSE(body.as_object().contains("instance"));
  EXPECT_FALSE(body.as_object().contains("errors"));
}

TEST(Problem, NamesTheMembersAtFault) {
  const base::Error error{
      ErrorCode::kInvalid, "two faults", {{"/a", "is wrong"}, {"/b/0", "too"}}, std::nullopt};
  EXPECT_EQ(BodyOf(MakeProblem(error, "")).at("errors"),
            base::json::value({{{"pointer", "/a"}, {"detail", "is wrong"}},
                               {{"pointer", "/b/0"}, {"detail", "too"}}}));
}

TEST(Problem, WhatPassesSaysWhenToComeBack) {
  for (const auto code : {ErrorCode::kUnavailable, ErrorCode::kRateLimited}) {
    const auto response = MakeProblem({code, "busy", {}, std::nullopt}, "");
    ASSERT_NE(response.headers.Find("Retry-After"), nullptr);
    EXPECT_EQ(*response.headers.Find("Retry-After"), "1");
  }
  const auto said =
      MakeProblem({ErrorCode::kRateLimited, "busy", {}, std::chrono::seconds(30)}, "");
  EXPECT_EQ(*said.headers.Find("Retry-After"), "30");
}

TEST(Problem, OfTheEngineHasTheSameShape) {
  for (const auto& [status, classifier] :
       {std::pair(400, "MALFORMED"), std::pair(408, "TIMEOUT"), std::pair(413, "TOO_LARGE"),
        std::pair(431, "TOO_LARGE"), std::pair(501, "INTERNAL"), std::pair(503, "UNAVAILABLE")}) {
    const auto response = MakeProblem(status, "bad framing");
    EXPECT_EQ(response.status, status);
    const auto body = BodyOf(response);
    EXPECT_EQ(body.at("code").as_int64(), status);
    EXPECT_EQ(body.at("detail").as_string(), "bad framing");
    EXPECT_EQ(body.at("classifier").as_string(), classifier);
  }
}

}  // namespace
}  // namespace obolus::http
