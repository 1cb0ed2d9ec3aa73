#include "base/jwe.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "support/jwe_encrypter.h"

namespace obolus::base {
namespace {

using testing::EcKey;
using testing::EncryptWithEc;
using testing::EncryptWithRsa;
using testing::JweParts;
using testing::PkeyPointer;

constexpr std::string_view kPlaintext = R"({"account_number":"4242424242424242"})";

// Made once: RSA keys take a moment.
const JweKey& RsaKey() {
  static const JweKey key = JweKey::Generate(JweKeyKind::kRsa, "rsa-1");
  return key;
}
const JweKey& P256Key() {
  static const JweKey key = JweKey::Generate(JweKeyKind::kEc, "ec-1");
  return key;
}

const JweDecrypter& Decrypter() {
  static const JweDecrypter decrypter = [] {
    std::vector<JweKey> keys;
    keys.push_back(P256Key().Clone());
    keys.push_back(RsaKey().Clone());
    return JweDecrypter(std::move(keys));
  }();
  return decrypter;
}

ErrorCode CodeOf(const Result<SecretBytes>& result) {
  return result ? ErrorCode::kInternal : result.error().code;
}

TEST(JweDecrypter, OpensEcdhEs) {
  const auto plaintext =
      Decrypter().Decrypt(EncryptWithEc(P256Key().PublicJwk(), kPlaintext).Join());
  ASSERT_TRUE(plaintext) << plaintext.error().message;
  EXPECT_EQ(plaintext->text(), kPlaintext);
}

TEST(JweDecrypter, OpensRsaOaep256AndRsaOaep) {
  for (const std::string_view algorithm : {"RSA-OAEP-256", "RSA-OAEP"}) {
    const auto token = EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext, algorithm);
    const auto plaintext = Decrypter().Decrypt(token.Join());
    ASSERT_TRUE(plaintext) << algorithm;
    EXPECT_EQ(plaintext->text(), kPlaintext);
  }
}

TEST(JweDecrypter, OpensAnEmptyPlaintext) {
  const auto plaintext = Decrypter().Decrypt(EncryptWithEc(P256Key().PublicJwk(), "").Join());
  ASSERT_TRUE(plaintext);
  EXPECT_TRUE(plaintext->empty());
}

TEST(JweDecrypter, HonoursPartyInfo) {
  const auto token =
      EncryptWithEc(P256Key().PublicJwk(), kPlaintext, {{"apu", "QWxpY2U"}, {"apv", "Qm9i"}});
  const auto plaintext = Decrypter().Decrypt(token.Join());
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(plaintext->text(), kPlaintext);
}

TEST(JweDecrypter, RefusesWhatIsNoCompactToken) {
  const std::string good = EncryptWithEc(P256Key().PublicJwk(), kPlaintext).Join();
  const std::string tokens[] = {"",          ".",           "....",
                                "a.b.c.d.e", "not a token", "{}",
                                good + ".",  "." + good,    good + "=",
                                good + "\n", " " + good,    good.substr(good.find('.') + 1)};
  for (const std::string& token : tokens) {
    EXPECT_EQ(CodeOf(Decrypter().Decrypt(token)), ErrorCode::kMalformed) << token;
  }
}

TEST(JweDecrypter, RefusesTokensThatAreTooLong) {
  const std::string long_text(16 * 1024, 'A');
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(long_text)), ErrorCode::kMalformed);
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(long_text + "A")), ErrorCode::kTooLarge);
}

// A token whose header is replaced by `header`; everything else is as a sender would make it.
std::string WithHeader(const json::value& header) {
  JweParts parts = EncryptWithEc(P256Key().PublicJwk(), kPlaintext);
  parts.header_text = EncodeBase64Url(AsBytes(ToText(header)));
  return parts.Join();
}

json::object GoodHeader() {
  return EncryptWithEc(P256Key().PublicJwk(), kPlaintext).header;
}

TEST(JweDecrypter, RefusesHeadersThatItDoesNotAccept) {
  const std::pair<std::string_view, json::value> members[] = {
      {"alg", nullptr},
      {"alg", "none"},
      {"alg", "dir"},
      {"alg", "RSA1_5"},
      {"alg", "ECDH-ES+A256KW"},
      {"alg", "A256KW"},
      {"alg", 1},
      {"alg", "ecdh-es"},
      {"enc", nullptr},
      {"enc", "A128GCM"},
      {"enc", "A256CBC-HS512"},
      {"zip", "DEF"},
      {"crit", json::array{"exp"}},
      {"crit", nullptr},
      {"kid", 7},
      {"epk", nullptr},
      {"epk", "x"},
      {"apu", 1},
      {"apv", "not base64!"},
      {"apu", json::value(std::string(400, 'A'))}};
  for (const auto& [member, value] : members) {
    json::object header = GoodHeader();
    header[member] = value;
    const auto result = Decrypter().Decrypt(WithHeader(header));
    EXPECT_EQ(CodeOf(result), ErrorCode::kMalformed) << member << " " << value;
  }
  for (const json::value& header : {json::value(nullptr), json::value("x"), json::value(1),
                                    json::value(json::array()), json::value(json::object())}) {
    EXPECT_EQ(CodeOf(Decrypter().Decrypt(WithHeader(header))), ErrorCode::kMalformed) << header;
  }
}

TEST(JweDecrypter, RefusesEphemeralKeysOffTheCurve) {
  const json::value zero(EncodeBase64Url(Bytes(32)));
  const json::value one(EncodeBase64Url(Bytes(32, 1)));
  const json::value large(EncodeBase64Url(Bytes(32, 0xff)));
  const std::pair<std::string_view, json::value> members[] = {
      {"x", zero},
      {"y", zero},
      {"x", one},
      {"y", one},
      {"x", large},
      {"y", large},
      {"x", json::value(EncodeBase64Url(Bytes(31, 1)))},
      {"y", json::value(EncodeBase64Url(Bytes(33, 1)))},
      {"x", ""},
      {"x", nullptr},
      {"y", 7},
      {"crv", "P-384"},
      {"crv", "secp256k1"},
      {"kty", "OKP"}};
  for (const auto& [member, value] : members) {
    json::object header = GoodHeader();
    header["epk"].as_object()[member] = value;
    EXPECT_EQ(CodeOf(Decrypter().Decrypt(WithHeader(header))), ErrorCode::kMalformed)
        << member << " " << value;
  }
  json::object header = GoodHeader();
  header["epk"].as_object()["x"] = zero;
  header["epk"].as_object()["y"] = zero;
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(WithHeader(header))), ErrorCode::kMalformed);
}

TEST(JweDecrypter, RefusesAnEncryptedKeyBesideEcdhEs) {
  JweParts parts = EncryptWithEc(P256Key().PublicJwk(), kPlaintext);
  parts.encrypted_key = "AAAA";
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(parts.Join())), ErrorCode::kMalformed);
}

TEST(JweDecrypter, DoesNotKnowOtherKeys) {
  json::object ec = P256Key().PublicJwk();
  ec["kid"] = "ec-2";
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(EncryptWithEc(ec, kPlaintext).Join())),
            ErrorCode::kNotFound);
  // The kid of a key of the other kind is no better.
  ec["kid"] = "rsa-1";
  EXPECT_EQ(CodeOf(Decrypter().Decrypt(EncryptWithEc(ec, kPlaintext).Join())),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(JweDecrypter({}).Decrypt(EncryptWithEc(ec, kPlaintext).Join())),
            ErrorCode::kNotFound);
}

TEST(JweDecrypter, TriesTheKeysOfItsKindWithoutKid) {
  // The header is authenticated, so the content is sealed anew once its kid is gone.
  const PkeyPointer ephemeral = testing::Own(EVP_EC_gen("P-256"));
  const json::object jwk = P256Key().PublicJwk();
  const PkeyPointer recipient = EcKey(testing::Decoded(jwk, "x"), testing::Decoded(jwk, "y"));
  const Bytes secret = testing::SharedSecret(ephemeral.get(), recipient.get());
  JweParts parts = EncryptWithEc(jwk, "", {}, ephemeral);
  parts.header.erase("kid");
  testing::SealContent(&parts, testing::ConcatKdf(secret, "A256GCM", "", "", 256), kPlaintext);
  const auto plaintext = Decrypter().Decrypt(parts.Join());
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(plaintext->text(), kPlaintext);

  std::vector<JweKey> keys;
  keys.push_back(JweKey::Generate(JweKeyKind::kEc, "ec-3"));
  keys.push_back(JweKey::Generate(JweKeyKind::kEc, "ec-2"));
  keys.push_back(P256Key().Clone());
  const auto after_rotation = JweDecrypter(std::move(keys)).Decrypt(parts.Join());
  ASSERT_TRUE(after_rotation) << "it was made for a key from before two rotations";
  EXPECT_EQ(after_rotation->text(), kPlaintext);
}

TEST(JweDecrypter, OlderKeysStayForTheOverlap) {
  const JweKey newer = JweKey::Generate(JweKeyKind::kEc, "ec-2");
  std::vector<JweKey> keys;
  keys.push_back(newer.Clone());
  keys.push_back(P256Key().Clone());
  const JweDecrypter decrypter(std::move(keys));
  EXPECT_EQ(decrypter.PublicJwk(JweKeyKind::kEc).at("kid"), "ec-2");
  EXPECT_TRUE(decrypter.Decrypt(EncryptWithEc(P256Key().PublicJwk(), kPlaintext).Join()));
  EXPECT_TRUE(decrypter.Decrypt(EncryptWithEc(newer.PublicJwk(), kPlaintext).Join()));
}

// Every way in which decryption can fail, beyond the shape of the token.
std::vector<std::string> TokensThatDoNotOpen() {
  std::vector<std::string> tokens;
  const auto flip = [](std::string part) {
    part[part.size() / 2] = part[part.size() / 2] == 'A' ? 'B' : 'A';
    return part;
  };
  json::object stranger_ec = JweKey::Generate(JweKeyKind::kEc, "ec-1").PublicJwk();
  json::object stranger_rsa = JweKey::Generate(JweKeyKind::kRsa, "rsa-1").PublicJwk();
  tokens.push_back(EncryptWithEc(stranger_ec, kPlaintext).Join());
  tokens.push_back(EncryptWithRsa(stranger_rsa, kPlaintext).Join());
  // A key of a wrong size inside good padding, and padding of the other digest.
  tokens.push_back(EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext, "RSA-OAEP-256", 16).Join());
  JweParts other_digest = EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext, "RSA-OAEP");
  other_digest.header_text =
      EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext, "RSA-OAEP-256").header_text;
  tokens.push_back(other_digest.Join());
  for (const JweParts& good : {EncryptWithEc(P256Key().PublicJwk(), kPlaintext),
                               EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext)}) {
    for (std::string JweParts::* part :
         {&JweParts::nonce, &JweParts::ciphertext, &JweParts::tag, &JweParts::encrypted_key}) {
      if ((good.*part).empty()) continue;
      JweParts changed = good;
      changed.*part = flip(good.*part);
      tokens.push_back(changed.Join());
      if (part == &JweParts::encrypted_key || part != &JweParts::ciphertext) {
        changed.*part = (good.*part).substr(0, 8);
        tokens.push_back(changed.Join());
      }
    }
    JweParts cut = good;
    cut.ciphertext = "";
    tokens.push_back(cut.Join());
    cut.tag = "";
    tokens.push_back(cut.Join());
  }
  JweParts keyless = EncryptWithRsa(RsaKey().PublicJwk(), kPlaintext);
  keyless.encrypted_key = "";
  tokens.push_back(keyless.Join());
  // Another header, as well-formed as the one that was authenticated.
  json::object header = GoodHeader();
  header["more"] = 1;
  tokens.push_back(WithHeader(header));
  return tokens;
}

TEST(JweDecrypter, NeverSaysWhyDecryptionFailed) {
  std::set<std::string> messages;
  for (const std::string& token : TokensThatDoNotOpen()) {
    const auto result = Decrypter().Decrypt(token);
    ASSERT_FALSE(result) << token;
    EXPECT_EQ(result.error().code, ErrorCode::kInvalid) << token;
    ASSERT_EQ(result.error().fields.size(), 1U);
    EXPECT_EQ(result.error().fields[0].pointer, "");
    messages.insert(result.error().message + "|" + result.error().fields[0].detail);
  }
  EXPECT_EQ(messages.size(), 1U);
}

TEST(JweDecrypter, IgnoresHeaderMembersThatItDoesNotKnow) {
  const auto token = EncryptWithEc(P256Key().PublicJwk(), kPlaintext,
                                   {{"typ", "JWE"}, {"cty", "json"}, {"iat", 1}});
  EXPECT_TRUE(Decrypter().Decrypt(token.Join()));
}

TEST(JweDecrypter, SurvivesAnyChangeOfOneCharacter) {
  const std::string good = EncryptWithEc(P256Key().PublicJwk(), kPlaintext).Join();
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'A', '.', '"', '\0'}) {
      std::string changed = good;
      changed[i] = c;
      if (changed == good) continue;
      EXPECT_FALSE(Decrypter().Decrypt(changed)) << i << " " << c;
    }
  }
}

}  // namespace
}  // namespace obolus::base
