#include "main/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "base/encoding.h"
#include "main/printed_config.h"
#include "net/test_folder.h"

namespace obolus::main {
namespace {

using Settings = std::vector<std::string>;

const std::string kDigest(64, 'a');

const Settings kLeast = {"commerce.tls.mode=off",
                         "commerce.require=api_key",
                         "commerce.api_keys=" + kDigest,
                         "shopper.tls.mode=off",
                         "bridge.url=https://bridge.example/events",
                         "bridge.source=urn:obolus:test"};

base::Result<Config> Load(const Settings& more, std::map<std::string, std::string> environment = {},
                          const std::string& file = "") {
  Settings settings = file.empty() ? kLeast : Settings{};
  settings.insert(settings.end(), more.begin(), more.end());
  return LoadConfig(
      {.file = file, .environment = std::move(environment), .settings = std::move(settings)});
}

Settings With(Settings settings, std::string more) {
  settings.push_back(std::move(more));
  return settings;
}

std::vector<std::string> FaultsOf(const base::Result<Config>& config) {
  std::vector<std::string> keys;
  if (config) return keys;
  EXPECT_EQ(config.error().code, base::ErrorCode::kInvalid);
  for (const auto& field : config.error().fields) {
    EXPECT_FALSE(field.detail.empty()) << field.pointer;
    keys.push_back(field.pointer);
  }
  return keys;
}
using Faults = std::vector<std::string>;

// The keys of config/default.toml, as it is written: a section or a key at the start of a line.
std::set<std::string> DefaultKeys() {
  std::set<std::string> keys;
  std::string section;
  std::istringstream lines{std::string(DefaultConfig())};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      section = line.substr(1, line.find(']') - 1) + ".";
    } else if (const auto equals = line.find(" = ");
               equals != std::string::npos && !line.starts_with('#')) {
      keys.insert(section + line.substr(0, equals));
    }
  }
  return keys;
}

class ConfigTest : public ::testing::Test {
 private:
  net::TestFolder folder_;  // before the files in it

 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() / name;
    std::ofstream(path) << text;
    return path;
  }
  const std::string one_ = Write("one.pem", "1");
  const std::string other_ = Write("other.pem", "2");
};

struct Row {
  std::string key, value;
  Settings context = {};  // what else must be set for the value to be allowed
};

class ConfigRowsTest : public ConfigTest {
 protected:
  std::vector<Row> Rows(), GuardianRows();
};

std::vector<Row> ConfigRowsTest::Rows() {
  const Settings bridge_tls = {"bridge.certificate=" + one_, "bridge.key=" + one_};
  const Settings server_tls = {"commerce.tls.certificate=" + one_, "commerce.tls.key=" + one_};
  const Settings shopper_tls = {"shopper.tls.certificate=" + one_, "shopper.tls.key=" + one_};
  std::vector<Row> rows = {
      {"data_dir", "elsewhere"},
      {"public_url", "https://pay.example"},
      {"io_threads", "3"},
      {"stop_delay_ms", "5000"},
      {"commerce.address", "127.0.0.2"},
      {"commerce.port", "9000"},
      {"commerce.require", "either"},
      {"commerce.api_keys", std::string(64, 'b')},
      {"commerce.allowed_names", "commerce"},
      {"commerce.max_requests", "8"},
      {"commerce.tls.mode", "server", server_tls},
      {"commerce.tls.certificate", other_},
      {"commerce.tls.key", other_},
      {"commerce.tls.client_ca", other_},
      {"shopper.address", "127.0.0.2"},
      {"shopper.port", "9001"},
      {"shopper.default_origins", "https://shop.example"},
      {"shopper.max_requests", "8"},
      {"shopper.max_connections", "7"},
      {"shopper.tls.mode", "server", shopper_tls},
      {"shopper.tls.certificate", other_},
      {"shopper.tls.key", other_},
      {"operator.address", "127.0.0.2"},
      {"operator.port", "9002"},
      {"bridge.url", "https://other.example/events"},
      {"bridge.source", "urn:other"},
      {"bridge.certificate", other_, bridge_tls},
      {"bridge.key", other_, bridge_tls},
      {"bridge.ca", other_},
      {"bridge.timeout_ms", "500"},
      {"bridge.concurrency", "3"},
      {"bridge.drain_per_s", "0"},
      {"bridge.retry_delays_ms", "1,2,3"},
      {"bridge.retry_longest_ms", "400"},
      {"bridge.give_up_after_h", "5"},
      {"bridge.terminal_id_in_tds_result", "true"},
      {"store.kind", "memory"},
      {"store.path", "other.db"},
      {"store.dsn", "host=db.example"},
      {"store.max_queued", "9999"},
      {"sessions.payment_expires_in_s", "61"},
      {"sessions.tds_expires_in_s", "62"},
      {"sessions.max_attempts", "2"},
      {"sessions.retry_cool_down_s", "1,2"},
      {"sessions.count_typing_errors", "false"},
      {"sessions.tds_result_on_expiry", "false"},
      {"sessions.card_session_failed_on_expiry", "false"},
      {"sessions.confirm_wait_s", "65"},
      {"sessions.confirm_within_s", "66"},
      {"sessions.sweep_interval_ms", "63"},
      {"sessions.keep_for_h", "64"},
      {"vault.key_file", "other.keys"},
      {"vault.card_valid_for_s", "65"},
      {"vault.lease_ms", "20001"},
      {"cards.co_badges_file", Write("more.csv", "400000,400001,cartesbancaires\n")},
      {"cards.preferred_networks", "dankort,visa"},
      {"log.level", "debug"},
  };
  std::ranges::move(GuardianRows(), std::back_inserter(rows));
  return rows;
}

std::vector<Row> ConfigRowsTest::GuardianRows() {
  const Settings guardian = {"vault.guardian.url=https://a.example", "vault.guardian.api_key=k",
                             "vault.guardian.certificate=" + one_, "vault.guardian.key=" + one_};
  return {
      {"vault.provider", "guardian", guardian},
      {"vault.guardian.url", "https://other.example", guardian},
      {"vault.guardian.api_key", "other", guardian},
      {"vault.guardian.ca", other_, guardian},
      {"vault.guardian.certificate", other_, guardian},
      {"vault.guardian.key", other_, guardian},
      {"vault.guardian.timeout_ms", "501", guardian},
      {"vault.guardian.max_connections", "6", guardian},
      {"vault.guardian.breaker_failures", "7", guardian},
      {"vault.guardian.breaker_open_ms", "101", guardian},
  };
}

TEST_F(ConfigRowsTest, EveryKeyIsRead) {
  std::set<std::string> tried;
  for (const Row& row : Rows()) {
    const auto before = Load(row.context);
    const auto after = Load(With(row.context, row.key + "=" + row.value));
    ASSERT_TRUE(before) << row.key << ": " << JoinAll(FaultsOf(before));
    ASSERT_TRUE(after) << row.key << ": " << JoinAll(FaultsOf(after));
    EXPECT_NE(Print(*before), Print(*after)) << row.key << " is not read";
    tried.insert(row.key);
  }
  EXPECT_EQ(tried, DefaultKeys()) << "a key without a row, or a row without a key";
}

TEST_F(ConfigTest, EveryFaultNamesItsKey) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"data_dir", ""},
      {"public_url", "ftp://pay.example"},
      {"public_url", "https://pay.example/path"},
      {"public_url", "http://pay.example"},
      {"io_threads", "65"},
      {"stop_delay_ms", "-1"},
      {"commerce.address", "0.0.0.0"},
      {"commerce.port", "65536"},
      {"commerce.port", "-1"},
      {"commerce.port", "http"},
      {"commerce.port", "80 "},
      {"commerce.require", "nobody"},
      {"commerce.api_keys", "not-hex"},
      {"commerce.api_keys", "abcd"},
      {"commerce.api_keys", ""},
      {"commerce.max_requests", "0"},
      {"commerce.tls.mode", "on"},
      {"shopper.address", "192.0.2.1"},
      {"shopper.port", "65536"},
      {"shopper.default_origins", "https://shop.example/path"},
      {"shopper.max_requests", "0"},
      {"shopper.max_connections", "0"},
      {"shopper.tls.mode", "mutual"},
      {"operator.address", "0.0.0.0"},
      {"operator.port", "65536"},
      {"bridge.url", ""},
      {"bridge.url", "http://bridge.example"},
      {"bridge.source", "no-colon"},
      {"bridge.ca", "/nowhere/ca.pem"},
      {"bridge.timeout_ms", "99"},
      {"bridge.concurrency", "0"},
      {"bridge.drain_per_s", "-1"},
      {"bridge.retry_delays_ms", "0,-1"},
      {"bridge.retry_delays_ms", "0,soon"},
      {"bridge.retry_longest_ms", "99"},
      {"bridge.give_up_after_h", "0"},
      {"bridge.terminal_id_in_tds_result", "yes"},
      {"store.kind", "oracle"},
      {"store.max_queued", "15"},
      {"sessions.payment_expires_in_s", "59"},
      {"sessions.tds_expires_in_s", "5941"},
      {"sessions.max_attempts", "-1"},
      {"sessions.retry_cool_down_s", "0,3601"},
      {"sessions.retry_cool_down_s", "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0"},
      {"sessions.count_typing_errors", "some"},
      {"sessions.tds_result_on_expiry", "maybe"},
      {"sessions.card_session_failed_on_expiry", "often"},
      {"sessions.confirm_wait_s", "4"},
      {"sessions.confirm_within_s", "3601"},
      {"sessions.sweep_interval_ms", "49"},
      {"sessions.keep_for_h", "23"},
      {"vault.provider", "sandwich"},
      {"vault.card_valid_for_s", "59"},
      {"cards.co_badges_file", "/nowhere/co_badges.csv"},
      {"cards.co_badges_file", Write("bad.csv", "400000,400001,VISA\n")},
      {"cards.preferred_networks", "cartesbancaires,VISA"},
      {"log.level", "loud"},
      {"commerce.members.terminal_id", "terminal"},
  };
  for (const auto& [key, value] : rows) {
    EXPECT_EQ(FaultsOf(Load({key + "=" + value})), Faults{key}) << key << "=" << value;
  }
}

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

class ConfigSourcesTest : public ConfigTest {
 protected:
  std::string File(const std::string& more) {
    return Write("obolus.toml", "public_url = \"https://file.example\"\n" + more +
                                    "\n[commerce]\nport = 1\nrequire = \"either\"\n"
                                    "[commerce.tls]\nmode = \"off\"\n"
                                    "[shopper.tls]\nmode = \"off\"\n[bridge]\n"
                                    "url = \"https://bridge.example\"\nsource = \"urn:o\"\n");
  }
};

TEST_F(ConfigSourcesTest, LaterOnesWin) {
  const std::string file = File("");
  const std::map<std::string, std::string> environment = {{"OBOLUS_COMMERCE__PORT", "2"}};
  EXPECT_EQ(Load({}, {}, file)->commerce.port, 1);
  EXPECT_EQ(Load({}, environment, file)->commerce.port, 2);
  EXPECT_EQ(Load({"commerce.port=3"}, environment, file)->commerce.port, 3);
  EXPECT_EQ(Load({"commerce.port=3", "commerce.port=4"}, environment, file)->commerce.port, 4);
}

TEST_F(ConfigSourcesTest, TheEnvironmentReachesEveryKindOfKey) {
  const auto config = Load({}, {{"OBOLUS_PUBLIC_URL", "https://env.example"},
                                {"OBOLUS_COMMERCE__TLS__CLIENT_CA", "ca.pem"},
                                {"OBOLUS_COMMERCE__ALLOWED_NAMES", " a , b ,,"},
                                {"OBOLUS_BRIDGE__RETRY_DELAYS_MS", "5, 6"},
                                {"OBOLUS_SESSIONS__TDS_RESULT_ON_EXPIRY", "false"},
                                {"OBOLUS_COMMERCE__MEMBERS__TERMINAL_ID", "/terminal/id"}});
  ASSERT_TRUE(config) << JoinAll(FaultsOf(config));
  EXPECT_EQ(config->public_url, "https://env.example");
  EXPECT_EQ(config->commerce.tls.client_ca, "ca.pem");
  EXPECT_EQ(config->callers.allowed_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(config->bridge.retry_delays_ms, (std::vector<std::int64_t>{5, 6}));
  EXPECT_FALSE(config->sessions.tds_result_on_expiry);
  EXPECT_EQ(config->members.at("terminal_id"), "/terminal/id");
}

TEST_F(ConfigSourcesTest, OtherVariablesAreNobodysBusiness) {
  EXPECT_TRUE(
      Load({}, {{"OBOLUS_BIN", "/usr/bin/obolus"}, {"PATH", "/bin"}, {"obolus_a__b", "x"}}));
}

TEST_F(ConfigSourcesTest, UnknownKeysAreFaultsWhereverTheyStand) {
  EXPECT_EQ(FaultsOf(Load({"commerce.prot=1"})), Faults{"commerce.prot"});
  EXPECT_EQ(FaultsOf(Load({"nonsense=1"})), Faults{"nonsense"});
  EXPECT_EQ(FaultsOf(Load({"commerce=1"})), Faults{"commerce"});
  EXPECT_EQ(FaultsOf(Load({"commerce.port.deep=1"})), Faults{"commerce.port.deep"});
  EXPECT_EQ(FaultsOf(Load({}, {{"OBOLUS_COMMERCE__PROT", "1"}})), Faults{"commerce.prot"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("prot = 1\n"))), Faults{"prot"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("[store]\nkin = \"memory\"\n"))), Faults{"store.kin"});
}

TEST_F(ConfigSourcesTest, ASettingNeedsAValue) {
  EXPECT_EQ(FaultsOf(Load({"commerce.port"})), Faults{"commerce.port"});
}

TEST_F(ConfigSourcesTest, AFileMustHaveTheTypesOfTheDefaults) {
  EXPECT_EQ(FaultsOf(Load({}, {}, File("io_threads = \"4\"\n"))), Faults{"io_threads"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("data_dir = 4\n"))), Faults{"data_dir"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("store = 4\n"))), Faults{"store"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("[operator]\nport = true\n"))), Faults{"operator.port"});
  EXPECT_EQ(FaultsOf(Load({}, {}, File("[commerce.members]\nterminal_id = 7\n"))),
            Faults{"commerce.members.terminal_id"});
}

TEST_F(ConfigSourcesTest, AListMustHoldTheTypesOfTheDefaults) {
  // A name that is no text must not become the empty name, which a certificate without one has.
  const auto config = [this](const std::string& names) {
    return Load(
        {"commerce.port=0"}, {},
        Write("list.toml",
              "[commerce]\nrequire = \"either\"\nallowed_names = " + names +
                  "\n[commerce.tls]\nmode = \"off\"\n[shopper.tls]\nmode = \"off\"\n[bridge]\n"
                  "url = \"https://bridge.example\"\nsource = \"urn:o\"\n"));
  };
  EXPECT_EQ(FaultsOf(config("[\"commerce\"]")), Faults{});
  EXPECT_EQ(FaultsOf(config("[7]")), Faults{"commerce.allowed_names"});
}

TEST_F(ConfigSourcesTest, AFileThatCannotBeReadIsAFaultOfNoKey) {
  const auto missing = Load(kLeast, {}, "/nowhere/obolus.toml");
  ASSERT_EQ(FaultsOf(missing), Faults{""});
  EXPECT_NE(missing.error().fields[0].detail.find("/nowhere/obolus.toml"), std::string::npos);
  const std::string broken = Write("broken.toml", "a = 1\nb = = 2\n");
  const auto unparsed = Load(kLeast, {}, broken);
  ASSERT_EQ(FaultsOf(unparsed), Faults{""});
  EXPECT_NE(unparsed.error().fields[0].detail.find(broken + ":2"), std::string::npos);
}

}  // namespace
}  // namespace obolus::main
