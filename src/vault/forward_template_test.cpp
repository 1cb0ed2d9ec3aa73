#include "vault/forward_template.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace obolus::vault {
namespace {

using base::SecretBytes;

domain::Card CardOf(std::string_view name = "Ada Lovelace") {
  return {SecretBytes(std::string_view("4242424242424242")),
          SecretBytes(),
          SecretBytes(name),
          7,
          2031,
          domain::CardNetwork::kVisa};
}

std::string Fill(std::string_view text, BodyKind kind, std::string_view name = "Ada Lovelace") {
  const auto parsed = ForwardTemplate::Parse(text, kind);
  if (!parsed) return parsed.error().fields.at(0).pointer + " " + parsed.error().message;
  return std::string(parsed->Render(CardOf(name), SecretBytes(std::string_view("012"))).text());
}

TEST(ForwardTemplate, FillsTheFiveFieldsIn) {
  EXPECT_EQ(Fill(R"({"n":"{{ account_number }}","h":"{{cardholder_name}}","e":"{{ expiry_month }}/)"
                 R"({{ expiry_year }}","c":"{{  security_code  }}"})",
                 BodyKind::kJson),
            R"({"n":"4242424242424242","h":"Ada Lovelace","e":"07/2031","c":"012"})");
  EXPECT_EQ(Fill("number={{ account_number }}&name={{ cardholder_name }}&cvc={{ security_code }}",
                 BodyKind::kForm),
            "number=4242424242424242&name=Ada+Lovelace&cvc=012");
  EXPECT_EQ(Fill("<c n='{{ account_number }}'>{{ expiry_month | unwrap }}</c>", BodyKind::kXml),
            "<c n='4242424242424242'>7</c>");
}

TEST(ForwardTemplate, UnwrapMakesANumber) {
  EXPECT_EQ(Fill(R"({"m": "{{ expiry_month | unwrap }}", "y":["{{expiry_year|unwrap}}"],)"
                 R"("n":"{{ account_number | unwrap }}"})",
                 BodyKind::kJson),
            R"({"m": 7, "y":[2031],"n":4242424242424242})");
}

// A name is what the shopper typed: it must not get out of where it stands, nor be read again.
TEST(ForwardTemplate, ANameCannotBreakOut) {
  const std::string name = "\"}, \\ & <x> ' = % + {{ security_code }} é\n";
  const std::string json = Fill(R"({"h":"{{ cardholder_name }}","z":1})", BodyKind::kJson, name);
  const auto value = base::ParseJson(json);
  ASSERT_TRUE(value) << json;
  EXPECT_EQ(base::FindString(*value, "/h"), name);
  EXPECT_EQ(value->get_object().size(), 2u);
  EXPECT_EQ(Fill("a={{ cardholder_name }}&b=1", BodyKind::kForm, "x&b=2\r\n%"),
            "a=x%26b%3D2%0D%0A%25&b=1");
  EXPECT_EQ(Fill("<n a=\"{{ cardholder_name }}\"/>", BodyKind::kXml, "\"/><x>&']]>-->"),
            "<n a=\"&quot;/&gt;&lt;x&gt;&amp;&#39;]]&gt;--&gt;\"/>");
}

TEST(ForwardTemplate, SaysWhereItIsWrong) {
  const auto json = [](std::string_view text) { return Fill(text, BodyKind::kJson); };
  EXPECT_EQ(json(R"({"n":"{{ pan }}"})"),
            "/body at byte 6: no such placeholder; there are account_number, cardholder_name, "
            "expiry_month, expiry_year and security_code");
  EXPECT_EQ(json(R"({"n":"{{ account_number"})"), "/body at byte 6: the placeholder is not closed");
  EXPECT_EQ(json(R"({"n":"{{ account_number | raw }}"})"),
            "/body at byte 6: the only filter is unwrap");
  EXPECT_EQ(json(R"({"n":"{{ cardholder_name | unwrap }}"})"),
            "/body at byte 6: cardholder_name is no number, so it cannot be unwrapped");
  EXPECT_EQ(json(R"({"n":"{{ security_code | unwrap }}"})"),
            "/body at byte 6: security_code is no number, so it cannot be unwrapped");
  EXPECT_EQ(json(R"({"n":"0{{ expiry_month | unwrap }}"})"),
            "/body at byte 7: what is unwrapped must stand alone in its string");
  EXPECT_EQ(json(R"({"n":"{{ expiry_month | unwrap }} "})"),
            "/body at byte 6: what is unwrapped must stand alone in its string");
  for (const char* name : {R"({"{{ account_number }}": 1})", R"({"{{expiry_year|unwrap}}" : 1})"}) {
    EXPECT_EQ(json(name), "/body at byte 2: a placeholder cannot be a member's name");
  }
  EXPECT_TRUE(json(R"({"n":{{ expiry_month }}})").starts_with("/body is not JSON: "));
}

TEST(ForwardTemplate, WhatLooksLikeAPlaceholderInEscapesIsText) {
  EXPECT_EQ(Fill(R"({"a\"{{":1,"b":"\\","c":"{ {account_number} }"})", BodyKind::kJson),
            "/body at byte 5: the placeholder is not closed");
  EXPECT_EQ(Fill(R"({"b":"\\","c":"{ {account_number} }\u007b{"})", BodyKind::kJson),
            R"({"b":"\\","c":"{ {account_number} }\u007b{"})");
}

TEST(ForwardTemplate, KnowsWhatItUsesAndWhatStandsBeforeTheCode) {
  const auto parsed = ForwardTemplate::Parse(
                          R"({"n":"{{account_number}}","c":"{{security_code}}"})", BodyKind::kJson)
                          .value();
  EXPECT_TRUE(parsed.Uses(CardField::kSecurityCode));
  EXPECT_FALSE(parsed.Uses(CardField::kExpiryYear));
  EXPECT_EQ(parsed.BeforeCode(), std::vector<std::string>{R"(","c":")"});
}

}  // namespace
}  // namespace obolus::vault
