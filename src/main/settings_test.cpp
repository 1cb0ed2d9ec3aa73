#include "main/settings.h"

#include <gtest/gtest.h>

namespace obolus::main {
namespace {

using std::chrono::seconds;

app::Settings With(std::vector<std::string> more) {
  std::vector<std::string> settings = {"commerce.tls.mode=off",
                                       "commerce.require=api_key",
                                       "commerce.api_keys=" + std::string(64, 'a'),
                                       "shopper.tls.mode=off",
                                       "bridge.url=https://bridge.example/events",
                                       "bridge.source=urn:obolus:test"};
  settings.insert(settings.end(), more.begin(), more.end());
  return SettingsOf(LoadConfig({.file = {}, .environment = {}, .settings = settings}).value());
}

TEST(Settings, FollowThePolicyForRefusedCards) {
  const domain::Policy standard = With({}).policy;
  EXPECT_EQ(standard.max_attempts, 5);
  EXPECT_EQ(standard.cool_downs,
            (std::vector{seconds(0), seconds(0), seconds(5), seconds(15), seconds(30)}));
  EXPECT_TRUE(standard.count_typing_errors);
  const domain::Policy other =
      With({"sessions.max_attempts=0", "sessions.retry_cool_down_s=7",
            "sessions.count_typing_errors=false", "sessions.tds_result_on_expiry=false",
            "sessions.card_session_failed_on_expiry=false"})
          .policy;
  EXPECT_EQ(other.max_attempts, 0);
  EXPECT_EQ(other.cool_downs, std::vector{seconds(7)});
  EXPECT_FALSE(other.count_typing_errors);
  EXPECT_FALSE(other.tds_result_on_expiry);
  EXPECT_TRUE(standard.tds_result_on_expiry);
  EXPECT_FALSE(other.card_session_failed_on_expiry);
  EXPECT_TRUE(standard.card_session_failed_on_expiry);
}

TEST(Settings, FollowHowLongCommerceMayTake) {
  EXPECT_EQ(With({}).confirm_wait, seconds(30));
  EXPECT_EQ(With({"sessions.confirm_wait_s=7"}).confirm_wait, seconds(7));
  EXPECT_EQ(With({"sessions.confirm_within_s=8"}).policy.confirm_within, seconds(8));
}

TEST(Settings, FollowTheOrderOfNetworks) {
  using enum domain::CardNetwork;
  EXPECT_EQ(With({}).co_badges.NetworksOf("40000025"), (std::vector{kCartesBancaires, kVisa}));
  EXPECT_EQ(With({"cards.preferred_networks=visa"}).co_badges.NetworksOf("40000025"),
            (std::vector{kVisa, kCartesBancaires}));
}

TEST(Settings, AllowPlainHttpOnlyWhereTheServiceIsOnLoopbackItself) {
  EXPECT_EQ(With({"public_url=http://localhost:8444"}).http_policy,
            base::HttpPolicy::kHttpOnLoopback);
  EXPECT_EQ(With({"public_url=https://pay.example"}).http_policy, base::HttpPolicy::kHttpsOnly);
}

}  // namespace
}  // namespace obolus::main
