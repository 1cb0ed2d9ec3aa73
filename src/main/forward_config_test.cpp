#include "main/forward_config.h"

#include "main/test_config.h"

namespace obolus::main {
namespace {

class ForwardConfig : public ConfigTest {
 protected:
  base::Result<Config> Read(const std::string& more) {
    return Load({}, {}, Write("obolus.toml", R"(
[commerce]
require = "api_key"
api_keys = [")" + kDigest + R"("]
tls.mode = "off"
[shopper]
tls.mode = "off"
[bridge]
url = "https://bridge.example/events"
source = "urn:obolus:test"
)" + more));
  }
};

TEST_F(ForwardConfig, NothingCanBeForwardedUntilThereIsADestination) {
  const auto config = Load({});
  ASSERT_TRUE(config);
  EXPECT_TRUE(ForwarderOptionsOf(*config).destinations.empty());
  EXPECT_EQ(CodeOptionsOf(*config).kept_for, std::chrono::minutes(15));
  EXPECT_FALSE(CodeOptionsOf(*config).shared);
}

TEST_F(ForwardConfig, ADestinationIsATableOfItsOwn) {
  const auto config = Read(R"(
[[forward.destinations]]
origin = "https://api.processor.example"
path_prefix = "/v1/"
methods = ["POST", "PUT"]
[[forward.destinations]]
origin = "https://10.0.0.1:8443"
internal = true
)");
  ASSERT_TRUE(config) << config.error().fields.at(0).pointer;
  const auto destinations = ForwarderOptionsOf(*config).destinations;
  ASSERT_EQ(destinations.size(), 2u);
  EXPECT_EQ(destinations[0].origin, "https://api.processor.example");
  EXPECT_EQ(destinations[0].path_prefix, "/v1/");
  EXPECT_EQ(destinations[0].methods, (std::vector<std::string>{"POST", "PUT"}));
  EXPECT_FALSE(destinations[0].internal);
  EXPECT_TRUE(destinations[1].internal);
  EXPECT_EQ(destinations[1].path_prefix, "/");
}

TEST_F(ForwardConfig, EveryFaultNamesItsKey) {
  const auto fault = [&](const std::string& lines) {
    const auto faults = FaultsOf(Read("[[forward.destinations]]\n" + lines));
    return faults.size() == 1 ? faults.front() : std::to_string(faults.size()) + " faults";
  };
  const std::string good = "origin = \"https://a.example\"\n";
  EXPECT_EQ(fault(good), "0 faults");
  EXPECT_EQ(fault("path_prefix = \"/\""), "forward.destinations[0].origin");
  for (const char* origin :
       {"https://a.example/", "https://a.example/v1", "http://a.example", "ftp://a.example",
        "https://u@a.example", "https://127.0.0.1", "https://2130706433", "https://0x7f.1",
        "https://[::1]", "https://localhost", "https://8.8.8.8"}) {
    EXPECT_EQ(fault(std::string("origin = \"") + origin + "\""), "forward.destinations[0].origin")
        << origin;
  }
  EXPECT_EQ(fault("internal = true\norigin = \"http://127.0.0.1:9\""), "0 faults");
  EXPECT_EQ(fault(good + "path_prefix = \"v1\""), "forward.destinations[0].path_prefix");
  EXPECT_EQ(fault(good + "methods = [\"GET\"]"), "forward.destinations[0].methods");
  EXPECT_EQ(fault(good + "ca = \"/nowhere\""), "forward.destinations[0].ca");
  EXPECT_EQ(fault(good + "key = \"/dev/null\""), "forward.destinations[0].key");
  EXPECT_EQ(fault(good + "proxy = \"x\""), "forward.destinations[0].proxy");
  EXPECT_EQ(FaultsOf(Load({"forward.response_headers=set-cookie"})),
            Faults{"forward.response_headers"});
  EXPECT_EQ(FaultsOf(Load({"vault.transient_sharing=true"})), Faults{"vault.transient_sharing"});
  EXPECT_EQ(FaultsOf(Load({"vault.transient_sharing=true", "store.kind=postgres", "store.dsn=x"})),
            Faults{});
}

}  // namespace
}  // namespace obolus::main
