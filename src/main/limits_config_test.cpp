#include "main/limits_config.h"

#include <gtest/gtest.h>

namespace obolus::main {
namespace {

struct Loaded {
  Config config;
  std::vector<base::FieldError> faults;
};

Loaded Load(const std::string& toml) {
  ConfigValues values(DefaultConfig());
  values.AddText(toml, "test");
  Loaded loaded;
  ReadLimits(values, loaded.config);
  loaded.faults = values.faults();
  return loaded;
}

TEST(LimitsConfig, NobodyIsATrustedProxyUnlessNamed) {
  const Loaded loaded = Load("");
  EXPECT_TRUE(loaded.faults.empty());
  EXPECT_FALSE(loaded.config.trusted_proxies.Contains("127.0.0.1"));
}

TEST(LimitsConfig, TheNamedHeaderOfTheNamedProxiesCounts) {
  const Loaded loaded =
      Load("[shopper]\ntrusted_proxies = [\"10.0.0.0/8\"]\nforwarded_header = \"forwarded\"\n");
  ASSERT_TRUE(loaded.faults.empty());
  net::HttpRequest request;
  request.peer.address = "10.0.0.1";
  request.headers = {{"X-Forwarded-For", "1.1.1.1"}, {"Forwarded", "for=198.51.100.1"}};
  EXPECT_EQ(loaded.config.trusted_proxies.ClientOf(request), "198.51.100.1");
}

TEST(LimitsConfig, FaultsNameTheSetting) {
  const auto faults = Load("[shopper]\ntrusted_proxies = [\"proxy\"]\nforwarded_header = \"x\"\n");
  ASSERT_EQ(faults.faults.size(), 2U);
  EXPECT_EQ(faults.faults[0].pointer, "shopper.forwarded_header");
  EXPECT_EQ(faults.faults[1].pointer, "shopper.trusted_proxies");
  EXPECT_EQ(faults.faults[1].detail, "proxy is no IP address or CIDR block");
}

TEST(LimitsConfig, RatesAreBurstsAndDays) {
  const Loaded loaded = Load("[limits]\ncard_burst = 6\ncard_per_day = 48\n");
  ASSERT_TRUE(loaded.faults.empty());
  EXPECT_EQ(loaded.config.limits.cards.card, (domain::Rate{.burst = 6, .per_hour = 2}));
}

// So that who reads either knows the other.
TEST(LimitsConfig, TheDefaultsAreThoseOfTheCode) {
  const auto& read = Load("").config.limits;
  const app::LimitRules rules;
  EXPECT_EQ(read.cards.card, rules.card);
  EXPECT_EQ(read.cards.neighbours, rules.neighbours);
  EXPECT_EQ(read.cards.range, rules.range);
  EXPECT_EQ(read.cards.client, rules.client);
  EXPECT_EQ(read.cards.site, rules.site);
  EXPECT_EQ(read.cards.unproven, rules.unproven);
  EXPECT_EQ(read.cards.some_work.bits, rules.some_work.bits);
  EXPECT_EQ(read.cards.more_work.bits, rules.more_work.bits);
  EXPECT_EQ(read.cards.some_work.parts, rules.some_work.parts);
  EXPECT_EQ(read.cards.watch.least_refused, rules.watch.least_refused);
  EXPECT_EQ(read.cards.watch.some_share, rules.watch.some_share);
  EXPECT_EQ(read.requests.requests, app::RequestRules().requests);
}

TEST(LimitsConfig, OffIsOffForRequestsToo) {
  const Loaded loaded = Load("[limits]\nenabled = false\n");
  EXPECT_FALSE(loaded.config.limits.cards.enabled);
  EXPECT_EQ(loaded.config.limits.requests.requests.burst, 0);
  EXPECT_EQ(loaded.config.limits.requests.streams, 0);
}

TEST(LimitsConfig, MoreWorkIsNotLess) {
  const Loaded loaded = Load("[limits]\nwork_bits = 2\nmore_work_bits = 0\n");
  ASSERT_EQ(loaded.faults.size(), 2U);
  EXPECT_EQ(loaded.faults[0].pointer, "limits.work_bits");
  EXPECT_EQ(loaded.faults[1].pointer, "limits.more_work_bits");
}

}  // namespace
}  // namespace obolus::main
