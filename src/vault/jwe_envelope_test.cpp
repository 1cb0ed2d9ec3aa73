#include "vault/jwe_envelope.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/jwe_encrypter.h"

namespace obolus::vault {
namespace {

namespace json = base::json;
using base::ErrorCode;
using base::JweKey;
using base::JweKeyKind;
using PointerList = std::vector<std::string>;

const JweEnvelope& Envelope() {
  static const JweEnvelope envelope = [] {
    std::vector<JweKey> keys;
    keys.push_back(JweKey::Generate(JweKeyKind::kEc, "ec-1"));
    keys.push_back(JweKey::Generate(JweKeyKind::kRsa, "rsa-1"));
    return JweEnvelope(std::move(keys));
  }();
  return envelope;
}

constexpr std::string_view kCard =
    R"({"account_number":"4242 4242 4242 4242","expiry_month":7,"expiry_year":2031,)"
    R"("security_code":"012","additional_data":{"cardholder_name":"Zoë"}})";

void ExpectTheCard(const base::Result<domain::CardEntry>& entry) {
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->account_number.text(), "4242 4242 4242 4242");
  EXPECT_EQ(entry->expiry_month, 7);
  EXPECT_EQ(entry->expiry_year, 2031);
  EXPECT_EQ(entry->security_code.text(), "012");
  EXPECT_EQ(entry->cardholder_name.text(), "Zoë");
}

PointerList PointersOf(std::string_view plaintext) {
  const auto entry = ReadCardEntry(plaintext);
  PointerList pointers;
  if (entry) return pointers;
  EXPECT_EQ(entry.error().code, ErrorCode::kInvalid);
  for (const auto& field : entry.error().fields) pointers.push_back(field.pointer);
  return pointers;
}

TEST(JweEnvelope, OpensWhatWasEncryptedToItsKeys) {
  ExpectTheCard(Envelope().Open(testing::EncryptWithEc(Envelope().EcJwk(), kCard).Join()));
  ExpectTheCard(Envelope().Open(testing::EncryptWithRsa(Envelope().RsaJwk(), kCard).Join()));
  ExpectTheCard(
      Envelope().Open(testing::EncryptWithRsa(Envelope().RsaJwk(), kCard, "RSA-OAEP").Join()));
}

TEST(JweEnvelope, ShowsThePublicHalves) {
  EXPECT_EQ(Envelope().EcJwk().at("kid"), "ec-1");
  EXPECT_EQ(Envelope().RsaJwk().at("kid"), "rsa-1");
  EXPECT_FALSE(Envelope().EcJwk().contains("d"));
  EXPECT_FALSE(Envelope().RsaJwk().contains("d"));
}

TEST(JweEnvelope, PassesOnWhyATokenDoesNotOpen) {
  EXPECT_EQ(Envelope().Open("x").error().code, ErrorCode::kMalformed);
  const JweKey stranger = JweKey::Generate(JweKeyKind::kEc, "ec-2");
  EXPECT_EQ(
      Envelope().Open(testing::EncryptWithEc(stranger.PublicJwk(), kCard).Join()).error().code,
      ErrorCode::kNotFound);
  const JweKey impostor = JweKey::Generate(JweKeyKind::kEc, "ec-1");
  const auto entry = Envelope().Open(testing::EncryptWithEc(impostor.PublicJwk(), kCard).Join());
  EXPECT_EQ(entry.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(entry.error().fields.at(0).pointer, "");
}

TEST(JweEnvelope, RefusesAPlaintextThatIsNoObject) {
  for (const std::string_view text : {"", "[]", "\"4242424242424242\"", "4242424242424242", "{",
                                      "null", "{\"account_number\":\"4242424242424242\""}) {
    const auto token = testing::EncryptWithEc(Envelope().EcJwk(), text).Join();
    const auto entry = Envelope().Open(token);
    ASSERT_FALSE(entry) << text;
    EXPECT_EQ(entry.error().code, ErrorCode::kMalformed) << text;
    EXPECT_EQ(entry.error().message.find("4242"), std::string::npos);
  }
}

TEST(ReadCardEntry, ReadsTheNetworkThatTheShopperChose) {
  const auto chosen = [](std::string_view value) {
    return ReadCardEntry("{\"additional_data\":{\"card_network\":" + std::string(value) + "}}");
  };
  EXPECT_EQ(chosen("\"cartesbancaires\"")->card_network, domain::CardNetwork::kCartesBancaires);
  for (const std::string_view absent : {"null", "\"\""}) {
    EXPECT_EQ(chosen(absent)->card_network, std::nullopt) << absent;
  }
  for (const std::string_view bad : {"\"CARTES_BANCAIRES\"", "\"girocard\"", "7", "[]"}) {
    EXPECT_EQ(PointersOf("{\"additional_data\":{\"card_network\":" + std::string(bad) + "}}"),
              PointerList{"/additional_data/card_network"})
        << bad;
  }
}

TEST(ReadCardEntry, TakesNumbersAndNumericTexts) {
  struct Spelling {
    std::string_view month;
    std::string_view year;
  };
  for (const auto& [month, year] : {Spelling{"7", "2031"},
                                    {R"("7")", R"("2031")"},
                                    {R"("07")", R"("31")"},
                                    {"7", "31"},
                                    {R"(" 07 ")", R"(" 2031 ")"}}) {
    const auto entry = ReadCardEntry("{\"expiry_month\":" + std::string(month) +
                                     ",\"expiry_year\":" + std::string(year) + "}");
    ASSERT_TRUE(entry) << month << year;
    EXPECT_EQ(entry->expiry_month, 7);
    EXPECT_EQ(entry->expiry_year, 2031);
  }
}

TEST(ReadCardEntry, TakesTheExpirationDateInstead) {
  for (const std::string_view date : {"07/31", "7/31", "07/2031", " 07 / 2031 "}) {
    const auto entry = ReadCardEntry("{\"expiration_date\":\"" + std::string(date) + "\"}");
    ASSERT_TRUE(entry) << date;
    EXPECT_EQ(entry->expiry_month, 7) << date;
    EXPECT_EQ(entry->expiry_year, 2031) << date;
  }
}

TEST(ReadCardEntry, PrefersMonthAndYear) {
  const auto entry =
      ReadCardEntry(R"({"expiry_month":7,"expiry_year":2031,"expiration_date":"nonsense"})");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->expiry_month, 7);
  EXPECT_EQ(entry->expiry_year, 2031);
}

TEST(ReadCardEntry, RefusesExpirationDatesThatAreNone) {
  for (const std::string_view date : {"", "/", "07", "0731", "07/", "/31", "07/1", "07/031",
                                      "07-31", "07/31/01", "ab/cd", "07/20311", "-7/31"}) {
    EXPECT_EQ(PointersOf("{\"expiration_date\":\"" + std::string(date) + "\"}"),
              PointerList{"/expiration_date"})
        << date;
  }
  EXPECT_EQ(PointersOf(R"({"expiration_date":731})"), PointerList{"/expiration_date"});
}

TEST(ReadCardEntry, ReadsNullAndNothingAsAbsent) {
  for (const std::string_view text :
       {R"({})",
        R"({"account_number":null,"expiry_month":null,"expiry_year":null,"security_code":null,)"
        R"("additional_data":null,"expiration_date":null})",
        R"({"account_number":"","expiry_month":"","expiry_year":" ","security_code":"",)"
        R"("additional_data":{"cardholder_name":null}})"}) {
    const auto entry = ReadCardEntry(text);
    ASSERT_TRUE(entry) << text;
    EXPECT_TRUE(entry->account_number.empty());
    EXPECT_FALSE(entry->expiry_month);
    EXPECT_FALSE(entry->expiry_year);
    EXPECT_TRUE(entry->security_code.empty());
    EXPECT_TRUE(entry->cardholder_name.empty());
  }
}

TEST(ReadCardEntry, IgnoresMembersThatItDoesNotKnow) {
  ExpectTheCard(ReadCardEntry(
      R"({"account_number":"4242 4242 4242 4242","expiry_month":7,"expiry_year":2031,)"
      R"("security_code":"012","additional_data":{"cardholder_name":"Zoë",)"
      R"("billing_address":{"city":"Berlin"}},"ephemeral":true,"more":[1,2,{"a":null}]})"));
}

TEST(ReadCardEntry, ReadsEscapes) {
  const auto entry = ReadCardEntry(R"({"account_number":"\u0034242","security_code":"\u0030"})");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->account_number.text(), "4242");
  EXPECT_EQ(entry->security_code.text(), "0");
}

TEST(ReadCardEntry, NamesEveryMemberOfAWrongType) {
  EXPECT_EQ(PointersOf(R"({"account_number":4242424242424242,"expiry_month":"July",)"
                       R"("expiry_year":20.31,"security_code":123,)"
                       R"("additional_data":{"cardholder_name":["Zoë"]}})"),
            (PointerList{"/account_number", "/expiry_month", "/expiry_year", "/security_code",
                         "/additional_data/cardholder_name"}));
  EXPECT_EQ(PointersOf(R"({"additional_data":"Zoë"})"), PointerList{"/additional_data"});
  EXPECT_EQ(PointersOf(R"({"expiry_month":"12345"})"), PointerList{"/expiry_month"});
  EXPECT_EQ(PointersOf(R"({"expiry_month":"-7"})"), PointerList{"/expiry_month"});
  EXPECT_EQ(PointersOf(R"({"expiry_year":18446744073709551615})"), PointerList{"/expiry_year"});
  EXPECT_EQ(PointersOf(R"({"expiry_year":true})"), PointerList{"/expiry_year"});
}

TEST(ReadCardEntry, LeavesOddNumbersToTheCardsOwnRules) {
  const auto entry = ReadCardEntry(R"({"expiry_month":-7,"expiry_year":-1})");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->expiry_month, -7);
  EXPECT_EQ(entry->expiry_year, -1);
}

TEST(ReadCardEntry, SurvivesAnyCutAndAnyChangeOfOneByte) {
  const std::string text(kCard);
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(ReadCardEntry(text.substr(0, i)));
    for (const char c : {'\0', '"', '{', '}', '\\', '\xff', '9'}) {
      std::string changed = text;
      changed[i] = c;
      const auto entry = ReadCardEntry(changed);
      if (entry) EXPECT_LE(entry->account_number.size(), text.size());
    }
  }
}

}  // namespace
}  // namespace obolus::vault
