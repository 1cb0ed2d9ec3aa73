#include "http/middleware.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/captured_answer.h"
#include "support/manual_clock.h"

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
  static const testing::ManualClock clock;
  base::Metrics metrics;
  const ApiKeyRing keys(policy.api_key_digests, clock, metrics);
  return Admit(RequireCaller(policy, keys), std::move(request));
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

// Keys of a file, beside those of the configuration.
class ScopedKeys : public ::testing::Test {
 protected:
  void Give(const std::string& key, std::vector<app::Scope> scopes,
            std::optional<base::Timestamp> end = std::nullopt) {
    given_.push_back({.name = "commerce",
                      .digest = base::Sha256(base::AsBytes(key)),
                      .scopes = std::move(scopes),
                      .created_at = clock_.Now(),
                      .expires_at = end});
    keys_.Replace(given_);
  }
  static net::HttpRequest With(const std::string& key) {
    net::HttpRequest request;
    request.path = "/x";
    request.headers.Add("X-Api-Key", key);
    return request;
  }
  Admission Call(const std::string& key, app::Scope scope) {
    const Guard guard = RequireCaller(Policy(CallerRule::kApiKey), keys_);
    return Admit(
        [&](Exchange& exchange) {
          exchange.scope = scope;
          return guard(exchange);
        },
        With(key));
  }

  testing::ManualClock clock_;
  base::Metrics metrics_;
  ApiKeyRing keys_{Policy(CallerRule::kApiKey).api_key_digests, clock_, metrics_};

 private:
  std::vector<app::ApiKey> given_;
};

TEST_F(ScopedKeys, MayDoWhatTheirScopesSayAndNoMore) {
  Give("obk_events", {app::Scope::kEvents});
  EXPECT_EQ(Call("obk_events", app::Scope::kEvents).status, 0);
  EXPECT_EQ(Call("obk_events", app::Scope::kSessions).status, 403);
  EXPECT_EQ(Call("obk_events", app::Scope::kForward).status, 403);
  EXPECT_EQ(Call(kKey, app::Scope::kSessions).status, 0) << "the configuration's go on";
}

TEST_F(ScopedKeys, AreNobodyWhenTheirTimeIsOverOrTheyAreTakenAway) {
  Give("obk_short", {app::Scope::kSessions}, clock_.Now() + std::chrono::hours(1));
  EXPECT_EQ(Call("obk_short", app::Scope::kSessions).status, 0);
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Call("obk_short", app::Scope::kSessions).status, 401);
  Give("obk_long", {app::Scope::kSessions});
  EXPECT_EQ(Call("obk_long", app::Scope::kSessions).status, 0);
  keys_.Replace({});
  EXPECT_EQ(Call("obk_long", app::Scope::kSessions).status, 401);
}

TEST_F(ScopedKeys, OfOneNameAreOneCaller) {
  Give("obk_old", {app::Scope::kSessions});
  Give("obk_new", {app::Scope::kSessions});
  EXPECT_EQ(Call("obk_old", app::Scope::kSessions).caller, "key:commerce");
  EXPECT_EQ(Call("obk_new", app::Scope::kSessions).caller, "key:commerce");
}

TEST_F(ScopedKeys, OperateOnlyWithThatScope) {
  Give("obk_operator", {app::Scope::kOperator});
  Give("obk_commerce", {app::Scope::kSessions, app::Scope::kForward});
  const Guard guard = RequireOperatorKey(keys_);
  EXPECT_EQ(Admit(guard, With("obk_operator")).status, 0);
  EXPECT_EQ(Admit(guard, With("obk_commerce")).status, 403);
  EXPECT_EQ(Admit(guard, With(kKey)).status, 403);
  EXPECT_EQ(Admit(guard, With("obk_nobody")).status, 401);
  net::HttpRequest bearer;
  bearer.headers.Add("Authorization", "Bearer obk_operator");
  EXPECT_EQ(Admit(guard, std::move(bearer)).status, 0);
  net::HttpRequest nothing;
  nothing.path = "/metrics";
  EXPECT_EQ(Admit(guard, std::move(nothing)).status, 401);
  net::HttpRequest health;
  health.path = "/readyz";
  EXPECT_EQ(Admit(guard, std::move(health)).status, 0);
}

TEST_F(ScopedKeys, SayWhenTheyWereLastUsed) {
  Give("obk_used", {app::Scope::kSessions});
  const auto shown = [&] {
    const std::string id = base::EncodeHex(
        base::ByteView(base::Sha256(base::AsBytes(std::string_view("obk_used")))).first(8));
    const std::string text = metrics_.Expose();
    const auto at = text.find("key=\"" + id + "\"");
    return text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_TRUE(shown().ends_with(" 0"));
  Call("obk_used", app::Scope::kSessions);
  EXPECT_FALSE(shown().ends_with(" 0"));
}

TEST(RequireCaller, ACommonNameCountsOnlyWithoutAlternativeNames) {
  const auto status = [](std::vector<std::string> others) {
    net::HttpRequest request;
    request.peer.certificate =
        net::ClientCertificate{.subject_common_name = "commerce", .dns_names = std::move(others)};
    const CallerPolicy policy = Policy(CallerRule::kCertificate, {"commerce"});
    static const testing::ManualClock clock;
    base::Metrics metrics;
    const ApiKeyRing keys({}, clock, metrics);
    return Admit(RequireCaller(policy, keys), std::move(request)).status;
  };
  EXPECT_EQ(status({}), 0);
  EXPECT_EQ(status({"mallory", "commerce"}), 0);
  EXPECT_EQ(status({"mallory"}), 403);
}

TEST(RequireCaller, ARouteMayAskForFurtherNames) {
  CallerPolicy policy = Policy(CallerRule::kCertificate, {"commerce", "vault"});
  policy.allowed_names_for[app::Scope::kForward] = {"vault"};
  static const testing::ManualClock clock;
  base::Metrics metrics;
  const ApiKeyRing keys({}, clock, metrics);
  const auto status = [&](const std::string& name, app::Scope scope) {
    net::HttpRequest request;
    request.peer.certificate = net::ClientCertificate{.subject_common_name = name};
    const Guard guard = RequireCaller(policy, keys);
    return Admit(
               [&](Exchange& exchange) {
                 exchange.scope = scope;
                 return guard(exchange);
               },
               std::move(request))
        .status;
  };
  EXPECT_EQ(status("commerce", app::Scope::kSessions), 0);
  EXPECT_EQ(status("commerce", app::Scope::kForward), 403);
  EXPECT_EQ(status("vault", app::Scope::kForward), 0);
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
