#include "vault/echo_masker.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/encoding.h"

namespace obolus::vault {
namespace {

using base::SecretBytes;

constexpr std::string_view kNumber = "4929420573595709";
constexpr std::string_view kCode = "737";
const std::vector<std::string> kBeforeCode = {R"(","secret":")"};

std::string MaskIn(const std::vector<std::string_view>& pieces, std::string_view number = kNumber) {
  EchoMasker masker{SecretBytes(number), SecretBytes(kCode), kBeforeCode};
  std::string out;
  for (const std::string_view piece : pieces) masker.Feed(piece, &out);
  masker.Finish(&out);
  return out;
}
std::string Mask(std::string_view text) {
  return MaskIn({text});
}

std::string Each(std::string_view digits, const std::function<std::string(char)>& write) {
  std::string text;
  for (const char digit : digits) text += write(digit);
  return text;
}

std::string Base64(std::string_view text) {
  std::string encoded = base::EncodeBase64Url(base::AsBytes(text));
  for (char& c : encoded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return encoded;
}

// The number as a destination may write it, none of which may come through.
std::vector<std::string> Spellings(std::string_view number) {
  const std::string plain(number);
  std::string spaced = plain;
  std::string dashed = plain;
  for (const std::size_t at : {12U, 8U, 4U}) {
    spaced.insert(at, " ");
    dashed.insert(at, "-");
  }
  return {plain,
          spaced,
          dashed,
          Each(plain, [](char c) { return "%" + base::EncodeHex(base::AsBytes({&c, 1})); }),
          Each(plain, [](char c) { return "\\u00" + base::EncodeHex(base::AsBytes({&c, 1})); }),
          Each(plain, [](char c) { return "&#" + std::to_string(int{c}) + ";"; }),
          Each(plain, [](char c) { return "&#x" + base::EncodeHex(base::AsBytes({&c, 1})) + ";"; }),
          Each(plain, [](char c) { return std::string({c, '\0'}); }),
          base::EncodeHex(base::AsBytes(plain)),
          Base64("{\"n\":\"" + plain + "\"}"),
          Base64("{\"nu\":\"" + plain + "\"}"),
          Base64("{\"num\":\"" + plain + "\"}"),
          Base64(plain)};
}

TEST(EchoMasker, ShowsTheLastFourDigitsOfANumber) {
  EXPECT_EQ(Mask("card 4929420573595709 was declined"), "card ************5709 was declined");
  EXPECT_EQ(Mask("4929 4205 7359 5709"), "**** **** **** 5709");
  EXPECT_EQ(Mask("4929-4205-7359-5709."), "****-****-****-5709.");
  EXPECT_EQ(Mask("n=%34%39%32%39%34%32%30%35%37%33%35%39%35%37%30%39"),
            "n=************%35%37%30%39");
}

TEST(EchoMasker, ANumberOfJsonBecomesAText) {
  EXPECT_EQ(Mask(R"({"n": 4929420573595709,"a":["4929420573595709", 4929420573595709]})"),
            R"({"n": "************5709","a":["************5709", "************5709"]})");
  EXPECT_EQ(Mask(R"({"cvc":737,"x":{"cvv": 737 }})"), R"({"cvc":"***","x":{"cvv": "***" }})");
}

TEST(EchoMasker, NoSpellingComesThrough) {
  for (const std::string& spelling : Spellings(kNumber)) {
    const std::string masked = Mask("before " + spelling + " after");
    EXPECT_EQ(masked.find(spelling), std::string::npos) << spelling;
    EXPECT_GE(std::ranges::count(masked, '*'), 12) << spelling << " -> " << masked;
    EXPECT_TRUE(masked.starts_with("before ")) << masked;
    EXPECT_TRUE(masked.ends_with(" after")) << masked;
  }
}

TEST(EchoMasker, ANumberThatIsCutShortIsMaskedWhole) {
  EXPECT_EQ(Mask("492942057359 is no number"), "************ is no number");
  EXPECT_EQ(Mask("492942******5709"), "492942******5709") << "masked by the rules already";
}

TEST(EchoMasker, ACodeIsMaskedWhereSomethingNamesIt) {
  EXPECT_EQ(Mask(R"({"security_code":"737"})"), R"({"security_code":"***"})");
  EXPECT_EQ(Mask("<CVV2>737</CVV2>"), "<CVV2>***</CVV2>");
  EXPECT_EQ(Mask("cvc=737&amount=737000"), "cvc=***&amount=737000");
  EXPECT_EQ(Mask("%22cvc%22%3A%22737%22"), "%22cvc%22%3A%22***%22");
  EXPECT_EQ(Mask("the security code 737 is wrong"), "the security code *** is wrong");
  EXPECT_EQ(Mask(R"({"card":{"a":"b","secret":"737"}})"), R"({"card":{"a":"b","secret":"***"}})")
      << "it stands where the call had it";
}

TEST(EchoMasker, AnAmountThatLooksLikeTheCodeStays) {
  const std::string answer =
      R"({"amount":737,"balance":"1737","id":"ch_737a","cvc_check":"pass","retry_in":)" +
      std::string(60, ' ') + "737}";
  EXPECT_EQ(Mask(answer), answer);
}

TEST(EchoMasker, ACodeInTheWholeRequestInBase64IsMasked) {
  for (const char* lead : {"{", "{ ", "{  "}) {
    const std::string request = std::string(lead) + R"("n":"4929420573595709","secret":"737"})";
    const std::string masked = Mask("echo " + Base64(request));
    std::string url_safe = masked.substr(5);
    EXPECT_GE(std::ranges::count(url_safe, '*'), 20 + 18) << masked;
  }
}

TEST(EchoMasker, WhatHasNoCardInItComesThroughAsItIs) {
  EXPECT_TRUE(rc::check("bytes without the number", [] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    RC_ASSERT(Mask(bytes) == bytes);
  }));
}

std::string RandomAnswer() {
  const auto spellings = Spellings(kNumber);
  const std::array<std::string, 6> others = {
      R"({"cvc":"737","amount":737})", R"(","secret":"737",)", "492942057", "\r\n", "{", "[ 4929"};
  std::string answer;
  const int parts = *rc::gen::inRange(1, 12);
  for (int i = 0; i < parts; ++i) {
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        answer += spellings.at(
            static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(spellings.size()))));
        break;
      case 1:
        answer += others.at(static_cast<std::size_t>(*rc::gen::inRange(0, 6)));
        break;
      case 2:
        answer += std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 900)), 'x');
        break;
      default:
        answer += *rc::gen::container<std::string>(rc::gen::elementOf(std::string("4929 \"%\\:,")));
    }
  }
  return answer;
}

TEST(EchoMasker, HowAnAnswerIsCutIntoPiecesMakesNoDifference) {
  EXPECT_TRUE(rc::check("any cut gives the same", [] {
    const std::string answer = RandomAnswer();
    const std::string whole = Mask(answer);
    std::vector<std::string_view> pieces;
    std::string_view rest = answer;
    const int longest = *rc::gen::elementOf(std::vector<int>{1, 3, 17, 400, 1'500});
    std::minstd_rand random(*rc::gen::arbitrary<unsigned>());
    while (!rest.empty()) {
      const auto size =
          static_cast<std::size_t>(std::uniform_int_distribution<>(1, longest)(random));
      pieces.push_back(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    RC_ASSERT(MaskIn(pieces) == whole);
    for (const std::string& spelling : Spellings(kNumber)) {
      RC_ASSERT(whole.find(spelling) == std::string::npos);
    }
  }));
}

TEST(EchoMasker, CountsWhatItMasked) {
  EchoMasker masker{SecretBytes(kNumber), SecretBytes(), {}};
  std::string out;
  masker.Feed("4929420573595709 and 4929420573595709, cvc 737", &out);
  masker.Finish(&out);
  EXPECT_EQ(masker.hits(), 2u);
  EXPECT_TRUE(out.ends_with("cvc 737")) << "no code was sent";
}

}  // namespace
}  // namespace obolus::vault
