#include "domain/iin_ranges.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "domain/card.h"

namespace obolus::domain {
namespace {

using enum CardNetwork;

// The first and last number of every range are in it, and their neighbours are where the table says
// by themselves.
TEST(DetectNetwork, HoldsTheEndsOfEveryRange) {
  for (const IinRange& range : IinRanges()) {
    const auto padded = [&range](std::uint32_t prefix, char fill) {
      std::string text = std::to_string(prefix);
      EXPECT_EQ(text.size(), range.digits);
      return text + std::string(8 - text.size(), fill);
    };
    EXPECT_EQ(DetectNetwork(padded(range.low, '0')), range.network) << range.low;
    EXPECT_EQ(DetectNetwork(padded(range.high, '9')), range.network) << range.high;
  }
}

TEST(DetectNetwork, RangesOfOneLengthNeverOverlap) {
  for (const IinRange& a : IinRanges()) {
    EXPECT_LE(a.low, a.high);
    for (const IinRange& b : IinRanges()) {
      if (&a == &b || a.digits != b.digits) continue;
      EXPECT_TRUE(a.high < b.low || b.high < a.low) << a.low << " " << b.low;
    }
  }
}

TEST(DetectNetwork, EndsWhereTheNetworkEnds) {
  const std::pair<std::string_view, std::optional<CardNetwork>> neighbours[] = {
      {"39999999", kDinersClub},
      {"40000000", kVisa},
      {"49999999", kVisa},
      {"50000000", std::nullopt},
      {"50999999", std::nullopt},
      {"51000000", kMastercard},
      {"55999999", kMastercard},
      {"56000000", std::nullopt},
      {"22209999", std::nullopt},
      {"22210000", kMastercard},
      {"27209999", kMastercard},
      {"27210000", std::nullopt},
      {"33999999", std::nullopt},
      {"34000000", kAmericanExpress},
      {"35000000", std::nullopt},
      {"35279999", std::nullopt},
      {"35280000", kJcb},
      {"35899999", kJcb},
      {"35900000", std::nullopt},
      {"36000000", kDinersClub},
      {"37999999", kAmericanExpress},
      {"38000000", kDinersClub},
      {"29999999", std::nullopt},
      {"30000000", kDinersClub},
      {"30599999", kDinersClub},
      {"30600000", std::nullopt},
      {"30879999", std::nullopt},
      {"30880000", kJcb},
      {"30949999", kJcb},
      {"30950000", kDinersClub},
      {"30959999", kDinersClub},
      {"30960000", kJcb},
      {"31029999", kJcb},
      {"31030000", std::nullopt},
      {"60109999", std::nullopt},
      {"60110000", kDiscover},
      {"60119999", kDiscover},
      {"60120000", std::nullopt},
      {"61999999", std::nullopt},
      {"62000000", kUnionPay},
      {"62999999", kUnionPay},
      {"64399999", std::nullopt},
      {"64400000", kDiscover},
      {"65999999", kDiscover},
      {"66999999", std::nullopt},
      {"67000000", kMaestro},
      {"67999999", kMaestro},
      {"68000000", std::nullopt},
      {"80999999", std::nullopt},
      {"81000000", kUnionPay},
      {"81719999", kUnionPay},
      {"81720000", std::nullopt},
      {"00000000", std::nullopt},
      {"99999999", std::nullopt}};
  for (const auto& [digits, network] : neighbours) {
    EXPECT_EQ(DetectNetwork(digits), network) << digits;
  }
}

TEST(DetectNetwork, CallsCardsOfUnionPayAndDiscoverUnionPay) {
  EXPECT_EQ(DetectNetwork("62212600"), kUnionPay);
  EXPECT_EQ(DetectNetwork("62292599"), kUnionPay);
}

TEST(DetectNetwork, DecidesAsSoonAsTheDigitsDo) {
  EXPECT_EQ(DetectNetwork(""), std::nullopt);
  EXPECT_EQ(DetectNetwork("4"), kVisa);
  EXPECT_EQ(DetectNetwork("5"), std::nullopt);
  EXPECT_EQ(DetectNetwork("55"), kMastercard);
  EXPECT_EQ(DetectNetwork("222"), std::nullopt);
  EXPECT_EQ(DetectNetwork("2221"), kMastercard);
  EXPECT_EQ(DetectNetwork("8100000"), std::nullopt);
  EXPECT_EQ(DetectNetwork("81000000"), kUnionPay);
}

TEST(DetectNetwork, ReadsDigitsOnly) {
  EXPECT_EQ(DetectNetwork("a"), std::nullopt);
  EXPECT_EQ(DetectNetwork("5x"), std::nullopt);
  EXPECT_EQ(DetectNetwork("4 11"), std::nullopt);
}

}  // namespace
}  // namespace obolus::domain
