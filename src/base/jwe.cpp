#include "base/jwe.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/jwe_key_impl.h"

namespace obolus::base {
namespace {

constexpr std::size_t kMaxTokenBytes = std::size_t{16} * 1024;
constexpr std::size_t kMaxPartyInfoBytes = 256;
constexpr std::size_t kContentKeySize = 32;
constexpr std::string_view kEncryption = "A256GCM";

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

std::unexpected<Error> Malformed(std::string message) {
  return Fail(ErrorCode::kMalformed, std::move(message));
}

// Whatever went wrong: to say which would help to forge (RFC 7516 §11.5).
std::unexpected<Error> DecryptionFailed() {
  return Invalid("", "could not be decrypted");
}

enum class KeyAlgorithm { kEcdhEs, kRsaOaep256, kRsaOaep };

JweKeyKind KindFor(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::kEcdhEs ? JweKeyKind::kEc : JweKeyKind::kRsa;
}

struct Token {
  std::string_view header_text;  // the associated data of the content encryption
  KeyAlgorithm algorithm = KeyAlgorithm::kEcdhEs;
  std::optional<std::string> kid;
  PublicOrPrivateKey ephemeral_key;  // ECDH-ES only
  Bytes apu;
  Bytes apv;
  Bytes encrypted_key;  // RSA only
  Bytes nonce;
  Bytes ciphertext;
  Bytes tag;
};

// A member that must be base64url text when it is there.
Result<Bytes> BytesMember(const json::object& object, std::string_view member,
                          std::size_t max_bytes) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr) return Bytes{};
  if (!value->is_string()) return Malformed("JWE header: " + std::string(member) + " is no text");
  Result<Bytes> bytes = DecodeBase64Url(value->get_string());
  if (!bytes || bytes->size() > max_bytes) {
    return Malformed("JWE header: " + std::string(member) + " is not base64url of a fitting size");
  }
  return bytes;
}

bool HasText(const json::object& object, std::string_view member, std::string_view text) {
  const json::value* value = object.if_contains(member);
  return value != nullptr && value->is_string() && value->get_string() == text;
}

// RFC 7518 §6.2.1. OpenSSL refuses a point that is not on the curve; P-256 has no others to fear
// (cofactor 1).
Result<PublicOrPrivateKey> ReadEphemeralKey(const json::object& header) {
  const json::value* epk = header.if_contains("epk");
  if (epk == nullptr || !epk->is_object()) return Malformed("JWE header: epk is missing");
  const json::object& jwk = epk->get_object();
  if (!HasText(jwk, "kty", "EC") || !HasText(jwk, "crv", "P-256")) {
    return Malformed("JWE header: epk is not a P-256 key");
  }
  const Result<Bytes> x = BytesMember(jwk, "x", kCoordinateSize);
  if (!x) return std::unexpected(x.error());
  const Result<Bytes> y = BytesMember(jwk, "y", kCoordinateSize);
  if (!y) return std::unexpected(y.error());
  if (x->size() != kCoordinateSize || y->size() != kCoordinateSize) {
    return Malformed("JWE header: epk has coordinates of a wrong size");
  }
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
  if (made != 1) {
    ERR_clear_error();
    return Malformed("JWE header: epk is not a point of P-256");
  }
  return key;
}

Status ReadHeader(const json::object& header, Token* token) {
  if (HasText(header, "alg", "ECDH-ES")) {
    token->algorithm = KeyAlgorithm::kEcdhEs;
  } else if (HasText(header, "alg", "RSA-OAEP-256")) {
    token->algorithm = KeyAlgorithm::kRsaOaep256;
  } else if (HasText(header, "alg", "RSA-OAEP")) {
    token->algorithm = KeyAlgorithm::kRsaOaep;
  } else {
    return Malformed("JWE header: alg must be ECDH-ES, RSA-OAEP-256 or RSA-OAEP");
  }
  if (!HasText(header, "enc", kEncryption)) return Malformed("JWE header: enc must be A256GCM");
  if (header.contains("zip")) return Malformed("JWE header: zip is not accepted");
  if (header.contains("crit")) return Malformed("JWE header: crit is not accepted");
  if (const json::value* kid = header.if_contains("kid")) {
    if (!kid->is_string()) return Malformed("JWE header: kid is no text");
    token->kid = std::string(kid->get_string());
  }
  if (token->algorithm != KeyAlgorithm::kEcdhEs) return {};

  Result<PublicOrPrivateKey> ephemeral_key = ReadEphemeralKey(header);
  if (!ephemeral_key) return std::unexpected(std::move(ephemeral_key.error()));
  token->ephemeral_key = std::move(*ephemeral_key);
  Result<Bytes> apu = BytesMember(header, "apu", kMaxPartyInfoBytes);
  if (!apu) return std::unexpected(std::move(apu.error()));
  Result<Bytes> apv = BytesMember(header, "apv", kMaxPartyInfoBytes);
  if (!apv) return std::unexpected(std::move(apv.error()));
  token->apu = std::move(*apu);
  token->apv = std::move(*apv);
  return {};
}

// RFC 7516 §5.2, steps 1 to 5 and 10.
Result<Token> ParseToken(std::string_view compact) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t dot = compact.find('.');
    if ((dot == std::string_view::npos) != (i + 1 == parts.size())) {
      return Malformed("not a compact JWE: it must have five parts");
    }
    parts[i] = compact.substr(0, dot);
    if (dot != std::string_view::npos) compact.remove_prefix(dot + 1);
  }
  std::array<Bytes, 5> decoded;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Result<Bytes> bytes = DecodeBase64Url(parts[i]);
    if (!bytes) return Malformed("not a compact JWE: a part is not base64url");
    decoded[i] = std::move(*bytes);
  }
  const Result<json::value> header = ParseJson(AsText(decoded[0]));
  if (!header || !header->is_object()) return Malformed("JWE header: not a JSON object");

  Token token;
  token.header_text = parts[0];
  if (Status status = ReadHeader(header->get_object(), &token); !status) {
    return std::unexpected(std::move(status.error()));
  }
  token.encrypted_key = std::move(decoded[1]);
  token.nonce = std::move(decoded[2]);
  token.ciphertext = std::move(decoded[3]);
  token.tag = std::move(decoded[4]);
  if (token.algorithm == KeyAlgorithm::kEcdhEs && !token.encrypted_key.empty()) {
    return Malformed("JWE with ECDH-ES must not carry an encrypted key");
  }
  return token;
}

// The Concat KDF of NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 fills it in; one round is 256 bits.
SecretBytes DeriveContentKey(ByteView shared_secret, ByteView apu, ByteView apv) {
  SecretBytes input = SecretBytes::OfSize(4 + shared_secret.size() + 4 + kEncryption.size() + 4 +
                                          apu.size() + 4 + apv.size() + 4);
  std::uint8_t* end = input.data();
  const auto append = [&end](ByteView bytes) { end = std::ranges::copy(bytes, end).out; };
  const auto append_number = [&append](std::size_t number) {
    const std::uint8_t bytes[] = {
        static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
        static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
    append(bytes);
  };
  append_number(1);
  append(shared_secret);
  append_number(kEncryption.size());
  append(AsBytes(kEncryption));
  append_number(apu.size());
  append(apu);
  append_number(apv.size());
  append(apv);
  append_number(kContentKeySize * 8);
  CHECK(end == input.data() + input.size());

  Sha256Digest digest = Sha256(input.view());
  SecretBytes key{ByteView(digest)};
  WipeMemory(digest.data(), digest.size());
  return key;
}

Result<SecretBytes> AgreeOnKey(EVP_PKEY* ours, const Token& token) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours, nullptr));
  CHECK(context != nullptr);
  SecretBytes shared_secret = SecretBytes::OfSize(kCoordinateSize);
  std::size_t size = shared_secret.size();
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), token.ephemeral_key.get()) != 1 ||
      EVP_PKEY_derive(context.get(), shared_secret.data(), &size) != 1 ||
      size != shared_secret.size()) {
    ERR_clear_error();
    return DecryptionFailed();
  }
  return DeriveContentKey(shared_secret.view(), token.apu, token.apv);
}

// The key that the token carries, or a random one when it cannot be read: then the content fails to
// open like any other, and nobody learns that it was the padding (RFC 7516 §11.5).
SecretBytes UnwrapKey(EVP_PKEY* ours, const Token& token) {
  SecretBytes key = SecretBytes::OfSize(kContentKeySize);
  FillRandom({key.data(), key.size()});
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours, nullptr));
  CHECK(context != nullptr);
  const char* digest = token.algorithm == KeyAlgorithm::kRsaOaep256 ? "SHA256" : "SHA1";
  CHECK(EVP_PKEY_decrypt_init(context.get()) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), digest, nullptr) == 1);
  CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md_name(context.get(), digest, nullptr) == 1);
  SecretBytes unwrapped = SecretBytes::OfSize(static_cast<std::size_t>(EVP_PKEY_get_size(ours)));
  std::size_t size = unwrapped.size();
  const int opened = EVP_PKEY_decrypt(context.get(), unwrapped.data(), &size,
                                      token.encrypted_key.data(), token.encrypted_key.size());
  if (opened == 1 && size == key.size()) {
    std::ranges::copy(unwrapped.view().first(size), key.data());
  }
  ERR_clear_error();
  return key;
}

Result<SecretBytes> DecryptWith(EVP_PKEY* ours, const Token& token) {
  const Result<SecretBytes> content_key =
      token.algorithm == KeyAlgorithm::kEcdhEs ? AgreeOnKey(ours, token) : UnwrapKey(ours, token);
  if (!content_key) return std::unexpected(content_key.error());
  Result<SecretBytes> plaintext = OpenGcm(content_key->view(), token.nonce, token.ciphertext,
                                          token.tag, AsBytes(token.header_text));
  if (!plaintext) return DecryptionFailed();
  return plaintext;
}

}  // namespace

JweDecrypter::JweDecrypter(std::vector<JweKey> keys) : keys_(std::move(keys)) {}

Result<SecretBytes> JweDecrypter::Decrypt(std::string_view compact) const {
  if (compact.size() > kMaxTokenBytes) return Fail(ErrorCode::kTooLarge, "JWE over 16 KiB");
  const Result<Token> token = ParseToken(compact);
  if (!token) return std::unexpected(token.error());
  Result<SecretBytes> plaintext = Fail(ErrorCode::kNotFound, "no key with this kid");
  for (const JweKey& key : keys_) {
    if (key.kind() != KindFor(token->algorithm)) continue;
    if (token->kid && *token->kid != key.kid()) continue;
    plaintext = DecryptWith(key.impl_->key.get(), *token);
    // A token that names no key may be for one from before the last rotation.
    if (plaintext || token->kid) break;
  }
  return plaintext;
}

json::object JweDecrypter::PublicJwk(JweKeyKind kind) const {
  const auto found = std::ranges::find(keys_, kind, &JweKey::kind);
  CHECK(found != keys_.end());
  return found->PublicJwk();
}

}  // namespace obolus::base
