#include "app/api_keys.h"

#include <gtest/gtest.h>

namespace obolus::app {
namespace {

const base::Timestamp kNow = *base::ParseTime("2026-11-28T12:00:00Z");

ApiKey Key(const std::string& secret, std::string name = "commerce") {
  return {.name = std::move(name),
          .digest = base::Sha256(base::AsBytes(secret)),
          .scopes = {Scope::kSessions, Scope::kEvents},
          .created_at = kNow,
          .expires_at = std::nullopt};
}

std::string FaultOf(const std::vector<ApiKey>& keys) {
  const auto parsed = ParseApiKeys(RenderApiKeys(keys), kNow);
  return parsed ? "" : parsed.error().fields.at(0).pointer;
}

TEST(ApiKeys, AreReadAsTheyWereWritten) {
  ApiKey ending = Key("b", "reports");
  ending.expires_at = kNow + std::chrono::hours(1);
  ending.scopes = {Scope::kOperator, Scope::kForward};
  const std::vector<ApiKey> keys = {Key("a"), ending};
  EXPECT_EQ(ParseApiKeys(RenderApiKeys(keys), kNow).value(), keys);
}

TEST(ApiKeys, EachHasItsEndAndItsScopes) {
  ApiKey key = Key("a");
  EXPECT_TRUE(IsActive(key, kNow));
  key.expires_at = kNow;
  EXPECT_FALSE(IsActive(key, kNow));
  EXPECT_TRUE(IsActive(key, kNow - base::Millis(1)));
  EXPECT_TRUE(Allows(key, Scope::kEvents));
  EXPECT_FALSE(Allows(key, Scope::kForward));
  EXPECT_EQ(IdOf(key).size(), 16U);
}

TEST(ApiKeys, AtMostTwoOfANameAreActive) {
  ApiKey over = Key("c");
  over.expires_at = kNow;
  EXPECT_EQ(FaultOf({Key("a"), Key("b"), over, Key("d", "other")}), "");
  EXPECT_EQ(FaultOf({Key("a"), Key("b"), Key("c")}), "/keys/2/name");
}

TEST(ApiKeys, FaultsNameTheirMember) {
  EXPECT_EQ(FaultOf({Key("a"), Key("a", "other")}), "/keys/1/sha256");
  EXPECT_EQ(FaultOf({Key("a", "Commerce")}), "/keys/0/name");
  EXPECT_EQ(FaultOf({Key("a", std::string(65, 'a'))}), "/keys/0/name");
  ApiKey no_scope = Key("a");
  no_scope.scopes.clear();
  EXPECT_EQ(FaultOf({no_scope}), "/keys/0/scopes");
  for (const auto& [text, pointer] :
       {std::pair("{}", "/keys"), std::pair(R"({"keys":[{"name":"a"}]})", "/keys/0/sha256")}) {
    EXPECT_EQ(ParseApiKeys(text, kNow).error().fields.at(0).pointer, pointer);
  }
  EXPECT_EQ(ParseApiKeys("keys", kNow).error().code, base::ErrorCode::kMalformed);
}

TEST(ApiKeys, ScopesAreAClosedList) {
  for (const Scope scope : kScopes) EXPECT_EQ(ParseScope(ToString(scope)), scope);
  EXPECT_EQ(ParseScope("everything"), std::nullopt);
}

}  // namespace
}  // namespace obolus::app
