// The sender's side of base/jwe, for tests: encrypts to a public JWK as a browser would, and lets a
// test bend every part of the token. Written apart from the decrypter, straight from RFC 7516 and
// RFC 7518, so that the two check each other.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/json.h"

namespace obolus::testing {

using PkeyPointer = std::shared_ptr<EVP_PKEY>;
inline PkeyPointer Own(EVP_PKEY* key) {
  return PkeyPointer(key, EVP_PKEY_free);
}

inline base::Bytes Decoded(const base::json::object& object, std::string_view member) {
  return base::DecodeBase64Url(object.at(member).as_string()).value();
}

inline std::string ToPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::string pem(BIO_ctrl_pending(bio), '\0');
  BIO_read(bio, pem.data(), static_cast<int>(pem.size()));
  BIO_free_all(bio);
  return pem;
}

// An EC key from its coordinates, private when `d` is not empty.
inline PkeyPointer EcKey(const base::Bytes& x, const base::Bytes& y, const base::Bytes& d = {}) {
  base::Bytes point{4};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  BIGNUM* scalar = BN_bin2bn(d.data(), static_cast<int>(d.size()), nullptr);
  if (!d.empty()) OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  CHECK(EVP_PKEY_fromdata_init(context) == 1);
  CHECK(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) == 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  BN_free(scalar);
  OSSL_PARAM_BLD_free(builder);
  return Own(key);
}

inline PkeyPointer RsaPublicKey(const base::Bytes& n, const base::Bytes& e) {
  BIGNUM* modulus = BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr);
  BIGNUM* exponent = BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* key = nullptr;
  CHECK(EVP_PKEY_fromdata_init(context) == 1);
  CHECK(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(modulus);
  BN_free(exponent);
  return Own(key);
}

inline base::Bytes SharedSecret(EVP_PKEY* ours, EVP_PKEY* theirs) {
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(ours, nullptr);
  base::Bytes secret(32);
  std::size_t size = secret.size();
  CHECK(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, theirs) == 1);
  CHECK(EVP_PKEY_derive(context, secret.data(), &size) == 1);
  EVP_PKEY_CTX_free(context);
  return secret;
}

// RFC 7518 §4.6.2 for one round of SHA-256: any algorithm, up to 256 bits.
inline base::Bytes ConcatKdf(const base::Bytes& secret, std::string_view algorithm,
                             std::string_view apu, std::string_view apv, std::uint32_t bits) {
  std::string input;
  const auto number = [&input](std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) input += static_cast<char>(value >> shift & 255);
  };
  const auto text = [&](std::string_view value) {
    number(value.size());
    input += value;
  };
  number(1);
  input += base::AsText(secret);
  text(algorithm);
  text(apu);
  text(apv);
  number(bits);
  const auto digest = base::Sha256(base::AsBytes(input));
  return base::Bytes(digest.begin(), digest.begin() + bits / 8);
}

// The five parts of a token, to be bent before they are joined.
struct JweParts {
  base::json::object header;
  std::string encrypted_key;
  std::string nonce;
  std::string ciphertext;
  std::string tag;
  std::string header_text;  // as it was authenticated

  std::string Join() const {
    return header_text + "." + encrypted_key + "." + nonce + "." + ciphertext + "." + tag;
  }
};

// Encrypts the content under `key`; the header is final then.
inline void SealContent(JweParts* parts, base::ByteView key, std::string_view plaintext) {
  parts->header_text = base::EncodeBase64Url(base::AsBytes(base::ToText(parts->header)));
  const base::Bytes sealed =
      base::Seal(key, base::AsBytes(plaintext), base::AsBytes(parts->header_text));
  const base::ByteView view(sealed);
  parts->nonce = base::EncodeBase64Url(view.first(12));
  parts->ciphertext = base::EncodeBase64Url(view.subspan(12, view.size() - 28));
  parts->tag = base::EncodeBase64Url(view.last(16));
}

// RSA-OAEP or RSA-OAEP-256, as `algorithm` says.
inline JweParts EncryptWithRsa(const base::json::object& jwk, std::string_view plaintext,
                               std::string_view algorithm = "RSA-OAEP-256",
                               std::size_t key_size = 32) {
  base::Bytes content_key(key_size);
  base::FillRandom(content_key);
  const PkeyPointer recipient = RsaPublicKey(Decoded(jwk, "n"), Decoded(jwk, "e"));
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(recipient.get(), nullptr);
  const EVP_MD* digest = algorithm == "RSA-OAEP" ? EVP_sha1() : EVP_sha256();
  CHECK(EVP_PKEY_encrypt_init(context) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1);
  base::Bytes encrypted_key(static_cast<std::size_t>(EVP_PKEY_get_size(recipient.get())));
  std::size_t size = encrypted_key.size();
  CHECK(EVP_PKEY_encrypt(context, encrypted_key.data(), &size, content_key.data(),
                         content_key.size()) == 1);
  EVP_PKEY_CTX_free(context);

  JweParts parts;
  parts.header = {{"alg", algorithm}, {"enc", "A256GCM"}, {"kid", jwk.at("kid")}};
  parts.encrypted_key = base::EncodeBase64Url(encrypted_key);
  content_key.resize(32);
  SealContent(&parts, content_key, plaintext);
  return parts;
}

// ECDH-ES in Direct Key Agreement mode. `ephemeral` is made when absent; `extra` overrides header
// members, with apu and apv taken from there.
inline JweParts EncryptWithEc(const base::json::object& jwk, std::string_view plaintext,
                              const base::json::object& extra = {},
                              PkeyPointer ephemeral = nullptr) {
  if (ephemeral == nullptr) ephemeral = Own(EVP_EC_gen("P-256"));
  const PkeyPointer recipient = EcKey(Decoded(jwk, "x"), Decoded(jwk, "y"));
  base::Bytes point(65);
  std::size_t size = 0;
  CHECK(EVP_PKEY_get_octet_string_param(ephemeral.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                        point.size(), &size) == 1 &&
        size == 65 && point[0] == 4);
  const base::ByteView view(point);
  JweParts parts;
  parts.header = {{"alg", "ECDH-ES"},
                  {"enc", "A256GCM"},
                  {"kid", jwk.at("kid")},
                  {"epk",
                   {{"kty", "EC"},
                    {"crv", "P-256"},
                    {"x", base::EncodeBase64Url(view.subspan(1, 32))},
                    {"y", base::EncodeBase64Url(view.subspan(33, 32))}}}};
  for (const auto& member : extra) parts.header[member.key()] = member.value();
  const auto party = [&extra](std::string_view member) {
    if (!extra.contains(member) || !extra.at(member).is_string()) return std::string();
    const auto bytes = base::DecodeBase64Url(extra.at(member).get_string());
    return bytes ? std::string(base::AsText(*bytes)) : std::string();
  };
  SealContent(&parts,
              ConcatKdf(SharedSecret(ephemeral.get(), recipient.get()), "A256GCM", party("apu"),
                        party("apv"), 256),
              plaintext);
  return parts;
}

}  // namespace obolus::testing
