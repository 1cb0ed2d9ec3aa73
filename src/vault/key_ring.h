// All secret keys of one installation, from one JSON file that is made at the first start: those
// that wrap the vault's record keys, those that session keys are derived with, and those to which
// browsers encrypt cards. Each kind newest first: the newest is used, older ones stay for what they
// made. Loaded once by main and immutable since, so any thread may use it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/jwe.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

struct KeyEncryptionKey {
  std::string id;
  base::SecretBytes key;  // 32 bytes
  base::Timestamp created_at;
};

struct SessionHmacKey {
  std::uint8_t id = 0;
  base::SecretBytes key;  // 32 bytes
  base::Timestamp created_at;
};

struct EnvelopeKey {
  base::JweKey key;
  base::Timestamp created_at;
};

class KeyRing {
 public:
  // Reads the file at `path`, or creates it (mode 0600, durable) with one fresh key of each kind
  // when there is none; its folder must exist. Errors, in order: kUnavailable (the system refused),
  // kForbidden (others may read it), kTooLarge, kMalformed (names the member at fault).
  static base::Result<KeyRing> Open(const std::string& path, const base::Clock& clock);

  const KeyEncryptionKey& CurrentKeyEncryptionKey() const { return key_encryption_keys_.front(); }
  // nullptr: no such key.
  const KeyEncryptionKey* FindKeyEncryptionKey(std::string_view id) const;

  std::uint8_t CurrentSessionKeyId() const { return session_keys_.front().id; }
  // 32 bytes, valid as long as the ring; empty when there is no key with this id.
  base::ByteView SessionKeyHmac(std::uint8_t id) const;

  // RSA and EC, newest first, at least one of each; copies, for a base::JweDecrypter to own.
  std::vector<base::JweKey> EnvelopeKeys() const;

  // For `obolus keys list`, without the keys themselves.
  struct KeyInfo {
    std::string purpose;  // "key_encryption", "session", "envelope"
    std::string id;
    base::Timestamp created_at;
  };
  std::vector<KeyInfo> List() const;

 private:
  friend class KeyRingText;
  KeyRing() = default;
  static KeyRing Generate(base::Timestamp now);

  std::vector<KeyEncryptionKey> key_encryption_keys_;
  std::vector<SessionHmacKey> session_keys_;
  std::vector<EnvelopeKey> envelope_keys_;
};

}  // namespace obolus::vault
