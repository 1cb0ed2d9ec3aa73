#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <memory>

#include "base/check.h"

namespace obolus::base {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

// Fetched once for the life of the process: a fetch by name costs more than sealing a card.
const EVP_MD* Sha256Algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

EVP_MAC* HmacAlgorithm() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

const EVP_CIPHER* GcmAlgorithm() {
  static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(algorithm != nullptr);
  return algorithm;
}

// A context lives for one call: freeing it is what wipes the key schedule.
struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

struct FreeMacContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMacContext>;

int Length(ByteView bytes) {
  CHECK(bytes.size() <= 1U << 30);
  return static_cast<int>(bytes.size());
}

std::unexpected<Error> NotAuthentic() {
  return Fail(ErrorCode::kMalformed, "sealed data does not open with this key");
}

}  // namespace

Sha256Digest Sha256(ByteView data) {
  Sha256Digest digest;
  CHECK(EVP_Digest(data.data(), data.size(), digest.data(), nullptr, Sha256Algorithm(), nullptr) ==
        1);
  return digest;
}

Sha256Digest HmacSha256(ByteView key, ByteView data) {
  const MacContext context(EVP_MAC_CTX_new(HmacAlgorithm()));
  CHECK(context != nullptr);
  char digest_name[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
      OSSL_PARAM_construct_end()};
  // A null key means "keep the last one" to OpenSSL, so an empty key needs an address.
  static constexpr std::uint8_t kEmptyKey = 0;
  const std::uint8_t* key_data = key.empty() ? &kEmptyKey : key.data();
  Sha256Digest digest;
  std::size_t size = 0;
  CHECK(EVP_MAC_init(context.get(), key_data, key.size(), parameters) == 1);
  CHECK(EVP_MAC_update(context.get(), data.data(), data.size()) == 1);
  CHECK(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1);
  CHECK(size == digest.size());
  return digest;
}

void FillRandom(std::span<std::uint8_t> out) {
  CHECK(out.size() <= 1U << 30);
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

Bytes Seal(ByteView key, ByteView plaintext, ByteView associated_data) {
  CHECK(key.size() == kKeySize);
  Bytes sealed(kNonceSize + plaintext.size() + kTagSize);
  const std::span<std::uint8_t> nonce(sealed.data(), kNonceSize);
  std::uint8_t* const ciphertext = sealed.data() + kNonceSize;
  std::uint8_t* const tag = ciphertext + plaintext.size();
  FillRandom(nonce);

  const CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(context.get(), GcmAlgorithm(), key.data(), nonce.data(), nullptr) == 1);
  if (!associated_data.empty()) {
    CHECK(EVP_EncryptUpdate(context.get(), nullptr, &written, associated_data.data(),
                            Length(associated_data)) == 1);
  }
  if (!plaintext.empty()) {
    CHECK(EVP_EncryptUpdate(context.get(), ciphertext, &written, plaintext.data(),
                            Length(plaintext)) == 1);
  }
  CHECK(EVP_EncryptFinal_ex(context.get(), tag, &written) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1);
  return sealed;
}

Result<SecretBytes> Unseal(ByteView key, ByteView sealed, ByteView associated_data) {
  CHECK(key.size() == kKeySize);
  if (sealed.size() < kNonceSize + kTagSize) return NotAuthentic();
  return OpenGcm(key, sealed.first(kNonceSize),
                 sealed.subspan(kNonceSize, sealed.size() - kNonceSize - kTagSize),
                 sealed.last(kTagSize), associated_data);
}

Result<SecretBytes> OpenGcm(ByteView key, ByteView nonce, ByteView ciphertext, ByteView tag,
                            ByteView associated_data) {
  if (key.size() != kKeySize || nonce.size() != kNonceSize || tag.size() != kTagSize) {
    return NotAuthentic();
  }
  const CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  SecretBytes plaintext = SecretBytes::OfSize(ciphertext.size());
  std::array<std::uint8_t, kTagSize> expected;
  std::copy(tag.begin(), tag.end(), expected.begin());
  int written = 0;
  CHECK(EVP_DecryptInit_ex2(context.get(), GcmAlgorithm(), key.data(), nonce.data(), nullptr) == 1);
  if (!associated_data.empty()) {
    CHECK(EVP_DecryptUpdate(context.get(), nullptr, &written, associated_data.data(),
                            Length(associated_data)) == 1);
  }
  if (!ciphertext.empty()) {
    CHECK(EVP_DecryptUpdate(context.get(), plaintext.data(), &written, ciphertext.data(),
                            Length(ciphertext)) == 1);
  }
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, expected.data()) == 1);
  std::uint8_t nothing = 0;
  if (EVP_DecryptFinal_ex(context.get(), &nothing, &written) != 1) {
    ERR_clear_error();
    return NotAuthentic();
  }
  return plaintext;
}

}  // namespace obolus::base
