#include "main/config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "main/test_config.h"

namespace obolus::main {
namespace {

TEST_F(ConfigTest, TheStoresQueueHasRoomForAllRequestsAndTheRelay) {
  EXPECT_EQ(FaultsOf(Load({"store.max_queued=2127"})), Faults{"store.max_queued"});
  EXPECT_EQ(FaultsOf(Load({"store.max_queued=2128"})), Faults{});
}

TEST_F(ConfigTest, TlsNeedsItsFiles) {
  EXPECT_EQ(FaultsOf(Load({"commerce.tls.mode=server"})),
            (Faults{"commerce.tls.certificate", "commerce.tls.key"}));
  EXPECT_EQ(FaultsOf(Load({"commerce.tls.mode=mutual", "commerce.tls.certificate=" + one_,
                           "commerce.tls.key=/nowhere/key.pem"})),
            (Faults{"commerce.tls.key", "commerce.tls.client_ca"}));
  EXPECT_EQ(FaultsOf(Load({"shopper.tls.mode=server", "shopper.tls.certificate=" + one_})),
            Faults{"shopper.tls.key"});
}

TEST_F(ConfigTest, WithTlsAListenerMayBeAnywhere) {
  const auto config = Load({"shopper.tls.mode=server", "shopper.tls.certificate=" + one_,
                            "shopper.tls.key=" + one_, "shopper.address=0.0.0.0"});
  EXPECT_EQ(config.value().shopper.address, "0.0.0.0");
}

TEST_F(ConfigTest, ARuleThatAsksForCertificatesNeedsMutualTls) {
  EXPECT_EQ(FaultsOf(Load({"commerce.require=both"})), Faults{"commerce.tls.mode"});
  EXPECT_EQ(FaultsOf(Load({"commerce.require=certificate"})), Faults{"commerce.tls.mode"});
  EXPECT_EQ(FaultsOf(Load({"commerce.require=either"})), Faults{});
}

TEST_F(ConfigTest, TheBridgesCertificateAndKeyGoTogether) {
  EXPECT_EQ(FaultsOf(Load({"bridge.certificate=" + one_})), Faults{"bridge.key"});
  EXPECT_EQ(FaultsOf(Load({"bridge.key=" + one_})), Faults{"bridge.key"});
}

TEST_F(ConfigTest, PostgresNeedsToKnowWhere) {
  EXPECT_EQ(FaultsOf(Load({"store.kind=postgres"})), Faults{"store.dsn"});
  EXPECT_TRUE(Load({"store.kind=postgres"}, {{"OBOLUS_STORE__DSN", "host=db.example"}}));
}

TEST_F(ConfigTest, OnlyAPublicNameIsHttpsForGood) {
  EXPECT_NE(Load({"public_url=https://pay.example"}).value().hsts, "");
  EXPECT_EQ(Load({"public_url=https://pay.example", "shopper.hsts="}).value().hsts, "");
  EXPECT_EQ(Load({"public_url=https://localhost:8444"}).value().hsts, "");
  EXPECT_EQ(Load({"public_url=http://localhost:8444"}).value().hsts, "");
}

TEST_F(ConfigTest, NamesAllFaultsAtOnce) {
  EXPECT_EQ(FaultsOf(Load({"commerce.port=-1", "log.level=loud", "bridge.url="})),
            (Faults{"commerce.port", "bridge.url", "log.level"}));
}

TEST_F(ConfigTest, WithoutAnythingItSaysWhatIsNeeded) {
  const auto faults = FaultsOf(LoadConfig({}));
  for (const char* key : {"commerce.tls.certificate", "commerce.api_keys", "bridge.url",
                          "bridge.source", "shopper.tls.certificate"}) {
    EXPECT_EQ(std::ranges::count(faults, key), 1) << key;
  }
}

TEST_F(ConfigTest, PathsDefaultIntoTheDataFolder) {
  const auto config = Load({"data_dir=/var/lib/obolus"}).value();
  EXPECT_EQ(config.store.path, "/var/lib/obolus/obolus.db");
  EXPECT_EQ(config.vault.key_file, "/var/lib/obolus/obolus.keys");
}

}  // namespace
}  // namespace obolus::main
