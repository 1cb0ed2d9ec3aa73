#include "canary/search.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/encoding.h"

namespace obolus::canary {
namespace {

constexpr char kNumber[] = "4907361852746301";
constexpr char kCode[] = "731";
constexpr char kName[] = "Zqwkfjhgtrua";

std::vector<Hit> Find(std::string_view haystack, bool binary = false) {
  const auto searcher = std::make_unique<Searcher>(
      std::vector<Needle>{{Kind::kNumber, kNumber}, {Kind::kCode, kCode}, {Kind::kName, kName}},
      binary);
  return searcher->Search(haystack);
}

struct Written {
  const char* name;
  std::string text;
};

std::string Each(std::string_view before, std::string_view after = "", char between = 0) {
  std::string text;
  for (const char digit : std::string_view(kNumber)) {
    text.append(before).push_back(digit);
    text.append(after);
    if (between != 0) text.push_back(between);
  }
  return text;
}

std::string Bytes(std::string_view hex) {
  return std::string(base::AsText(base::DecodeHex(hex).value()));
}

TEST(CanarySearch, FindsANumberInEachEncoding) {
  const std::string number = kNumber;
  const std::string nul(1, '\0');
  const std::vector<Written> all = {
      {"plain", "{\"pan\":\"" + number + "\"}"},
      {"inside other digits", "99" + number + "123"},
      {"spaced by four", "4907 3618 5274 6301"},
      {"dashed", "4907-3618-5274-6301"},
      {"reversed", "1036472581637094"},
      {"JSON escapes", "\"" + Each("\\u003") + "\""},
      {"percent", Each("%3")},
      {"percent twice", Each("%253")},
      {"HTML", Each("&#x3", ";")},
      {"hex", "x " + base::EncodeHex(base::AsBytes("pan=" + number))},
      {"hex in upper case", "343930373336313835323734363330311F"},
      {"hex at an odd place", "a" + base::EncodeHex(base::AsBytes(number))},
      {"base64, first alignment", base::EncodeBase64(base::AsBytes(number))},
      {"base64, second alignment", base::EncodeBase64(base::AsBytes("x" + number))},
      {"base64, third alignment", base::EncodeBase64(base::AsBytes("xy" + number))},
      {"base64url, in a JWT's middle",
       "eyJ9." + base::EncodeBase64Url(base::AsBytes("~?~" + number)) + ".AA"},
      {"base64 twice",
       base::EncodeBase64(base::AsBytes(base::EncodeBase64(base::AsBytes(number))))},
      {"UTF-16LE", Each("", nul)},
      {"UTF-16BE", Each(nul)},
      {"packed", Bytes("ff4907361852746301ff")},
      {"packed at an odd place", Bytes("c49073618527463010")},
  };
  for (const auto& [name, text] : all) {
    EXPECT_EQ(Find(text, true).size() > 0, true) << name;
    EXPECT_EQ(Find("noise \n" + text + "\n noise").size() > 0, true) << name;
  }
}

TEST(CanarySearch, FindsAPartOfSevenDigits) {
  EXPECT_FALSE(Find("tail=5274630 1").empty());
  for (const char* text : {"4907361", "490736 1", "4907361xxxxx6301", "number 6185274,"}) {
    EXPECT_EQ(Find(text).size() == 1, std::string_view(text) != "4907361xxxxx6301") << text;
  }
  EXPECT_FALSE(Find("4907361*****6301").empty());
  EXPECT_TRUE(Find("4907361*****6301", true).empty());
  EXPECT_FALSE(Find("490736185*****01", true).empty());
}

TEST(CanarySearch, AMaskIsNoHit) {
  for (const char* text : {"490736******6301", "490736 6301", "4907366301", "first_six\":\"490736",
                           "6301", "1490736185", "4907361852746302xx"}) {
    EXPECT_EQ(Find(text).empty(), std::string_view(text) != "4907361852746302xx") << text;
  }
}

TEST(CanarySearch, ACodeCountsAfterItsNameOnly) {
  EXPECT_TRUE(Find("731 took 731 ms").empty());
  EXPECT_FALSE(Find(R"({"security_code":"731"})").empty());
  EXPECT_FALSE(Find(R"({\"security_code\": \"731\"})").empty());
  EXPECT_FALSE(Find("CVC 731").empty());
  EXPECT_TRUE(Find(R"({"security_code":"7310"})").empty());
  EXPECT_FALSE(Find(base::EncodeBase64(base::AsBytes(R"({"security_code":"731"})"))).empty());
}

TEST(CanarySearch, ANameIsFoundWhateverItsCase) {
  EXPECT_EQ(Find("MR ZQWKFJHGTRUA").at(0).kind, Kind::kName);
  std::string wide;
  for (const char c : std::string_view(kName)) wide += {c, '\0'};
  EXPECT_FALSE(Find(wide).empty());
  EXPECT_TRUE(Find("zqwkfjh").empty());
}

}  // namespace
}  // namespace obolus::canary
