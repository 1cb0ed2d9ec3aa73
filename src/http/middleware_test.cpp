#include "http/middleware.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/captured_answer.h"

namespace obolus::http {
namespace {

constexpr char kKey[] = "obk_one";
constexpr char kOtherKey[] = "obk_two";

CallerPolicy Policy(CallerRule rule, std::vector<std::string> names = {}) {
  return {.rule = rule,
          .api_key_digests = {base::Sha256(base::AsBytes(std::string_view(kKey))),
                              base::Sha256(base::AsBytes(std::string_view(kOtherKey)))},
          .allowed_names = std::move(names)};
}

struct Call {
  std::optional<std::string> key = std::nullopt;
  std::optional<std::string> name = std::nullopt;  // of the certificate
};

struct Admission {
  int status = 0;  // 0: let through
  std::string caller;
};

Admission Admit(const Guard& guard, net::HttpRequest request) {
  testing::CapturedAnswer answer;
  Exchange exchange{std::move(request), answer.Responder(), {}, "r-1", "", ""};
  const bool admitted = guard(exchange);
  EXPECT_NE(admitted, answer.WasAnswered()) << "a guard answers exactly when it refuses";
  if (admitted) {
    exchange.Answer({.status = 204, .headers = {}, .body = {}});
    return {0, exchange.caller};
  }
  return {answer.Take().status, ""};
}

Admission Admit(const CallerPolicy& policy, const Call& call) {
  net::HttpRequest request;
  if (call.key) request.headers.Add("X-Api-Key", *call.key);
  if (call.name) {
    request.peer.certificate =
        net::ClientCertificate{.subject_common_name = *call.name, .dns_names = {"san.example"}};
  }
  return Admit(RequireCaller(policy), std::move(request));
}

TEST(RequireCaller, FollowsItsRule) {
  struct Row {
    CallerRule rule;
    int nothing, key, certificate, both;
  };
  const Row rows[] = {{CallerRule::kBoth, 401, 401, 401, 0},
                      {CallerRule::kEither, 401, 0, 0, 0},
                      {CallerRule::kApiKey, 401, 0, 401, 0},
                      {CallerRule::kCertificate, 401, 401, 0, 0}};
  for (const Row& row : rows) {
    const CallerPolicy policy = Policy(row.rule);
    SCOPED_TRACE(static_cast<int>(row.rule));
    EXPECT_EQ(Admit(policy, {}).status, row.nothing);
    EXPECT_EQ(Admit(policy, {.key = kKey}).status, row.key);
    EXPECT_EQ(Admit(policy, {.name = "commerce"}).status, row.certificate);
    EXPECT_EQ(Admit(policy, {.key = kKey, .name = "commerce"}).status, row.both);
  }
}

TEST(RequireCaller, RefusesAWrongKeyEvenBesideACertificate) {
  for (const auto rule : {CallerRule::kBoth, CallerRule::kEither, CallerRule::kApiKey}) {
    EXPECT_EQ(Admit(Policy(rule), {.key = "obk_three", .name = "commerce"}).status, 401);
    EXPECT_EQ(Admit(Policy(rule), {.key = "", .name = "commerce"}).status, 401);
  }
  EXPECT_EQ(Admit(Policy(CallerRule::kCertificate), {.key = "any", .name = "commerce"}).status, 0);
}

TEST(RequireCaller, TakesEveryConfiguredKey) {
  EXPECT_EQ(Admit(Policy(CallerRule::kApiKey), {.key = kOtherKey}).status, 0);
}

TEST(RequireCaller, ForbidsCertificatesWithAnotherName) {
  const CallerPolicy policy = Policy(CallerRule::kEither, {"commerce", "san.example"});
  EXPECT_EQ(Admit(policy, {.name = "commerce"}).status, 0);
  EXPECT_EQ(Admit(policy, {.name = "somebody"}).status, 0) << "its subjectAltName is allowed";
  const CallerPolicy strict = Policy(CallerRule::kEither, {"commerce"});
  EXPECT_EQ(Admit(strict, {.name = "stranger"}).status, 403);
  EXPECT_EQ(Admit(strict, {.key = kKey, .name = "stranger"}).status, 403);
}

TEST(RequireCaller, NamesTheCallerApartWithoutItsKey) {
  const CallerPolicy policy = Policy(CallerRule::kEither);
  const auto by_key = Admit(policy, {.key = kKey, .name = "commerce"});
  const auto by_other_key = Admit(policy, {.key = kOtherKey});
  const auto by_certificate = Admit(policy, {.name = "commerce"});
  EXPECT_EQ(by_key.caller.substr(0, 4), "key:");
  EXPECT_NE(by_key.caller, by_other_key.caller);
  EXPECT_EQ(by_key.caller.find(kKey), std::string::npos);
  EXPECT_EQ(by_certificate.caller, "cn:commerce");
}

Admission AdmitLocal(std::string method, std::optional<std::string> host,
                     std::optional<std::string> origin = std::nullopt) {
  net::HttpRequest request{.method = std::move(method)};
  if (host) request.headers.Add("Host", *host);
  if (origin) request.headers.Add("Origin", *origin);
  return Admit(RequireLocalCaller(), std::move(request));
}

TEST(RequireLocalCaller, ServesLoopbackNamesOnly) {
  for (const char* host : {"localhost", "localhost:8445", "127.0.0.1:8445", "[::1]:8445"}) {
    EXPECT_EQ(AdmitLocal("GET", host).status, 0) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8445",
                           "10.0.0.1", "user@evil.example", ""}) {
    EXPECT_EQ(AdmitLocal("GET", host).status, 403) << host;
  }
  EXPECT_EQ(AdmitLocal("GET", std::nullopt).status, 403);
}

TEST(RequireLocalCaller, LetsNoWebPageWrite) {
  EXPECT_EQ(AdmitLocal("POST", "localhost").status, 0);
  EXPECT_EQ(AdmitLocal("POST", "localhost", "https://evil.example").status, 403);
  EXPECT_EQ(AdmitLocal("POST", "localhost", "null").status, 403);
  EXPECT_EQ(AdmitLocal("GET", "localhost", "https://evil.example").status, 0);
  EXPECT_EQ(AdmitLocal("HEAD", "localhost", "https://evil.example").status, 0);
}

base::Status Check(std::optional<std::string> type, std::string body = "{}") {
  net::HttpRequest request{.method = "POST"};
  request.body = std::move(body);
  if (type) request.headers.Add("Content-Type", *type);
  return CheckJson(request);
}

TEST(CheckJson, TakesJsonAndWhatDoesNotSay) {
  EXPECT_TRUE(Check("application/json"));
  EXPECT_TRUE(Check("Application/JSON ; charset=utf-8"));
  EXPECT_TRUE(Check(std::nullopt));
  EXPECT_TRUE(Check("text/plain", "")) << "there is no body to have a type";
}

TEST(CheckJson, RefusesOtherTypes) {
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp",
                           "application/json2; application/json", ""}) {
    const auto checked = Check(type);
    ASSERT_FALSE(checked) << type;
    EXPECT_EQ(checked.error().code, base::ErrorCode::kUnsupportedMediaType);
  }
}

}  // namespace
}  // namespace obolus::http
