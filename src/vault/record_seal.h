// How a card record is sealed: the card under a record key of its own, and that key under a key
// that is derived, for this record and this one wrapping alone, from the key-encryption key. So no
// AES-GCM key ever seals twice, and no nonce can repeat under one, however many records there are
// (docs/adr/0011-one-key-one-message.md has the argument). Also reads the form of before, where the
// key-encryption key itself sealed record keys under random nonces. Used by vault/embedded_vault;
// any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

// What a sealed thing is bound to, so that neither a row nor its key can stand in for another.
struct RecordPlace {
  base::Uuid id;
  base::Uuid session_id;
};

class RecordSeal {
 public:
  // As base::SealGcm; a test may look at each key and nonce on the way.
  using Gcm = std::function<base::Bytes(base::ByteView key, base::ByteView nonce,
                                        base::ByteView plaintext, base::ByteView associated_data)>;
  explicit RecordSeal(Gcm gcm = base::SealGcm) : gcm_(std::move(gcm)) {}

  // 0x02 || salt (32) || AES-256-GCM(HKDF-SHA-256(KEK, salt, place), nonce 0, record key).
  std::string WrapKey(base::ByteView key_encryption_key, base::ByteView record_key,
                      const RecordPlace& place) const;
  // nonce (12) || AES-256-GCM(record key, card). One call for one record key.
  std::string SealCard(base::ByteView record_key, base::ByteView card,
                       const RecordPlace& place) const;

 private:
  Gcm gcm_;
};

inline constexpr std::size_t kRecordKeySize = 32;

// kMalformed: changed bytes, another key, or another record's place.
base::Result<base::SecretBytes> UnwrapRecordKey(base::ByteView key_encryption_key,
                                                std::string_view wrapped, const RecordPlace& place);
base::Result<base::SecretBytes> OpenSealedCard(base::ByteView record_key,
                                               std::string_view ciphertext,
                                               const RecordPlace& place);

}  // namespace obolus::vault
