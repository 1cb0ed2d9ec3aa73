#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
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

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// SHA-256 with a context that stays with its thread: making one takes longer than a short message.
// Finishing one digest begins the next, which also overwrites what the last one left behind.
class Sha256Stream {
 public:
  static Sha256Stream& OfThisThread() {
    thread_local Sha256Stream stream;
    return stream;
  }

  Sha256Stream& Add(ByteView data) {
    CHECK(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
    return *this;
  }
  Sha256Digest Finish() {
    Sha256Digest digest;
    CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    Begin();
    return digest;
  }

 private:
  Sha256Stream() : context_(EVP_MD_CTX_new()) {
    CHECK(context_ != nullptr);
    Begin();
  }
  void Begin() { CHECK(EVP_DigestInit_ex2(context_.get(), Sha256Algorithm(), nullptr) == 1); }

  std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context_;
};

int Length(ByteView bytes) {
  CHECK(bytes.size() <= 1U << 30);
  return static_cast<int>(bytes.size());
}

std::unexpected<Error> NotAuthentic() {
  return Fail(ErrorCode::kMalformed, "sealed data does not open with this key");
}

}  // namespace

std::string_view CryptoLibrary() {
  return OpenSSL_version(OPENSSL_VERSION);
}

Sha256Digest Sha256(ByteView data) {
  return Sha256Stream::OfThisThread().Add(data).Finish();
}

// RFC 2104 §2 as it stands: OpenSSL's EVP_MAC looks its digest up by name in each call, which takes
// ten times as long as the four blocks of a session key.
Sha256Digest HmacSha256(ByteView key, ByteView data) {
  constexpr std::uint8_t kInner = 0x36;
  constexpr std::uint8_t kOuter = 0x5c;
  std::array<std::uint8_t, 64> pad{};
  if (key.size() > pad.size()) {
    std::ranges::copy(Sha256(key), pad.begin());
  } else {
    std::ranges::copy(key, pad.begin());
  }
  for (std::uint8_t& byte : pad) byte ^= kInner;
  Sha256Stream& stream = Sha256Stream::OfThisThread();
  Sha256Digest inner = stream.Add(pad).Add(data).Finish();
  for (std::uint8_t& byte : pad) byte ^= kInner ^ kOuter;
  const Sha256Digest digest = stream.Add(pad).Add(inner).Finish();
  WipeMemory(pad.data(), pad.size());
  WipeMemory(inner.data(), inner.size());
  return digest;
}

// Extract and one round of expand, §2.2 and §2.3: 32 bytes are one block of SHA-256.
SecretBytes HkdfSha256(ByteView key, ByteView salt, ByteView info) {
  Sha256Digest extracted = HmacSha256(salt, key);
  Bytes message(info.begin(), info.end());
  message.push_back(1);
  Sha256Digest expanded = HmacSha256(extracted, message);
  SecretBytes derived{ByteView(expanded)};
  WipeMemory(extracted.data(), extracted.size());
  WipeMemory(expanded.data(), expanded.size());
  return derived;
}

void FillRandom(std::span<std::uint8_t> out) {
  CHECK(out.size() <= 1U << 30);
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

Bytes Seal(ByteView key, ByteView plaintext, ByteView associated_data) {
  Bytes sealed(kNonceSize);
  FillRandom(sealed);
  const Bytes body = SealGcm(key, sealed, plaintext, associated_data);
  sealed.insert(sealed.end(), body.begin(), body.end());
  return sealed;
}

Bytes SealGcm(ByteView key, ByteView nonce, ByteView plaintext, ByteView associated_data) {
  CHECK(key.size() == kKeySize && nonce.size() == kNonceSize);
  Bytes sealed(plaintext.size() + kTagSize);
  std::uint8_t* const tag = sealed.data() + plaintext.size();

  const CipherContext context(EVP_CIPHER_CTX_new());
  CHECK(context != nullptr);
  int written = 0;
  CHECK(EVP_EncryptInit_ex2(context.get(), GcmAlgorithm(), key.data(), nonce.data(), nullptr) == 1);
  if (!associated_data.empty()) {
    CHECK(EVP_EncryptUpdate(context.get(), nullptr, &written, associated_data.data(),
                            Length(associated_data)) == 1);
  }
  if (!plaintext.empty()) {
    CHECK(EVP_EncryptUpdate(context.get(), sealed.data(), &written, plaintext.data(),
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
