#include "app/session_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/encoding.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using base::SecretBytes;
using base::Uuid;

constexpr std::string_view kFirst = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kSecond = "fedcba9876543210fedcba9876543210";

Uuid SomeId() {
  return base::ParseUuid("019a0000-1111-4222-8333-444455556666").value();
}

SessionKeys Keys(std::initializer_list<std::pair<std::uint8_t, std::string_view>> secrets) {
  std::vector<SessionKeySecret> list;
  for (const auto& [id, text] : secrets) list.push_back({id, SecretBytes(text)});
  return SessionKeys(std::move(list));
}

TEST(SessionKeys, OpensWhatItMade) {
  const SessionKeys keys = Keys({{7, kFirst}});
  for (const auto purpose : {KeyPurpose::kPayment, KeyPurpose::kTds, KeyPurpose::kReturn}) {
    const auto id = keys.Open(purpose, keys.Make(purpose, SomeId()));
    ASSERT_TRUE(id);
    EXPECT_EQ(*id, SomeId());
  }
}

TEST(SessionKeys, AreAPrefixAndFiftyCharactersOfBase64Url) {
  const SessionKeys keys = Keys({{7, kFirst}});
  std::set<std::string> prefixes;
  for (const auto purpose : {KeyPurpose::kPayment, KeyPurpose::kTds, KeyPurpose::kReturn}) {
    const std::string key = keys.Make(purpose, SomeId());
    EXPECT_EQ(key.size(), 54U);
    prefixes.insert(key.substr(0, 4));
    const auto bytes = base::DecodeBase64Url(key.substr(4));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), 37U);
  }
  EXPECT_EQ(prefixes, (std::set<std::string>{"pay_", "tds_", "ret_"}));
}

TEST(SessionKeys, AnswerTheSameKeyAgain) {
  const SessionKeys keys = Keys({{7, kFirst}});
  EXPECT_EQ(keys.Make(KeyPurpose::kPayment, SomeId()), keys.Make(KeyPurpose::kPayment, SomeId()));
}

TEST(SessionKeys, DifferBySecret) {
  const SessionKeys one = Keys({{7, kFirst}});
  const SessionKeys other = Keys({{7, kSecond}});
  EXPECT_NE(one.Make(KeyPurpose::kPayment, SomeId()), other.Make(KeyPurpose::kPayment, SomeId()));
  EXPECT_FALSE(one.Open(KeyPurpose::kPayment, other.Make(KeyPurpose::kPayment, SomeId())));
}

TEST(SessionKeys, OfOneKindNeverOpenAnother) {
  const SessionKeys keys = Keys({{7, kFirst}});
  std::string key = keys.Make(KeyPurpose::kTds, SomeId());
  EXPECT_FALSE(keys.Open(KeyPurpose::kPayment, key));
  key.replace(0, 4, "pay_");  // the purpose is signed, so the prefix cannot be exchanged
  EXPECT_FALSE(keys.Open(KeyPurpose::kPayment, key));
}

TEST(SessionKeys, RefuseEveryChangedByte) {
  const SessionKeys keys = Keys({{7, kFirst}});
  const std::string key = keys.Make(KeyPurpose::kPayment, SomeId());
  const base::Bytes plain = base::DecodeBase64Url(key.substr(4)).value();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      base::Bytes changed = plain;
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1 << bit));
      const auto opened = keys.Open(KeyPurpose::kPayment, "pay_" + base::EncodeBase64Url(changed));
      ASSERT_FALSE(opened) << "byte " << i << ", bit " << bit;
      EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
    }
  }
}

TEST(SessionKeys, RefuseOtherTextWithoutRepeatingIt) {
  const SessionKeys keys = Keys({{7, kFirst}});
  const std::string key = keys.Make(KeyPurpose::kPayment, SomeId());
  for (const std::string& text :
       {std::string(), std::string("pay_"), std::string("pay"), key.substr(4), key + "A", key + "=",
        key.substr(0, 53), "PAY_" + key.substr(4), " " + key, "pay_" + std::string(50, '!')}) {
    const auto opened = keys.Open(KeyPurpose::kPayment, text);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
    if (text.size() > 4) EXPECT_EQ(opened.error().message.find(text), std::string::npos);
  }
}

TEST(SessionKeys, OfAnOlderServerKeyStillOpen) {
  const SessionKeys before = Keys({{1, kFirst}});
  const std::string key = before.Make(KeyPurpose::kPayment, SomeId());
  const SessionKeys after = Keys({{2, kSecond}, {1, kFirst}});
  EXPECT_EQ(after.current_id(), 2);
  EXPECT_NE(after.Make(KeyPurpose::kPayment, SomeId()), key);
  EXPECT_EQ(after.Make(KeyPurpose::kPayment, SomeId(), 1), key);
  const auto opened = after.Open(KeyPurpose::kPayment, key);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, SomeId());
}

TEST(SessionKeys, OfAServerKeyThatIsGoneDoNotOpen) {
  const std::string key = Keys({{1, kFirst}}).Make(KeyPurpose::kPayment, SomeId());
  const SessionKeys after = Keys({{2, kSecond}});
  EXPECT_FALSE(after.Open(KeyPurpose::kPayment, key));
  EXPECT_EQ(after.Make(KeyPurpose::kPayment, SomeId(), 1),
            after.Make(KeyPurpose::kPayment, SomeId()));
}

TEST(SessionKeys, TellTheirPurposeByPrefix) {
  EXPECT_EQ(PurposeOf("pay_x").value(), KeyPurpose::kPayment);
  EXPECT_EQ(PurposeOf("tds_x").value(), KeyPurpose::kTds);
  EXPECT_EQ(PurposeOf("ret_x").value(), KeyPurpose::kReturn);
  for (const char* text : {"", "pay", "PAY_x", "xpay_"}) {
    const auto purpose = PurposeOf(text);
    ASSERT_FALSE(purpose) << text;
    EXPECT_EQ(purpose.error().code, ErrorCode::kNotFound);
  }
}

TEST(SessionKeysDeathTest, NeedAtLeastOneSecret) {
  EXPECT_DEATH(SessionKeys({}), "");
}

}  // namespace
}  // namespace obolus::app
