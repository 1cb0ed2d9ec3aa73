#include "http/accept.h"

#include <gtest/gtest.h>

#include <vector>

namespace obolus::http {
namespace {

const std::vector<std::string> kLanguages = {"ar", "de", "en", "fr", "he", "nb", "pt", "zh"};

std::string_view ByHeader(std::string_view header) {
  return ChooseLanguage(kLanguages, {}, header);
}

std::string_view ByWish(const std::vector<std::string>& wishes) {
  return ChooseLanguage(kLanguages, wishes, "fr");
}

TEST(ChooseLanguage, TakesTheFirstWishThatThereIs) {
  EXPECT_EQ(ByWish({"de", "ar"}), "de");
  EXPECT_EQ(ByWish({"", "ar"}), "ar");
  EXPECT_EQ(ByWish({"xx", "ar"}), "ar");
  EXPECT_EQ(ByWish({"", ""}), "fr");
  EXPECT_EQ(ByWish({"<script>", "-", "de--", "--"}), "de");
}

TEST(ChooseLanguage, ShortensATagUntilItIsKnown) {
  for (const auto& [asked, found] :
       {std::pair("de-AT", "de"), std::pair("DE-at-1996", "de"), std::pair("zh-CN", "zh"),
        std::pair("zh-Hans", "zh"), std::pair("zh-Hans-CN", "zh"), std::pair("pt-BR", "pt"),
        std::pair("fr-x-shop", "fr"), std::pair("en-GB", "en")}) {
    EXPECT_EQ(ByWish({asked}), found) << asked;
  }
}

TEST(ChooseLanguage, KnowsWhichLanguageStandsForAnother) {
  EXPECT_EQ(ByWish({"no"}), "nb");
  EXPECT_EQ(ByWish({"nn-NO"}), "nb");
  EXPECT_EQ(ByWish({"iw"}), "he");
}

TEST(ChooseLanguage, FollowsTheWeightsOfTheHeader) {
  EXPECT_EQ(ByHeader("de"), "de");
  EXPECT_EQ(ByHeader("fr;q=0.5, de;q=0.8"), "de");
  EXPECT_EQ(ByHeader("fr, de"), "fr");
  EXPECT_EQ(ByHeader("xx, de-CH;q=0.9, en;q=0.8"), "de");
  EXPECT_EQ(ByHeader(" fr ; q=0.2 ,\tde ; q=0.3"), "de");
}

TEST(ChooseLanguage, NeverServesWhatIsRefused) {
  EXPECT_EQ(ByHeader("de;q=0"), "en");
  EXPECT_EQ(ByHeader("de;q=0.000, fr;q=0.001"), "fr");
}

TEST(ChooseLanguage, SpeaksEnglishWhenNothingElseHelps) {
  for (const char* header : {"", "*", "xx", ",", ";;;", "de;q=2", "de;q=0.1234", "de;q=x", "q=1"}) {
    EXPECT_EQ(ByHeader(header), "en") << header;
  }
}

TEST(ChooseLanguage, ReadsNoMoreThanAnHonestBrowserSends) {
  std::string header;
  for (int i = 0; i < 10'000; ++i) header += "xx,";
  EXPECT_EQ(ByHeader(header + "de"), "en");
}

TEST(AcceptsGzip, WhenItIsWantedNoLessThanThePlainForm) {
  for (const char* header : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.5", "*", "br, *;q=0.1",
                             "gzip, identity", "identity;q=0.5, gzip;q=1.0", "gzip;q=0.001"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0",
                             "gzip;q=0, *", "identity, gzip;q=0.5", "gzip;q=9", "xgzip"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

TEST(QueryValue, IsTheFirstOfItsName) {
  EXPECT_EQ(QueryValue("locale=de", "locale"), "de");
  EXPECT_EQ(QueryValue("a=1&locale=zh%2DCN&locale=x", "locale"), "zh-CN");
  EXPECT_EQ(QueryValue("xlocale=de&localex=de&locale", "locale"), "");
  EXPECT_EQ(QueryValue("locale=%", "locale"), "");
  EXPECT_EQ(QueryValue("", "locale"), "");
}

}  // namespace
}  // namespace obolus::http
