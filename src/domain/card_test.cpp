#include "domain/card.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "domain/co_badges.h"
#include "domain/iin_ranges.h"

namespace obolus::domain {
namespace {

using base::SecretBytes;
using enum CardNetwork;

constexpr CardNetwork kAllNetworks[] = {
    kVisa,     kMastercard, kAmericanExpress, kDiscover,   kDinersClub, kJcb,
    kUnionPay, kMaestro,    kCartesBancaires, kBancontact, kDankort};

base::Timestamp At(std::string_view text) {
  return base::ParseTime(text).value();
}
const base::Timestamp kNow = At("2026-11-22T20:00:00Z");

// Numbers that processors publish for testing.
struct PublishedCard {
  std::string_view number;
  CardNetwork network;
};
constexpr PublishedCard kPublishedCards[] = {
    {"4242424242424242", kVisa},
    {"4111111111111111", kVisa},
    {"4000000000003220", kVisa},
    {"4000000000000002", kVisa},
    {"4000056655665556", kVisa},
    {"4222222222222", kVisa},
    {"5555555555554444", kMastercard},
    {"5105105105105100", kMastercard},
    {"5200828282828210", kMastercard},
    {"2223003122003222", kMastercard},
    {"2222400070000005", kMastercard},
    {"2720428011723762", kMastercard},
    {"378282246310005", kAmericanExpress},
    {"371449635398431", kAmericanExpress},
    {"341134113411347", kAmericanExpress},
    {"6011111111111117", kDiscover},
    {"6011000990139424", kDiscover},
    {"6445644564456445", kDiscover},
    {"6500000000000002", kDiscover},
    {"3056930009020004", kDinersClub},
    {"36227206271667", kDinersClub},
    {"30569309025904", kDinersClub},
    {"38520000023237", kDinersClub},
    {"3566002020360505", kJcb},
    {"3530111333300000", kJcb},
    {"3569990010095841", kJcb},
    {"3088000000000017", kJcb},
    {"6200000000000005", kUnionPay},
    {"6205500000000000004", kUnionPay},
    {"6243030000000001", kUnionPay},
    {"8171999927660000", kUnionPay},
    {"8171999900000000021", kUnionPay},
    {"6759649826438453", kMaestro},
    {"6304000000000000", kMaestro},
    {"6799990100000000019", kMaestro},
    {"5019555544445555", kDankort},
    {"4571000000000001", kVisa},
    {"6703444444444449", kMaestro},
};

// As CheckCard, by the built-in table of co-badged cards.
base::Result<Card> Check(CardEntry entry, std::span<const CardNetwork> allowed,
                         base::Timestamp now) {
  static const CoBadges co_badges;
  return CheckCard(std::move(entry), {allowed, co_badges}, now);
}

CardEntry Entry(std::string_view number = "4242424242424242", std::string_view code = "123",
                std::int64_t month = 12, std::int64_t year = 2030, std::string_view name = "") {
  return {SecretBytes(number), month, year, SecretBytes(code), SecretBytes(name)};
}

std::vector<std::string> Pointers(const base::Result<Card>& card) {
  std::vector<std::string> pointers;
  if (card) return pointers;
  for (const auto& field : card.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

std::string DetailOf(CardEntry entry, std::span<const CardNetwork> allowed = kAllNetworks) {
  const auto card = Check(std::move(entry), allowed, kNow);
  return card ? "" : card.error().fields.at(0).detail;
}

using PointerList = std::vector<std::string>;

TEST(DetectNetwork, KnowsPublishedTestCards) {
  for (const auto& [number, network] : kPublishedCards) {
    EXPECT_EQ(DetectNetwork(number.substr(0, 8)), network) << number;
    EXPECT_TRUE(PassesLuhn(number)) << number;
  }
}

TEST(PassesLuhn, FindsEveryWrongDigit) {
  const std::string good = "4242424242424242";
  EXPECT_TRUE(PassesLuhn(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      std::string other = good;
      other[i] = digit;
      EXPECT_EQ(PassesLuhn(other), other == good) << other;
    }
  }
}

TEST(PassesLuhn, RefusesWhatIsNoNumber) {
  EXPECT_FALSE(PassesLuhn(""));
  EXPECT_FALSE(PassesLuhn("4242 4242 4242 4242"));
  EXPECT_FALSE(PassesLuhn("abcd"));
  EXPECT_TRUE(PassesLuhn("0"));
}

TEST(NetworkSpellings, HaveOneRowForEachNetwork) {
  EXPECT_EQ(NetworkSpellings().size(), kCardNetworkCount);
  for (const CardNetwork network : kAllNetworks) {
    const NetworkSpelling& spelling = SpellingOf(network);
    EXPECT_EQ(spelling.network, network);
    EXPECT_EQ(ParseEventNetwork(spelling.event), network);
  }
  EXPECT_EQ(SpellingOf(kAmericanExpress).event, "AMERICAN_EXPRESS");
  EXPECT_EQ(SpellingOf(kAmericanExpress).session, "americanexpress");
  EXPECT_EQ(SpellingOf(kAmericanExpress).guardian, "american express");
  EXPECT_EQ(SpellingOf(kAmericanExpress).element, "american-express");
}

TEST(NetworkSpellings, TheSessionsIsReadExactly) {
  for (const CardNetwork network : kAllNetworks) {
    EXPECT_EQ(ParseSessionNetwork(SpellingOf(network).session), network);
  }
  EXPECT_EQ(ParseSessionNetwork("cartesbancaires"), kCartesBancaires);
  EXPECT_EQ(SpellingOf(kCartesBancaires).element, "cartes-bancaires");
  EXPECT_EQ(SpellingOf(kCartesBancaires).guardian, "cartes bancaires");
  EXPECT_EQ(ParseSessionNetwork("VISA"), std::nullopt);
  EXPECT_EQ(ParseSessionNetwork(""), std::nullopt);
}

TEST(NetworkSpellings, AreReadInAnyCase) {
  EXPECT_EQ(ParseEventNetwork("visa"), kVisa);
  EXPECT_EQ(ParseEventNetwork("Diners_Club"), kDinersClub);
  EXPECT_EQ(ParseEventNetwork("american express"), std::nullopt);
  EXPECT_EQ(ParseEventNetwork("VIS"), std::nullopt);
  EXPECT_EQ(ParseEventNetwork(""), std::nullopt);
}

TEST(CvcLength, IsFourForAmericanExpressOnly) {
  for (const CardNetwork network : kAllNetworks) {
    EXPECT_EQ(CvcLength(network), network == kAmericanExpress ? 4U : 3U);
  }
}

TEST(CheckCard, AcceptsPublishedTestCards) {
  for (const auto& [number, network] : kPublishedCards) {
    const std::string_view code = network == kAmericanExpress ? "1234" : "123";
    const auto card = Check(Entry(number, code), kAllNetworks, kNow);
    ASSERT_TRUE(card) << number << " " << card.error().fields[0].detail;
    EXPECT_EQ(card->network, network);
    EXPECT_EQ(card->account_number.text(), number);
    EXPECT_EQ(card->security_code.text(), code);
  }
}

TEST(CheckCard, TakesSpacesAndHyphensOutOfTheNumber) {
  for (const std::string_view typed : {"4242 4242 4242 4242", "4242-4242-4242-4242",
                                       "  42 42424242424242 ", "4-2-4-2 4242 4242 4242"}) {
    const auto card = Check(Entry(typed), kAllNetworks, kNow);
    ASSERT_TRUE(card) << typed;
    EXPECT_EQ(card->account_number.text(), "4242424242424242");
  }
}

TEST(CheckCard, KeepsTheRest) {
  const auto card =
      Check(Entry("4242424242424242", "007", 3, 2031, "Zoë Ängström"), kAllNetworks, kNow);
  ASSERT_TRUE(card);
  EXPECT_EQ(card->expiry_month, 3);
  EXPECT_EQ(card->expiry_year, 2031);
  EXPECT_EQ(card->security_code.text(), "007");
  EXPECT_EQ(card->cardholder_name.text(), "Zoë Ängström");
}

TEST(CheckCard, SaysWhatIsWrongWithTheNumber) {
  EXPECT_EQ(DetailOf(Entry("")), "is required");
  EXPECT_EQ(DetailOf(Entry("  - ")), "is required");
  EXPECT_EQ(DetailOf(Entry("4242x24242424242")), "must be 12 to 19 digits");
  EXPECT_EQ(DetailOf(Entry("4242.4242.4242.4242")), "must be 12 to 19 digits");
  EXPECT_EQ(DetailOf(Entry("67596498264")), "must be 12 to 19 digits");
  EXPECT_EQ(DetailOf(Entry("42424242424242424242")), "must be 12 to 19 digits");
  EXPECT_EQ(DetailOf(Entry("4242424242424243")),
            "is not a card number: the check digit does not match");
  EXPECT_EQ(DetailOf(Entry("9999999999999995")), "belongs to no card network that we know");
  EXPECT_EQ(DetailOf(Entry("55555555555553")), "has a length that this card network does not use");
  const CardNetwork only_visa[] = {kVisa};
  EXPECT_EQ(DetailOf(Entry("5555555555554444"), only_visa),
            "belongs to a card network not accepted");
  EXPECT_EQ(DetailOf(Entry("5555555555554444"), {}), "");  // no list: every network
}

TEST(CheckCard, RefusesEveryLengthThatTheNetworkDoesNotUse) {
  for (const CardNetwork network : kAllNetworks) {
    EXPECT_FALSE(NumberLengths(network).empty());
    for (const std::size_t length : NumberLengths(network)) {
      EXPECT_GE(length, 12U);
      EXPECT_LE(length, 19U);
    }
  }
  // 42, then zeroes, then the check digit that fits.
  for (std::size_t length = 12; length <= 19; ++length) {
    std::string number = "42" + std::string(length - 2, '0');
    while (!PassesLuhn(number)) ++number.back();
    const bool is_visa_length = length == 13 || length == 16 || length == 19;
    EXPECT_EQ(Check(Entry(number), kAllNetworks, kNow).has_value(), is_visa_length) << number;
  }
}

TEST(CheckCard, RefusesExpiriesThatCannotBe) {
  const auto pointers = [](std::optional<std::int64_t> month, std::optional<std::int64_t> year) {
    CardEntry entry = Entry();
    entry.expiry_month = month;
    entry.expiry_year = year;
    return Pointers(Check(std::move(entry), kAllNetworks, kNow));
  };
  EXPECT_EQ(pointers(0, 2030), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(13, 2030), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(-1, 2030), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(INT64_MAX, 2030), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(12, 30), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(12, 10000), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(12, INT64_MAX), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(12, INT64_MIN), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(12, 2047), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(12, 2046), PointerList{});
  EXPECT_EQ(pointers(12, 2025), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(10, 2026), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(std::nullopt, 2030), PointerList{"/expiry_month"});
  EXPECT_EQ(pointers(12, std::nullopt), PointerList{"/expiry_year"});
  EXPECT_EQ(pointers(std::nullopt, std::nullopt), (PointerList{"/expiry_month", "/expiry_year"}));
}

TEST(CheckCard, LetsACardLiveUntilItsMonthHasEndedEverywhere) {
  const auto is_accepted = [](std::int64_t month, std::int64_t year, std::string_view now) {
    return Check(Entry("4242424242424242", "123", month, year), kAllNetworks, At(now)).has_value();
  };
  EXPECT_TRUE(is_accepted(11, 2026, "2026-11-30T23:59:59.999Z"));
  EXPECT_TRUE(is_accepted(11, 2026, "2026-12-01T11:59:59.999Z"));
  EXPECT_FALSE(is_accepted(11, 2026, "2026-12-01T12:00:00.000Z"));
  EXPECT_TRUE(is_accepted(12, 2026, "2027-01-01T11:59:59.999Z"));
  EXPECT_FALSE(is_accepted(12, 2026, "2027-01-01T12:00:00Z"));
  EXPECT_TRUE(is_accepted(2, 2028, "2028-02-29T23:00:00Z"));
}

TEST(CheckCard, WantsTheCodeOfTheNetwork) {
  const auto pointers = [](std::string_view number, std::string_view code) {
    return Pointers(Check(Entry(number, code), kAllNetworks, kNow));
  };
  const PointerList at_fault{"/security_code"};
  for (const std::string_view code : {"", "12", "1234", "12a", " 12", "١٢٣"}) {
    EXPECT_EQ(pointers("4242424242424242", code), at_fault) << code;
  }
  EXPECT_EQ(pointers("378282246310005", "123"), at_fault);
  EXPECT_EQ(pointers("378282246310005", "12345"), at_fault);
  EXPECT_EQ(pointers("378282246310005", "1234"), PointerList{});
  // An unknown network lets both lengths pass: one fault is enough.
  EXPECT_EQ(pointers("9999999999999995", "1234"), PointerList{"/account_number"});
  EXPECT_EQ(pointers("9999999999999995", "12"), (PointerList{"/account_number", "/security_code"}));
}

TEST(CheckCard, RefusesNamesThatAreNone) {
  const auto is_accepted = [](std::string_view name) {
    return Check(Entry("4242424242424242", "123", 12, 2030, name), kAllNetworks, kNow).has_value();
  };
  EXPECT_TRUE(is_accepted(""));
  EXPECT_TRUE(is_accepted(std::string(128, 'x')));
  EXPECT_FALSE(is_accepted(std::string(129, 'x')));
  EXPECT_TRUE(is_accepted("Henry 12345678901"));
  EXPECT_FALSE(is_accepted("4242 4242 4242 4242"));
  EXPECT_FALSE(is_accepted("a1b2c3d4e5f6g7h8i9j0k1l2"));
  EXPECT_FALSE(is_accepted("Ann\r\nX: y"));
  EXPECT_FALSE(is_accepted(std::string_view("An\0n", 4)));
}

constexpr std::string_view kCoBadged = "4000002500001001";  // Visa and Cartes Bancaires

std::optional<CardNetwork> NetworkOf(std::string_view number, std::optional<CardNetwork> choice,
                                     std::span<const CardNetwork> allowed = {}) {
  CardEntry entry = Entry(number);
  entry.card_network = choice;
  const auto card = Check(std::move(entry), allowed, kNow);
  if (!card) return std::nullopt;
  EXPECT_EQ(Mask(*card).network, card->network);
  return card->network;
}

TEST(CheckCard, PaysWithTheNetworkThatTheShopperChose) {
  EXPECT_EQ(NetworkOf(kCoBadged, kCartesBancaires), kCartesBancaires);
  EXPECT_EQ(NetworkOf(kCoBadged, kVisa), kVisa);
  EXPECT_EQ(NetworkOf(kCoBadged, std::nullopt), kVisa) << "as its first digits say";
  EXPECT_EQ(NetworkOf("6703444444444449", kBancontact), kBancontact);
  EXPECT_EQ(NetworkOf("4571000000000001", kDankort), kDankort);
}

TEST(CheckCard, ACoBadgedCardIsAcceptedWhenOneOfItsNetworksIs) {
  const CardNetwork only_domestic[] = {kCartesBancaires, kMastercard};
  EXPECT_EQ(NetworkOf(kCoBadged, std::nullopt, only_domestic), kCartesBancaires);
  EXPECT_EQ(NetworkOf(kCoBadged, kCartesBancaires, only_domestic), kCartesBancaires);
  const CardNetwork only_visa[] = {kVisa};
  EXPECT_EQ(NetworkOf(kCoBadged, std::nullopt, only_visa), kVisa);
  const CardNetwork neither[] = {kMastercard};
  EXPECT_EQ(DetailOf(Entry(kCoBadged), neither), "belongs to a card network not accepted");
}

TEST(CheckCard, RefusesAChoiceThatTheNumberOrTheSessionDoesNotHave) {
  const auto pointers = [](CardNetwork choice, std::span<const CardNetwork> allowed) {
    CardEntry entry = Entry(kCoBadged);
    entry.card_network = choice;
    return Pointers(Check(std::move(entry), allowed, kNow));
  };
  const PointerList at_fault{"/additional_data/card_network"};
  const CardNetwork only_visa[] = {kVisa};
  EXPECT_EQ(pointers(kMastercard, {}), at_fault);
  EXPECT_EQ(pointers(kCartesBancaires, only_visa), at_fault);
  EXPECT_EQ(pointers(kVisa, only_visa), PointerList{});
  CardEntry mistyped = Entry("4000002500001002");
  mistyped.card_network = kMastercard;
  EXPECT_EQ(Pointers(Check(std::move(mistyped), {}, kNow)), PointerList{"/account_number"})
      << "of a number that is none, the choice means nothing";
}

TEST(CheckCard, NamesAllMembersAtFaultInOrder) {
  const auto card = Check(Entry("1", "x", 13, 1, std::string(200, 'n')), kAllNetworks, kNow);
  EXPECT_EQ(Pointers(card), (PointerList{"/account_number", "/expiry_month", "/expiry_year",
                                         "/security_code", "/additional_data/cardholder_name"}));
  EXPECT_EQ(card.error().code, base::ErrorCode::kInvalid);
}

TEST(CheckCard, NeverRepeatsTheCardInItsFaults) {
  const auto card = Check(Entry("4242424242424243", "98765"), kAllNetworks, kNow);
  ASSERT_FALSE(card);
  std::string all = card.error().message;
  for (const auto& field : card.error().fields) all += field.pointer + field.detail;
  EXPECT_EQ(all.find("4242"), std::string::npos);
  EXPECT_EQ(all.find("98765"), std::string::npos);
}

TEST(Mask, KeepsSixAndFourDigits) {
  const auto card = Check(Entry("378282246310005", "1234", 1, 2031, "Ada"), kAllNetworks, kNow);
  ASSERT_TRUE(card);
  EXPECT_EQ(Mask(*card), (MaskedCard{"Ada", kAmericanExpress, 1, 2031, "378282", "0005"}));
}

TEST(Mask, HidesAtLeastTwoDigitsOfTheShortestNumber) {
  std::string number = "675900000000";
  while (!PassesLuhn(number)) ++number.back();
  const auto card = Check(Entry(number), kAllNetworks, kNow);
  ASSERT_TRUE(card);
  const MaskedCard masked = Mask(*card);
  EXPECT_EQ(masked.first_six.size() + masked.last_four.size() + 2, number.size());
}

}  // namespace
}  // namespace obolus::domain
