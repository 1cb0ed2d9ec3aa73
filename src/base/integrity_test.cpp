#include "base/integrity.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

// The hashes of "alert(1)": openssl dgst -sha256 -binary | base64, and so on.
constexpr char kScript[] = "alert(1)";
constexpr char kSha256[] = "sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=";
constexpr char kSha384[] =
    "sha384-HT2E9NfWiuQ/w1PRai+hTyqW16NIoCGA/m8VQDUopfAtcz6YQjtsMmQd5uRbVDpW";
constexpr char kForeign[] = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

TEST(Integrity, IsSha384) {
  EXPECT_EQ(IntegrityOf(kScript), kSha384);
}

TEST(Integrity, MatchesTheBytesAndNoOthers) {
  for (const char* attribute : {kSha256, kSha384}) {
    EXPECT_EQ(CheckIntegrity(attribute, kScript), IntegrityVerdict::kMatches) << attribute;
    EXPECT_EQ(CheckIntegrity(attribute, "alert(2)"), IntegrityVerdict::kDiffers) << attribute;
  }
  EXPECT_EQ(CheckIntegrity(std::string(kSha256) + "?option", kScript), IntegrityVerdict::kMatches);
}

TEST(Integrity, OfSeveralHashesTheStrongestAlgorithmCounts) {
  const std::string both = std::string(" ") + kForeign + "\n" + kSha384 + " ";
  EXPECT_EQ(CheckIntegrity(both, kScript), IntegrityVerdict::kMatches);
  const std::string weak = std::string(kSha256) + " sha384-AAAA";
  EXPECT_EQ(CheckIntegrity(weak, kScript), IntegrityVerdict::kDiffers);
  const std::string either = std::string(kForeign) + " " + kSha256;
  EXPECT_EQ(CheckIntegrity(either, kScript), IntegrityVerdict::kMatches);
}

TEST(Integrity, IsNoneWhereABrowserWouldNotLook) {
  for (const char* attribute : {"", " ", "md5-AAAA", "sha256", "sha256-", "SHA256-AAAA", "x"}) {
    EXPECT_EQ(CheckIntegrity(attribute, kScript), IntegrityVerdict::kNone) << attribute;
  }
}

}  // namespace
}  // namespace obolus::base
