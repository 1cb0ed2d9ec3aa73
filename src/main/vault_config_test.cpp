#include "main/vault_config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace obolus::main {
namespace {

using Settings = std::vector<std::string>;

base::Result<Config> Load(const Settings& more) {
  Settings settings = {"commerce.tls.mode=off",
                       "commerce.require=api_key",
                       "commerce.api_keys=" + std::string(64, 'a'),
                       "shopper.tls.mode=off",
                       "bridge.url=https://bridge.example/events",
                       "bridge.source=urn:obolus:test"};
  settings.insert(settings.end(), more.begin(), more.end());
  return LoadConfig({.file = "", .environment = {}, .settings = std::move(settings)});
}

std::vector<std::string> FaultsOf(const Settings& settings) {
  std::vector<std::string> keys;
  const auto config = Load(settings);
  if (config) return keys;
  for (const auto& field : config.error().fields) keys.push_back(field.pointer);
  return keys;
}

const Settings kGuardian = {"vault.provider=guardian",
                            "vault.guardian.url=https://guardian.example",
                            "vault.guardian.api_key=k"};

Settings With(const std::string& more) {
  Settings settings = kGuardian;
  settings.push_back(more);
  return settings;
}

TEST(VaultConfig, OurOwnVaultNeedsNothing) {
  const auto config = Load({});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->vault.kind, VaultKind::kEmbedded);
  EXPECT_EQ(config->vault.lease_ms, 20'000);
}

TEST(VaultConfig, GuardianNeedsAnAddressAndAKey) {
  EXPECT_EQ(FaultsOf({"vault.provider=guardian"}),
            (Settings{"vault.guardian.url", "vault.guardian.api_key"}));
  EXPECT_EQ(FaultsOf(kGuardian), Settings{});
}

TEST(VaultConfig, EveryFaultNamesItsKey) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"vault.guardian.url", "vault.guardian.url=http://guardian.example"},
      {"vault.guardian.url", "vault.guardian.url=https://guardian.example/api"},
      {"vault.guardian.url", "vault.guardian.url=https://guardian.example/"},
      {"vault.guardian.key", "vault.guardian.certificate=/dev/null"},
      {"vault.guardian.ca", "vault.guardian.ca=/nowhere"},
      {"vault.lease_ms", "vault.lease_ms=5999"},
      {"vault.guardian.timeout_ms", "vault.guardian.timeout_ms=99"},
      {"vault.guardian.breaker_failures", "vault.guardian.breaker_failures=0"},
  };
  for (const auto& [key, setting] : rows) {
    const auto faults = FaultsOf(With(setting));
    EXPECT_TRUE(std::ranges::find(faults, key) != faults.end()) << setting;
  }
}

TEST(VaultConfig, AllAttemptsEndASecondBeforeTheLease) {
  const auto config = Load(With("vault.lease_ms=7000"));
  ASSERT_TRUE(config);
  const auto options = GuardianOptionsOf(*config);
  EXPECT_EQ(options.answer_within, base::Millis(6'000));
  EXPECT_EQ(options.client.timeout, base::Millis(5'000));
  EXPECT_EQ(options.url, "https://guardian.example");
}

// Cards that Guardian holds want to be deleted after a change of vault.
TEST(VaultConfig, GuardianMayStayConfiguredBesideOurOwnVault) {
  const auto config =
      Load({"vault.guardian.url=https://guardian.example", "vault.guardian.api_key=k"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->vault.kind, VaultKind::kEmbedded);
  EXPECT_EQ(config->guardian.url, "https://guardian.example");
}

}  // namespace
}  // namespace obolus::main
