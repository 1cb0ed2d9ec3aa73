#include "vault/record_seal.h"

#include <array>
#include <utility>

#include "base/encoding.h"

namespace obolus::vault {
namespace {

using base::Bytes;
using base::ByteView;
using base::Result;
using base::SecretBytes;

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kSaltSize = 32;
constexpr std::uint8_t kFormat = 2;
constexpr std::size_t kOldWrappedSize = kNonceSize + kRecordKeySize + kTagSize;
constexpr std::size_t kWrappedSize = 1 + kSaltSize + kRecordKeySize + kTagSize;

// The key is used for one message, so its nonce need not vary.
constexpr std::array<std::uint8_t, kNonceSize> kOnlyNonce{};

Bytes Binding(std::string_view what, const RecordPlace& place) {
  Bytes bytes(what.begin(), what.end());
  bytes.insert(bytes.end(), place.id.bytes.begin(), place.id.bytes.end());
  bytes.insert(bytes.end(), place.session_id.bytes.begin(), place.session_id.bytes.end());
  return bytes;
}

Bytes CardBinding(const RecordPlace& place) {
  return Binding("obolus card 1:", place);
}

SecretBytes WrappingKey(ByteView key_encryption_key, ByteView salt, ByteView binding) {
  return base::HkdfSha256(key_encryption_key, salt, binding);
}

}  // namespace

std::string RecordSeal::WrapKey(ByteView key_encryption_key, ByteView record_key,
                                const RecordPlace& place) const {
  Bytes wrapped(1 + kSaltSize);
  wrapped[0] = kFormat;
  const std::span<std::uint8_t> salt = std::span(wrapped).subspan(1);
  base::FillRandom(salt);
  const Bytes binding = Binding("obolus card key 2:", place);
  const SecretBytes wrapping_key = WrappingKey(key_encryption_key, salt, binding);
  const Bytes sealed = gcm_(wrapping_key.view(), kOnlyNonce, record_key, binding);
  wrapped.insert(wrapped.end(), sealed.begin(), sealed.end());
  return std::string(base::AsText(wrapped));
}

std::string RecordSeal::SealCard(ByteView record_key, ByteView card,
                                 const RecordPlace& place) const {
  Bytes text(kNonceSize);
  base::FillRandom(text);
  const Bytes sealed = gcm_(record_key, text, card, CardBinding(place));
  text.insert(text.end(), sealed.begin(), sealed.end());
  return std::string(base::AsText(text));
}

Result<SecretBytes> UnwrapRecordKey(ByteView key_encryption_key, std::string_view wrapped,
                                    const RecordPlace& place) {
  const ByteView bytes = base::AsBytes(wrapped);
  if (bytes.size() == kOldWrappedSize) {
    return base::Unseal(key_encryption_key, bytes, Binding("obolus card key 1:", place));
  }
  if (bytes.size() != kWrappedSize || bytes[0] != kFormat) {
    return base::Fail(base::ErrorCode::kMalformed, "a wrapped key of an unknown form");
  }
  const Bytes binding = Binding("obolus card key 2:", place);
  const SecretBytes wrapping_key =
      WrappingKey(key_encryption_key, bytes.subspan(1, kSaltSize), binding);
  return base::OpenGcm(wrapping_key.view(), kOnlyNonce,
                       bytes.subspan(1 + kSaltSize, kRecordKeySize), bytes.last(kTagSize), binding);
}

Result<SecretBytes> OpenSealedCard(ByteView record_key, std::string_view ciphertext,
                                   const RecordPlace& place) {
  return base::Unseal(record_key, base::AsBytes(ciphertext), CardBinding(place));
}

}  // namespace obolus::vault
