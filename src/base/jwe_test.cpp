#include "base/jwe.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/pem.h>

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

std::vector<JweKey> Keys(JweKey first) {
  std::vector<JweKey> keys;
  keys.push_back(std::move(first));
  return keys;
}

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

std::string ToPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::string pem(BIO_ctrl_pending(bio), '\0');
  BIO_read(bio, pem.data(), static_cast<int>(pem.size()));
  BIO_free_all(bio);
  return pem;
}

Bytes FromBase64Url(std::string_view text) {
  return DecodeBase64Url(text).value();
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

// RFC 7518 appendix C: the published keys, shared secret and derived key check the test's own
// derivation, and a token made with that derivation checks ours.
TEST(JweDecrypter, AgreesWithTheExampleOfRfc7518) {
  const Bytes alice_x = FromBase64Url("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0");
  const Bytes alice_y = FromBase64Url("SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps");
  const Bytes alice_d = FromBase64Url("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
  const Bytes bob_x = FromBase64Url("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ");
  const Bytes bob_y = FromBase64Url("e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
  const Bytes bob_d = FromBase64Url("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
  const PkeyPointer alice = EcKey(alice_x, alice_y, alice_d);
  const PkeyPointer bob = EcKey(bob_x, bob_y, bob_d);

  const Bytes secret = testing::SharedSecret(alice.get(), bob.get());
  EXPECT_EQ(EncodeHex(secret), "9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4");
  EXPECT_EQ(EncodeBase64Url(testing::ConcatKdf(secret, "A128GCM", "Alice", "Bob", 128)),
            "VqqN6vgjbSBcIijNcacQGg");

  auto key = JweKey::FromPem(ToPem(bob.get()), "bob");
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(testing::Decoded(key->PublicJwk(), "x"), bob_x);
  EXPECT_EQ(testing::Decoded(key->PublicJwk(), "y"), bob_y);
  const auto token =
      EncryptWithEc(key->PublicJwk(), kPlaintext, {{"apu", "QWxpY2U"}, {"apv", "Qm9i"}}, alice);
  const auto plaintext = JweDecrypter(Keys(std::move(*key))).Decrypt(token.Join());
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(plaintext->text(), kPlaintext);
}

// The RSA key of RFC 7516 appendix A.1, from the members that give the rest.
PkeyPointer Rfc7516Key() {
  const auto number = [](std::string_view text) {
    const Bytes bytes = FromBase64Url(text);
    return BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  };
  BIGNUM* n = number(
      "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4D"
      "FqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeya"
      "xziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knD"
      "FGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw");
  BIGNUM* e = number("AQAB");
  BIGNUM* p = number(
      "1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAE"
      "PTPjXv_hI2_1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0");
  BN_CTX* context = BN_CTX_new();
  BIGNUM *q = BN_new(), *p1 = BN_dup(p), *q1 = nullptr, *phi = BN_new(), *d = BN_new();
  BIGNUM *dp = BN_new(), *dq = BN_new(), *qi = BN_new();
  BN_div(q, nullptr, n, p, context);
  q1 = BN_dup(q);
  BN_sub_word(p1, 1);
  BN_sub_word(q1, 1);
  BN_mul(phi, p1, q1, context);
  BN_mod_inverse(d, e, phi, context);
  BN_mod(dp, d, p1, context);
  BN_mod(dq, d, q1, context);
  BN_mod_inverse(qi, q, p, context);

  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  const std::pair<const char*, BIGNUM*> members[] = {{"n", n},
                                                     {"e", e},
                                                     {"d", d},
                                                     {"rsa-factor1", p},
                                                     {"rsa-factor2", q},
                                                     {"rsa-exponent1", dp},
                                                     {"rsa-exponent2", dq},
                                                     {"rsa-coefficient1", qi}};
  for (const auto& [name, value] : members) OSSL_PARAM_BLD_push_BN(builder, name, value);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  CHECK(EVP_PKEY_fromdata_init(maker) == 1);
  CHECK(EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, parameters) == 1);
  EVP_PKEY_CTX_free(maker);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  for (BIGNUM* one : {n, e, p, q, p1, q1, phi, d, dp, dq, qi}) BN_free(one);
  BN_CTX_free(context);
  return testing::Own(key);
}

TEST(JweDecrypter, OpensTheExampleOfRfc7516) {
  auto key = JweKey::FromPem(ToPem(Rfc7516Key().get()), "a1");
  ASSERT_TRUE(key) << key.error().message;
  const auto plaintext = JweDecrypter(Keys(std::move(*key)))
                             .Decrypt(
                                 "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
                                 "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe"
                                 "ipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDb"
                                 "Sv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaV"
                                 "mqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je8"
                                 "1860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi"
                                 "6UklfCpIMfIjf7iGdXKHzg."
                                 "48V1_ALb6US04U3b."
                                 "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji"
                                 "SdiwkIr3ajwQzaBtQD_A."
                                 "XFBoMYUZodetZdvTiFvSkQ");
  ASSERT_TRUE(plaintext);
  EXPECT_EQ(plaintext->text(), "The true sign of intelligence is not knowledge but imagination.");
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

TEST(JweDecrypter, TakesTheFirstKeyOfItsKindWithoutKid) {
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
