// All secret keys of one installation at one moment, from one JSON file that is made at the first
// start: those that wrap the vault's record keys, those that session keys are derived with, and
// those to which browsers encrypt cards. Of each kind the newest whose time has come is used, and
// all others open what they made, those too whose time is yet to come: another replica's clock may
// be ahead. Immutable but for its maker (vault/keychain), so any thread may use it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/ports/keychain.h"
#include "base/clock.h"
#include "base/jwe.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

struct KeyTimes {
  base::Timestamp created_at;
  base::Timestamp active_at;  // used for new things from then on
};

struct KeyEncryptionKey {
  std::string id;
  base::SecretBytes key;  // 32 bytes
  KeyTimes times;
};

struct SessionHmacKey {
  std::uint8_t id = 0;
  base::SecretBytes key;  // 32 bytes
  KeyTimes times;
};

struct EnvelopeKey {
  base::JweKey key;
  KeyTimes times;
};

class KeyRing {
 public:
  // More than that of one kind are not kept: an envelope that names no key is tried with each.
  static constexpr std::size_t kMostKeys = 32;

  // Reads the file at `path`, or creates it (mode 0600, durable) with one fresh key of each kind
  // when there is none; its folder must exist. Errors, in order: kUnavailable (the system refused),
  // kForbidden (others may read it), kTooLarge, kMalformed (names the member at fault).
  static base::Result<KeyRing> Open(const std::string& path, const base::Clock& clock);

  // From the text of such a file, as of `now`. kMalformed: names the member at fault.
  static base::Result<KeyRing> Parse(const base::SecretBytes& text, base::Timestamp now);
  base::SecretBytes Print() const;
  static KeyRing Generate(base::Timestamp now);

  const KeyEncryptionKey& CurrentKeyEncryptionKey() const;
  // nullptr: no such key.
  const KeyEncryptionKey* FindKeyEncryptionKey(std::string_view id) const;
  // Also when it is retired: a database remembers one by its name.
  bool KnowsKeyEncryptionKey(std::string_view id) const;

  std::uint8_t CurrentSessionKeyId() const;
  // 32 bytes, valid as long as the ring; empty when there is no key with this id.
  base::ByteView SessionKeyHmac(std::uint8_t id) const;
  std::vector<std::uint8_t> SessionKeyIds() const;  // the current one first

  // RSA and EC, at least one of each; the current ones before all others of their kind. Copies, for
  // a base::JweDecrypter to own.
  std::vector<base::JweKey> EnvelopeKeys() const;

  // For `obolus keys list`, without the keys themselves.
  std::vector<app::KeyInfo> List() const;
  // When a pending key becomes the one in use, if any is.
  std::optional<base::Timestamp> NextChange() const;

  // Adds one (for envelopes one of each algorithm) that is used from `active_at` on, and returns
  // the ids. kConflict: one of this kind is pending, or kMostKeys are kept.
  base::Result<std::vector<std::string>> Add(app::KeyKind kind, base::Timestamp now,
                                             base::Timestamp active_at);
  // Errors, in order: kNotFound, kConflict (it is pending, active or retired).
  base::Status Retire(std::string_view id, base::Timestamp now);

 private:
  friend class KeyRingText;
  KeyRing() = default;
  void SortAt(base::Timestamp now);

  base::Timestamp as_of_;
  std::vector<KeyEncryptionKey> key_encryption_keys_;  // all of them by active_at, newest first
  std::vector<SessionHmacKey> session_keys_;
  std::vector<EnvelopeKey> envelope_keys_;
  std::vector<app::KeyInfo> retired_;
};

}  // namespace obolus::vault
