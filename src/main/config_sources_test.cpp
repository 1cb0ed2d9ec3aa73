// Where a setting may come from, and which of them wins.
#include <gtest/gtest.h>

#include "main/printed_config.h"
#include "main/test_config.h"

namespace obolus::main {
namespace {

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
