#include <gtest/gtest.h>

#include <string>

#include "base/jwe.h"
#include "support/jwe_encrypter.h"

namespace obolus::base {
namespace {

using testing::PkeyPointer;
using testing::ToPem;

// Made once: RSA keys take a moment.
const JweKey& RsaKey() {
  static const JweKey key = JweKey::Generate(JweKeyKind::kRsa, "rsa-1");
  return key;
}
const JweKey& P256Key() {
  static const JweKey key = JweKey::Generate(JweKeyKind::kEc, "ec-1");
  return key;
}

TEST(JweKey, ComesBackFromPem) {
  for (const JweKey* key : {&RsaKey(), &P256Key()}) {
    const auto again = JweKey::FromPem(key->ToPem().text(), key->kid());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->kind(), key->kind());
    EXPECT_EQ(again->PublicJwk(), key->PublicJwk());
  }
  EXPECT_TRUE(P256Key().ToPem().text().starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

TEST(JweKey, PublicJwkHoldsNothingPrivate) {
  const json::object rsa = RsaKey().PublicJwk();
  EXPECT_EQ(rsa.size(), 6U);
  EXPECT_EQ(rsa.at("kty"), "RSA");
  EXPECT_EQ(rsa.at("e"), "AQAB");
  EXPECT_EQ(rsa.at("kid"), "rsa-1");
  EXPECT_EQ(rsa.at("alg"), "RSA-OAEP-256");
  EXPECT_EQ(rsa.at("use"), "enc");
  EXPECT_EQ(testing::Decoded(rsa, "n").size(), 256U);
  const json::object ec = P256Key().PublicJwk();
  EXPECT_EQ(ec.size(), 7U);
  EXPECT_EQ(ec.at("kty"), "EC");
  EXPECT_EQ(ec.at("crv"), "P-256");
  EXPECT_EQ(ec.at("alg"), "ECDH-ES");
  EXPECT_EQ(testing::Decoded(ec, "x").size(), 32U);
  EXPECT_EQ(testing::Decoded(ec, "y").size(), 32U);
}

// One in 128 keys has a coordinate with a leading zero byte (RFC 7518 §6.2.1.2 wants it kept).
TEST(JweKey, CoordinatesAlwaysHave32Bytes) {
  for (int i = 0; i < 600; ++i) {
    const json::object jwk = JweKey::Generate(JweKeyKind::kEc, "k").PublicJwk();
    ASSERT_EQ(testing::Decoded(jwk, "x").size(), 32U);
    ASSERT_EQ(testing::Decoded(jwk, "y").size(), 32U);
  }
}

TEST(JweKey, RefusesOtherKeys) {
  const auto generated = [](const char* type, auto... parameters) {
    const PkeyPointer key = testing::Own(EVP_PKEY_Q_keygen(nullptr, nullptr, type, parameters...));
    return ToPem(key.get());
  };
  const std::string pems[] = {"",
                              "not a key",
                              "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                              generated("EC", "P-384"),
                              generated("EC", "secp256k1"),
                              generated("RSA", std::size_t{1024}),
                              generated("ED25519"),
                              generated("X25519")};
  for (const std::string& pem : pems) {
    const auto key = JweKey::FromPem(pem, "k");
    ASSERT_FALSE(key) << pem;
    EXPECT_EQ(key.error().code, ErrorCode::kMalformed);
  }
}

}  // namespace
}  // namespace obolus::base
