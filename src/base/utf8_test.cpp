#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace obolus::base {
namespace {

std::string Quoted(std::string_view text, std::size_t max_bytes = 1000) {
  std::string out;
  AppendAsciiJson(out, text, max_bytes);
  return out;
}

TEST(Utf8, ACharacterIsReadInItsShortestFormOnly) {
  EXPECT_EQ(DecodeUtf8("a").code, 'a');
  EXPECT_EQ(DecodeUtf8("\xe2\x80\xa8x").code, 0x2028U);
  EXPECT_EQ(DecodeUtf8("\xf0\x9f\x98\x80").bytes, 4U);
  for (const char* none : {"\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                           "\xe2\x80", "\xff"}) {
    EXPECT_EQ(DecodeUtf8(none).bytes, 0U) << none;
  }
}

TEST(Utf8, WhatIsNotPrintableAsciiIsEscaped) {
  EXPECT_EQ(Quoted("plain"), R"("plain")");
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("\n\x1b[2J\x7f"), R"("\u000a\u001b[2J\u007f")");
  EXPECT_EQ(Quoted("\xe2\x80\xa8\xe2\x80\xae"), R"("\u2028\u202e")");
  EXPECT_EQ(Quoted("\xf0\x9f\x98\x80"), R"("\ud83d\ude00")");
  EXPECT_EQ(Quoted("\xff\x80"), R"("\ufffd\ufffd")");
}

TEST(Utf8, ACutFallsBetweenCharacters) {
  EXPECT_EQ(Quoted("abc", 2), R"("ab")");
  EXPECT_EQ(Quoted("a\xe2\x80\xa8", 3), R"("a")");
  EXPECT_EQ(CleanText("a\xe2\x80\xa8", 3), "a");
  EXPECT_EQ(CleanText("a\xff", 4), "a\xef\xbf\xbd");
  EXPECT_EQ(CleanText("a\xff", 3), "a");
}

TEST(Utf8, AReaderGetsTheCleanText) {
  const std::string text = "k\xc3\xb6nig\t\"\\\xf0\x9f\x98\x80\xc3";
  const auto parsed = ParseJson(Quoted(text));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->get_string(), CleanText(text, 1000));
}

}  // namespace
}  // namespace obolus::base
