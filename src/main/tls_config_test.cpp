#include "main/tls_config.h"

#include <gtest/gtest.h>

namespace obolus::main {
namespace {

TlsConfig Mutual() {
  return {.mode = TlsMode::kMutual,
          .certificate = "c.pem",
          .key = "c.key",
          .client_ca = "ca.pem",
          .client_crl = "crl.pem",
          .client_pins = {"aa"}};
}

TEST(ServerTlsOf, IsNothingWhereTlsIsOff) {
  EXPECT_FALSE(ServerTlsOf({}, nullptr));
}

TEST(ServerTlsOf, AsksForCertificatesAsTheRuleSays) {
  http::CallerPolicy callers;
  for (const auto& [rule, wanted] :
       {std::pair(http::CallerRule::kBoth, net::ClientCertificates::kRequired),
        std::pair(http::CallerRule::kCertificate, net::ClientCertificates::kRequired),
        std::pair(http::CallerRule::kEither, net::ClientCertificates::kOptional),
        std::pair(http::CallerRule::kApiKey, net::ClientCertificates::kOptional)}) {
    callers.rule = rule;
    EXPECT_EQ(ServerTlsOf(Mutual(), &callers)->client_certificates, wanted);
  }
}

TEST(ServerTlsOf, HandsOnWhatClientsAreMeasuredBy) {
  const http::CallerPolicy callers;
  const auto tls = ServerTlsOf(Mutual(), &callers);
  EXPECT_EQ(tls->client_ca_file, "ca.pem");
  EXPECT_EQ(tls->client_crl_file, "crl.pem");
  EXPECT_EQ(tls->client_pins, std::vector<std::string>{"aa"});
  EXPECT_EQ(tls->min_version, net::TlsVersion::k13);
}

TEST(TlsDefaults, Speak13ToCommerceAnd12ToPhones) {
  ConfigValues values(DefaultConfig());
  EXPECT_EQ(ReadMinVersion(values, "commerce.tls.min_version"), net::TlsVersion::k13);
  EXPECT_EQ(ReadMinVersion(values, "bridge.min_version"), net::TlsVersion::k13);
  EXPECT_EQ(ReadMinVersion(values, "shopper.tls.min_version"), net::TlsVersion::k12);
  EXPECT_TRUE(values.faults().empty());
}

TEST(TlsPins, MayHaveColonsAndCapitals) {
  ConfigValues values(DefaultConfig());
  std::string pin;
  for (int i = 0; i < 32; ++i) pin += i == 0 ? "AB" : ":AB";
  values.AddSetting("commerce.tls.client_pins", pin, "test");
  const TlsConfig tls = ReadTls(values, "commerce", true);
  ASSERT_EQ(tls.client_pins.size(), 1U);
  EXPECT_EQ(tls.client_pins[0].substr(0, 6), "ababab");
  EXPECT_EQ(tls.client_pins[0].size(), 64U);
}

}  // namespace
}  // namespace obolus::main
