// The published examples of RFC 7516 and RFC 7518, keys included: they are known to everybody.

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/jwe.h"
#include "support/jwe_encrypter.h"

namespace obolus::base {
namespace {

using testing::EcKey;
using testing::EncryptWithEc;
using testing::PkeyPointer;
using testing::ToPem;

constexpr std::string_view kPlaintext = "{}";

std::vector<JweKey> Keys(JweKey first) {
  std::vector<JweKey> keys;
  keys.push_back(std::move(first));
  return keys;
}

Bytes FromBase64Url(std::string_view text) {
  return DecodeBase64Url(text).value();
}

// RFC 7518 appendix C: the published keys, shared secret and derived key check the test's own
// derivation, and a token made with that derivation checks ours.
TEST(JweVectors, AgreesWithTheExampleOfRfc7518) {
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

TEST(JweVectors, OpensTheExampleOfRfc7516) {
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

}  // namespace
}  // namespace obolus::base
