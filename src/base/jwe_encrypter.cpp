#include "base/jwe_encrypter.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/jwe_key_impl.h"

namespace obolus::base {
namespace {

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

constexpr std::string_view kContentEncryption = "A256GCM";
constexpr std::uint32_t kContentKeyBits = 256;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

Result<Bytes> Coordinate(const json::object& jwk, std::string_view member) {
  const json::value* value = jwk.if_contains(member);
  if (value == nullptr || !value->is_string()) {
    return Invalid("/" + std::string(member), "must be a coordinate in base64url");
  }
  auto bytes = DecodeBase64Url(value->get_string());
  if (!bytes || bytes->size() != kCoordinateSize) {
    return Invalid("/" + std::string(member), "must be a coordinate in base64url");
  }
  return bytes;
}

Result<PublicOrPrivateKey> ReadRecipient(const json::object& jwk) {
  const auto x = Coordinate(jwk, "x");
  if (!x) return std::unexpected(x.error());
  const auto y = Coordinate(jwk, "y");
  if (!y) return std::unexpected(y.error());
  Bytes point{4};  // uncompressed
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  char group[] = "prime256v1";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  CHECK(context != nullptr);
  CHECK(EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* raw = nullptr;
  const int made = EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters);
  PublicOrPrivateKey key(raw);
  if (made == 1) return key;
  ERR_clear_error();
  return Invalid("", "is not a point of P-256");
}

json::object PublicPart(EVP_PKEY* key) {
  Bytes point(1 + 2 * kCoordinateSize);
  std::size_t size = 0;
  CHECK(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(),
                                        &size) == 1);
  CHECK(size == point.size());
  const ByteView view(point);
  return {{"kty", "EC"},
          {"crv", "P-256"},
          {"x", EncodeBase64Url(view.subspan(1, kCoordinateSize))},
          {"y", EncodeBase64Url(view.last(kCoordinateSize))}};
}

SecretBytes AgreeOn(EVP_PKEY* ours, EVP_PKEY* theirs) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours, nullptr));
  CHECK(context != nullptr);
  SecretBytes shared = SecretBytes::OfSize(kCoordinateSize);
  std::size_t size = shared.size();
  CHECK(EVP_PKEY_derive_init(context.get()) == 1);
  CHECK(EVP_PKEY_derive_set_peer(context.get(), theirs) == 1);
  CHECK(EVP_PKEY_derive(context.get(), shared.data(), &size) == 1 && size == shared.size());
  return shared;
}

// RFC 7518 §4.6.2, one round, with empty PartyUInfo and PartyVInfo.
Sha256Digest DeriveKey(const SecretBytes& shared) {
  std::string input;
  const auto number = [&input](std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) input += static_cast<char>(value >> shift & 255);
  };
  number(1);
  input += AsText(shared.view());
  number(kContentEncryption.size());
  input += kContentEncryption;
  number(0);
  number(0);
  number(kContentKeyBits);
  return Sha256(AsBytes(input));
}

}  // namespace

Result<std::string> EncryptJwe(const json::object& jwk, std::string_view plaintext) {
  auto recipient = ReadRecipient(jwk);
  if (!recipient) return std::unexpected(std::move(recipient.error()));
  const PublicOrPrivateKey ephemeral(EVP_EC_gen("P-256"));
  CHECK(ephemeral != nullptr);
  json::object header{
      {"alg", "ECDH-ES"}, {"enc", kContentEncryption}, {"epk", PublicPart(ephemeral.get())}};
  if (const json::value* kid = jwk.if_contains("kid")) header["kid"] = *kid;
  const std::string head = EncodeBase64Url(AsBytes(ToText(header)));
  const auto key = DeriveKey(AgreeOn(ephemeral.get(), recipient->get()));
  const Bytes sealed = Seal(key, AsBytes(plaintext), AsBytes(head));
  const ByteView view(sealed);
  return head + ".." + EncodeBase64Url(view.first(kNonceBytes)) + "." +
         EncodeBase64Url(view.subspan(kNonceBytes, view.size() - kNonceBytes - kTagBytes)) + "." +
         EncodeBase64Url(view.last(kTagBytes));
}

}  // namespace obolus::base
