#include "cli/printable.h"

#include <gtest/gtest.h>

namespace obolus::cli {
namespace {

TEST(Printable, LeavesWordsOfPeopleAsTheyAre) {
  for (const char* text :
       {"", "Agora", "Bäckerei Müller & Söhne", "店", "قهوة", "🙂", "a=b \"c\""}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(Printable, TakesTheTerminalOutOfReach) {
  EXPECT_EQ(Printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  EXPECT_EQ(Printable("\x1b[2J\x1b]0;title\x07"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(Printable("\x7f\xc2\x9b"
                      "31m"),
            "\\x7f\\x9b31m")
      << "DEL and the C1 form of ESC [";
  EXPECT_EQ(Printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, ShowsWhatWouldTurnOrHideText) {
  EXPECT_EQ(Printable("\u202eabc\u2066\u200b\ufeff\u2028"),
            "\\u202eabc\\u2066\\u200b\\ufeff\\u2028");
  EXPECT_EQ(Printable("\U000e0041"), "\\ue0041");
}

TEST(Printable, CannotBeMadeToLookLikeAnEscape) {
  EXPECT_EQ(Printable("a\\nb"), "a\\\\nb");
}

TEST(Printable, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(Printable("\xff"
                      "a\x80"),
            "\\xffa\\x80");
  EXPECT_EQ(Printable("\xc0\x9b"), "\\xc0\\x9b") << "ESC [ in an overlong form";
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(Printable("\xf0\x9f\x99"), "\\xf0\\x9f\\x99") << "cut off";
}

TEST(PrintableWord, QuotesWhatWouldReadAsMoreThanOne) {
  EXPECT_EQ(PrintableWord("FAILED"), "FAILED");
  EXPECT_EQ(PrintableWord(""), "\"\"");
  EXPECT_EQ(PrintableWord("the bridge answered 503"), "\"the bridge answered 503\"");
  EXPECT_EQ(PrintableWord("x ce_id=7"), "\"x ce_id=7\"");
  EXPECT_EQ(PrintableWord("a\" b"), "\"a\\\" b\"");
}

}  // namespace
}  // namespace obolus::cli
