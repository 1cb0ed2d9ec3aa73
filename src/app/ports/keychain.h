// The secret keys of an installation, as those who manage them see them: which there are, in which
// state, and how they change; never the keys themselves. A new key is published first and used only
// when every replica has had time to see it; an old one goes on opening what it made until it is
// retired. Implemented by vault/keychain; called by app/manage_keys. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace obolus::app {

enum class KeyKind : std::uint8_t {
  kKeyEncryption,  // wraps the keys of card records
  kSession,        // session keys are derived with it
  kEnvelope,       // browsers encrypt cards to it
};
std::string_view ToString(KeyKind kind);  // "key_encryption", "session", "envelope"
std::optional<KeyKind> ParseKeyKind(std::string_view text);

enum class KeyState : std::uint8_t {
  kPending,    // opens; not used for anything new before active_at
  kActive,     // used for everything new
  kAccepting,  // replaced; still opens
  kRetired,    // gone; its name stays
};
std::string_view ToString(KeyState state);  // "pending", "active", "accepting", "retired"

struct KeyInfo {
  KeyKind kind = KeyKind::kKeyEncryption;
  std::string id{};
  std::string algorithm{};  // "AES-256-GCM", "HMAC-SHA-256", "ECDH-ES P-256", "RSA-OAEP 2048"
  KeyState state = KeyState::kPending;
  base::Timestamp created_at{};
  base::Timestamp active_at{};
  std::optional<base::Timestamp> replaced_at{};  // when the next one of its algorithm took over
  std::optional<base::Timestamp> retired_at{};

  bool operator==(const KeyInfo&) const = default;
};

class Keychain {
 public:
  virtual ~Keychain() = default;

  // By kind, newest first; the retired ones last.
  virtual std::vector<KeyInfo> List() const = 0;
  // How long a change takes to be known to every replica.
  virtual base::Millis Spread() const = 0;
  // Adds a key of each kind (of each algorithm), pending for Spread(), and returns their ids.
  // Errors, in order: kInvalid (the keys cannot be written from here), kConflict (too many are kept
  // already, or one is pending; says what to do), kUnavailable (the file, or another process holds
  // its lock).
  virtual base::Result<std::vector<std::string>> Rotate(const std::vector<KeyKind>& kinds) = 0;
  // The key is gone afterwards; whether something needs it is for the caller to know. Errors, in
  // order: kInvalid (as above), kNotFound, kConflict (it is pending, active, or retired already),
  // kUnavailable.
  virtual base::Status Retire(const std::string& id) = 0;
};

}  // namespace obolus::app
