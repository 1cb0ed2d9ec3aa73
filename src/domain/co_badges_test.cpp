#include "domain/co_badges.h"

#include <gtest/gtest.h>

#include <string>

namespace obolus::domain {
namespace {

using enum CardNetwork;
using Networks = std::vector<CardNetwork>;
using Rows = std::vector<CoBadge>;

std::vector<std::string> FaultsOf(std::string_view csv) {
  std::vector<std::string> faults;
  const auto rows = ParseCoBadges(csv);
  if (rows) return faults;
  for (const auto& field : rows.error().fields) faults.push_back(field.pointer);
  return faults;
}

TEST(CoBadges, KnowsPublishedCards) {
  const CoBadges built_in;
  const std::pair<std::string_view, Networks> published[] = {
      {"4000002500001001", {kVisa, kCartesBancaires}},
      {"5555552500001001", {kMastercard, kCartesBancaires}},
      {"4035501000000008", {kVisa, kCartesBancaires}},
      {"4360000001000005", {kVisa, kCartesBancaires}},
      {"6703444444444449", {kMaestro, kBancontact}},
      {"4871049999999910", {kVisa, kBancontact}},
      {"5127880999999990", {kMastercard, kBancontact}},
      {"4571000000000001", {kVisa, kDankort}},
      {"5019555544445555", {kDankort}},
      {"4242424242424242", {kVisa}},
      {"9999999999999995", {}},
  };
  for (const auto& [number, networks] : published) {
    EXPECT_TRUE(PassesLuhn(number)) << number;
    EXPECT_EQ(built_in.NetworksOf(number), networks) << number;
    EXPECT_EQ(built_in.NetworksOf(number.substr(0, 8)), networks) << number;
  }
}

TEST(CoBadges, SaysOnlyWhatIsCertainOfTheDigitsSoFar) {
  const CoBadges built_in;
  EXPECT_EQ(built_in.NetworksOf("4000002"), Networks{kVisa});
  EXPECT_EQ(built_in.NetworksOf("40000025"), (Networks{kVisa, kCartesBancaires}));
  EXPECT_EQ(built_in.NetworksOf("670344"), (Networks{kMaestro, kBancontact}));
  EXPECT_EQ(built_in.NetworksOf("67034"), Networks{kMaestro});
  EXPECT_EQ(built_in.NetworksOf(""), Networks{});
  EXPECT_EQ(built_in.NetworksOf("4x000025"), Networks{});
}

TEST(CoBadges, PreferredNetworksComeFirst) {
  const CoBadges preferring({}, {kDankort, kCartesBancaires});
  EXPECT_EQ(preferring.NetworksOf("40000025"), (Networks{kCartesBancaires, kVisa}));
  EXPECT_EQ(preferring.NetworksOf("45710000"), (Networks{kDankort, kVisa}));
  EXPECT_EQ(preferring.NetworksOf("42424242"), Networks{kVisa});
}

TEST(CoBadges, AnOperatorsRowsAreAdded) {
  const Rows rows = {{40000000, 40000010, kCartesBancaires}, {90000000, 90000000, kBancontact}};
  const CoBadges more(rows);
  EXPECT_EQ(more.NetworksOf("40000010"), (Networks{kVisa, kCartesBancaires}));
  EXPECT_EQ(more.NetworksOf("40000011"), Networks{kVisa});
  EXPECT_EQ(more.NetworksOf("40000025"), (Networks{kVisa, kCartesBancaires})) << "still built in";
  EXPECT_EQ(more.NetworksOf("90000000"), Networks{kBancontact}) << "no other network names it";
}

TEST(CoBadges, RangesThatTouchOrOverlapAreOne) {
  const Rows rows = {{41000050, 41000099, kCartesBancaires},
                     {41000000, 41000049, kCartesBancaires},
                     {41000010, 41000020, kCartesBancaires}};
  const CoBadges more(rows);
  EXPECT_EQ(more.NetworksOf("410000"), (Networks{kVisa, kCartesBancaires}));
  EXPECT_EQ(more.NetworksOf("41000099"), (Networks{kVisa, kCartesBancaires}));
  EXPECT_EQ(more.NetworksOf("41000100"), Networks{kVisa});
}

TEST(ParseCoBadges, ReadsRowsOfSixToEightDigits) {
  const auto rows = ParseCoBadges(
      "low,high,network\n"
      "# of the issuer's table of May\n"
      "400000, 400001 ,cartesbancaires\r\n"
      "\n"
      "45710000,45719999,dankort");
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (Rows{{40000000, 40000199, kCartesBancaires}, {45710000, 45719999, kDankort}}));
  EXPECT_EQ(ParseCoBadges(""), Rows{});
}

TEST(ParseCoBadges, NamesTheLinesAtFault) {
  const std::vector<std::string> second{"line 2"};
  const std::string good = "400000,400001,cartesbancaires\n";
  for (const std::string bad :
       {"400000,400001", "400000,400001,visa,x", "40000,40001,visa", "400000001,400000002,visa",
        "400000,39999x,visa", "400001,400000,visa", "400000,400001,VISA", "400000,400001,", "x",
        "+40000,400001,visa", "low,high,network"}) {
    EXPECT_EQ(FaultsOf(good + bad + "\n" + good), second) << bad;
  }
  EXPECT_EQ(FaultsOf("x\n" + good + "y"), (std::vector<std::string>{"line 1", "line 3"}));
}

TEST(ParseCoBadges, StopsAfterTenFaultsAndAtTheLimitOfRows) {
  std::string csv;
  for (int i = 0; i < 20; ++i) csv += "x\n";
  EXPECT_EQ(FaultsOf(csv).size(), 10U);
  csv.clear();
  for (std::size_t i = 0; i < kMaxCoBadgeRows; ++i) csv += "400000,400001,visa\n";
  EXPECT_EQ(ParseCoBadges(csv)->size(), kMaxCoBadgeRows);
  EXPECT_EQ(FaultsOf(csv + "400000,400001,visa\n400000,400001,visa\n"),
            std::vector<std::string>{"line 200001"});
}

}  // namespace
}  // namespace obolus::domain
