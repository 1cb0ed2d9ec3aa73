#include "base/encoding.h"

#include <gtest/gtest.h>

#include <utility>

namespace obolus::base {
namespace {

// RFC 4648 §10.
constexpr std::pair<std::string_view, std::string_view> kVectors[] = {{"", ""},
                                                                      {"f", "Zg=="},
                                                                      {"fo", "Zm8="},
                                                                      {"foo", "Zm9v"},
                                                                      {"foob", "Zm9vYg=="},
                                                                      {"fooba", "Zm9vYmE="},
                                                                      {"foobar", "Zm9vYmFy"}};

std::string WithoutPadding(std::string_view text) {
  return std::string(text.substr(0, text.find('=')));
}

TEST(Base64, EncodesTheVectorsOfTheRfc) {
  for (const auto& [plain, encoded] : kVectors) {
    EXPECT_EQ(EncodeBase64(AsBytes(plain)), encoded);
    EXPECT_EQ(EncodeBase64Url(AsBytes(plain)), WithoutPadding(encoded));
  }
}

TEST(Base64Url, DecodesTheVectorsOfTheRfc) {
  for (const auto& [plain, encoded] : kVectors) {
    const auto bytes = DecodeBase64Url(WithoutPadding(encoded));
    ASSERT_TRUE(bytes) << encoded;
    EXPECT_EQ(AsText(*bytes), plain);
  }
}

TEST(Base64Url, UsesTheAlphabetOfUrls) {
  const Bytes bytes{0xfb, 0xff, 0xfe};
  EXPECT_EQ(EncodeBase64Url(bytes), "-__-");
  EXPECT_EQ(EncodeBase64(bytes), "+//+");
  EXPECT_EQ(DecodeBase64Url("-__-").value(), bytes);
}

TEST(Base64Url, EveryLengthComesBack) {
  Bytes bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)).value(), bytes);
    bytes.push_back(static_cast<std::uint8_t>(i * 89 + 7));
  }
}

TEST(Base64Url, RefusesWhatIsNotCanonical) {
  for (const std::string_view text :
       {"A", "AAAAA", "Zg==", "Zm8=", "Zm+v", "Zm/v", "Zm v", "Zm\nv", "Zm9v.", "\xc3\xa4\xc3\xa4",
        "Zh",      // the four bits left over are not zero
        "Zm9"}) {  // nor are these two
    const auto bytes = DecodeBase64Url(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, ErrorCode::kMalformed);
  }
}

TEST(Base64Url, RefusesANulByte) {
  EXPECT_FALSE(DecodeBase64Url(std::string_view("Zm\0v", 4)));
}

TEST(Hex, EncodesInLowerCaseAndDecodesAnyCase) {
  const Bytes bytes{0x00, 0x0f, 0xa5, 0xff};
  EXPECT_EQ(EncodeHex(bytes), "000fa5ff");
  EXPECT_EQ(DecodeHex("000FA5fF").value(), bytes);
  EXPECT_EQ(DecodeHex("").value(), Bytes());
}

TEST(Hex, RefusesOddLengthsAndOtherCharacters) {
  for (const std::string_view text : {"0", "abc", "0g", "g0", "0x", " 1", "-1"}) {
    const auto bytes = DecodeHex(text);
    ASSERT_FALSE(bytes) << text;
    EXPECT_EQ(bytes.error().code, ErrorCode::kMalformed);
  }
}

}  // namespace
}  // namespace obolus::base
