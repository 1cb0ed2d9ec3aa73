#include "main/card_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "net/test_folder.h"

namespace obolus::main {
namespace {

class CardConfigTest : public ::testing::Test {
 protected:
  // The faults, each as "key: detail".
  std::vector<std::string> Read(const std::string& csv, const std::string& preferred = "") {
    std::ofstream(path_) << csv;
    ConfigValues values(DefaultConfig());
    values.AddSetting("cards.co_badges_file", path_, "a test");
    values.AddSetting("cards.preferred_networks", preferred, "a test");
    config_ = {};
    ReadCards(values, config_);
    std::vector<std::string> faults;
    for (const auto& field : values.faults()) {
      faults.push_back(field.pointer + ": " + field.detail);
    }
    return faults;
  }

 private:
  net::TestFolder folder_;

 protected:
  const std::string path_ = folder_.path() / "co_badges.csv";
  Config config_;
};

using Faults = std::vector<std::string>;

TEST_F(CardConfigTest, ReadsTheTableAndTheOrder) {
  EXPECT_EQ(Read("400000,400001,cartesbancaires\n", "dankort,visa"), Faults{});
  using enum domain::CardNetwork;
  EXPECT_EQ(config_.cards.co_badges,
            (std::vector<domain::CoBadge>{{40000000, 40000199, kCartesBancaires}}));
  EXPECT_EQ(config_.cards.preferred_networks, (std::vector{kDankort, kVisa}));
}

TEST_F(CardConfigTest, FaultsOfTheTableNameItsLines) {
  const std::string file = "cards.co_badges_file: " + path_;
  EXPECT_EQ(Read("low,high,network\n1,2,visa\n400000,400001,visa\nx\n"),
            (Faults{file + " line 2: low and high must be 6 to 8 digits",
                    file + " line 4: must be low,high,network"}));
  EXPECT_EQ(Read(""), Faults{file + " cannot be read, or is empty"});
}

TEST_F(CardConfigTest, KnowsTheNetworksOfTheOrder) {
  EXPECT_EQ(Read("400000,400001,visa", "visa,VISA"),
            Faults{"cards.preferred_networks: VISA is not a network that is supported, such as "
                   "cartesbancaires"});
}

}  // namespace
}  // namespace obolus::main
