#include "main/sandbox_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "main/test_config.h"

namespace obolus::main {
namespace {

namespace fs = std::filesystem;

using Environment = std::map<std::string, std::string>;
using Ports = std::vector<std::uint16_t>;

bool Covers(const std::vector<std::string>& places, const std::string& path) {
  return std::ranges::any_of(places, [&](const std::string& place) {
    return path == place || path.starts_with(place + "/");
  });
}

Reach ReachWith(const Settings& settings, const Environment& environment = {}) {
  const auto config = Load(settings);
  EXPECT_TRUE(config) << (config ? "" : config.error().fields.at(0).pointer);
  return ReachOf(config.value(), environment);
}

class SandboxReachTest : public ConfigTest {
 protected:
  // In a folder that nothing else names.
  std::string FileOf(const std::string& name) {
    const fs::path folder = fs::path(one_).parent_path() / name;
    fs::create_directories(folder);
    return Write(name + "/file", "x");
  }
};

// Keys of settings that name a file or folder, as their names say.
std::set<std::string> PathKeys() {
  std::set<std::string> paths;
  for (const std::string& key : DefaultKeys()) {
    const std::string last = key.substr(key.rfind('.') + 1);
    for (const char* ending :
         {"certificate", "key", "ca", "crl", "file", "path", "dir", "folder"}) {
      const bool is_word = last == ending || last.ends_with(std::string("_") + ending);
      if (is_word && last != "api_key") paths.insert(key);
    }
  }
  return paths;
}

TEST_F(SandboxReachTest, EveryFileThatASettingNamesIsInReach) {
  const std::string pem = one_;
  const Settings guardian = {"vault.guardian.url=https://a.example", "vault.guardian.api_key=k",
                             "vault.guardian.certificate=" + pem, "vault.guardian.key=" + pem};
  const Settings bridge = {"bridge.certificate=" + pem, "bridge.key=" + pem};
  const std::map<std::string, Settings> rows = {
      {"data_dir", {}},
      {"commerce.tls.certificate", {}},
      {"commerce.tls.key", {}},
      {"commerce.tls.client_ca", {}},
      {"commerce.tls.client_crl", {}},
      {"commerce.api_keys_file", {}},
      {"shopper.tls.certificate", {}},
      {"shopper.tls.key", {}},
      {"bridge.certificate", bridge},
      {"bridge.key", bridge},
      {"bridge.ca", {}},
      {"store.path", {}},
      {"vault.key_file", {}},
      {"vault.pkcs11.pin_file", {}},
      {"audit.dir", {}},
      {"audit.key_file", {}},
      {"vault.guardian.ca", guardian},
      {"vault.guardian.certificate", guardian},
      {"vault.guardian.key", guardian},
  };
  // Read before the sandbox is entered, and never again.
  std::set<std::string> known = {"cards.co_badges_file"};
  for (const auto& [key, context] : rows) {
    const std::string file = FileOf(key);
    const Reach reach = ReachWith(With(context, key + "=" + file));
    EXPECT_TRUE(Covers(reach.read, file) || Covers(reach.write, file)) << key;
    known.insert(key);
  }
  EXPECT_EQ(PathKeys(), known) << "give the setting a line in ReachOf, and a row here";
}

TEST_F(SandboxReachTest, OnlyWhatKeepsStateCanBeWritten) {
  const Reach reach = ReachWith({"data_dir=/srv/obolus/data", "bridge.ca=" + one_});
  EXPECT_EQ(reach.write,
            (std::vector<std::string>{"/dev/null", "/srv/obolus/data", "/srv/obolus/data/audit"}));
}

TEST_F(SandboxReachTest, ARenewedCertificateIsInReachBesideTheOldOneAndBehindLinks) {
  const fs::path folder = fs::path(one_).parent_path();
  fs::create_directories(folder / "archive");
  fs::create_directories(folder / "live");
  Write("archive/chain1.pem", "x");
  fs::create_symlink("../archive/chain1.pem", folder / "live/chain.pem");
  const Reach reach = ReachWith({"bridge.ca=" + (folder / "live/chain.pem").string()});
  EXPECT_TRUE(Covers(reach.read, folder / "live/chain.pem"));
  EXPECT_TRUE(Covers(reach.read, folder / "archive/chain2.pem"));
}

TEST_F(SandboxReachTest, AFolderRightBelowTheRootIsNotOpenedForOneFile) {
  const Reach reach = ReachWith({"vault.key_file=/etc/obolus.keys", "store.path=/tmp/o.db"});
  EXPECT_TRUE(Covers(reach.write, "/etc/obolus.keys"));
  EXPECT_FALSE(Covers(reach.write, "/etc/passwd"));
  EXPECT_FALSE(Covers(reach.write, "/tmp/other"));
  EXPECT_FALSE(Covers(reach.read, "/etc/shadow"));
}

// Each row is a setting that names a peer, and is tested below with its port.
TEST_F(SandboxReachTest, EverySettingThatNamesAPeerIsThoughtOf) {
  std::set<std::string> peers;
  for (const std::string& key : DefaultKeys()) {
    const std::string last = key.substr(key.rfind('.') + 1);
    for (const char* ending : {"url", "dsn", "destinations", "endpoint", "server", "host"}) {
      if (last == ending || last.ends_with(std::string("_") + ending)) peers.insert(key);
    }
  }
  const std::set<std::string> known = {"bridge.url", "vault.guardian.url", "store.dsn",
                                       "forward.destinations", "public_url"};  // ours
  EXPECT_EQ(peers, known) << "give the setting a line in ReachOf, and a test of its port here";
}

TEST_F(SandboxReachTest, GuardianIsInReach) {
  EXPECT_EQ(ReachWith({"vault.guardian.url=https://a.example:9001", "vault.guardian.api_key=k"})
                .connect_ports,
            (Ports{53, 443, 9001}));
}

TEST_F(SandboxReachTest, DestinationsOfForwardCallsAreInReach) {
  auto config = Load({});
  ASSERT_TRUE(config);
  config->forward.destinations = {
      {.origin = "https://a.example"},
      {.origin = "https://b.example:9443", .tls = {.ca_file = "/somewhere/deep/ca.pem"}}};
  const Reach reach = ReachOf(*config, {});
  EXPECT_EQ(reach.connect_ports, (Ports{53, 443, 9443}));
  EXPECT_NE(std::ranges::find(reach.read, "/somewhere/deep"), reach.read.end());
}

TEST_F(SandboxReachTest, PortsAreThoseOfListenersAndPeers) {
  const Reach reach = ReachWith({"commerce.port=9443", "shopper.port=9444", "operator.port=0",
                                 "bridge.url=https://bridge.example:7443/events"});
  EXPECT_EQ(reach.bind_ports, (Ports{0, 9443, 9444}));
  EXPECT_EQ(reach.connect_ports, (Ports{53, 7443}));
}

TEST_F(SandboxReachTest, PostgresIsInReachWhenItIsTheStore) {
  const Settings postgres = {"store.kind=postgres", "store.dsn=host=a,b port=6543,6544"};
  EXPECT_EQ(ReachWith(postgres).connect_ports, (Ports{53, 443, 6543, 6544}));
  EXPECT_EQ(ReachWith({"store.dsn=host=a port=6543"}).connect_ports, (Ports{53, 443}));
}

TEST_F(SandboxReachTest, AProxyIsInReachAsLibcurlReadsIt) {
  const auto ports = [](const char* proxy) {
    return ReachWith({}, {{"https_proxy", proxy}}).connect_ports;
  };
  EXPECT_EQ(ports("http://proxy.example:3128"), (Ports{53, 443, 3128}));
  EXPECT_EQ(ports("http://user:word@proxy.example:3128/"), (Ports{53, 443, 3128}));
  EXPECT_EQ(ports("proxy.example"), (Ports{53, 443, 1080}));
  EXPECT_EQ(ports(""), (Ports{53, 443}));
}

TEST_F(SandboxReachTest, WhatTheOperatorAddsIsInReach) {
  const Reach reach = ReachWith({"sandbox.read=/etc/softhsm", "sandbox.write=/var/lib/softhsm",
                                 "sandbox.connect_ports=8080"});
  EXPECT_TRUE(Covers(reach.read, "/etc/softhsm/softhsm2.conf"));
  EXPECT_TRUE(Covers(reach.write, "/var/lib/softhsm/tokens"));
  EXPECT_EQ(reach.connect_ports, (Ports{443, 8080}));
}

TEST_F(SandboxReachTest, EveryFaultNamesItsKey) {
  EXPECT_EQ(FaultsOf(Load({"sandbox.mode=maybe"})), Faults{"sandbox.mode"});
  EXPECT_EQ(FaultsOf(Load({"sandbox.required=yes"})), Faults{"sandbox.required"});
  EXPECT_EQ(FaultsOf(Load({"sandbox.connect_ports=0"})), Faults{"sandbox.connect_ports"});
}

TEST_F(SandboxReachTest, RequiredAndOffContradictEachOther) {
  EXPECT_EQ(FaultsOf(Load({"sandbox.required=true", "sandbox.mode=off"})),
            Faults{"sandbox.required"});
  EXPECT_EQ(FaultsOf(Load({"sandbox.required=true"})), Faults{});
}

TEST_F(SandboxReachTest, ListsHaveALimit) {
  std::string list;
  for (std::size_t i = 0; i <= kMostSandboxEntries; ++i) list += "/a" + std::to_string(i) + ",";
  EXPECT_EQ(FaultsOf(Load({"sandbox.read=" + list})), Faults{"sandbox.read"});
}

}  // namespace
}  // namespace obolus::main
