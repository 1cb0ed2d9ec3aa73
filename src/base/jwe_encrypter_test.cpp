#include "base/jwe_encrypter.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/jwe.h"

namespace obolus::base {
namespace {

JweKey FreshKey() {
  return JweKey::Generate(JweKeyKind::kEc, "k1");
}

TEST(JweEncrypter, WhatItSealsTheHolderOfTheKeyOpens) {
  auto key = FreshKey();
  const auto jwk = key.PublicJwk();
  std::vector<JweKey> keys;
  keys.push_back(std::move(key));
  const JweDecrypter decrypter(std::move(keys));
  for (const std::string text : {"", "4242424242424242", "späße"}) {
    const auto token = EncryptJwe(jwk, text);
    ASSERT_TRUE(token);
    const auto opened = decrypter.Decrypt(*token);
    ASSERT_TRUE(opened);
    EXPECT_EQ(AsText(opened->view()), text);
  }
  EXPECT_NE(*EncryptJwe(jwk, "x"), *EncryptJwe(jwk, "x"));
}

TEST(JweEncrypter, AnotherKeyDoesNotOpenIt) {
  const auto token = EncryptJwe(FreshKey().PublicJwk(), "x");
  std::vector<JweKey> keys;
  keys.push_back(FreshKey());
  EXPECT_FALSE(JweDecrypter(std::move(keys)).Decrypt(*token));
}

TEST(JweEncrypter, OnlyPointsOfTheCurveAreKeys) {
  for (const char* member : {"x", "y"}) {
    auto jwk = FreshKey().PublicJwk();
    jwk[member] = EncodeBase64Url(Bytes(32, 7));
    EXPECT_EQ(EncryptJwe(jwk, "x").error().code, ErrorCode::kInvalid);
    jwk.erase(member);
    EXPECT_EQ(EncryptJwe(jwk, "x").error().fields.front().pointer, std::string("/") + member);
  }
}

}  // namespace
}  // namespace obolus::base
