// The keys of an installation and the database that they belong to. What one key file sealed, no
// other opens; so a database remembers whose it is, and a replica or a restored copy that comes
// with another file is refused before it seals anything. Called once at start by Wiring, when the
// store is open and nobody uses it yet.
#pragma once

#include <cstdint>
#include <string>

#include "app/ports/store.h"
#include "vault/keychain.h"
#include "vault/pkcs11_token.h"

namespace obolus::main {

enum class KeySource : std::uint8_t {
  kFile,        // read, watched, and written by rotations
  kDescriptor,  // inherited, named by OBOLUS_KEYS_FD, read once: another program keeps the keys
  kPkcs11,      // as kFile, sealed by a key in a token
};

struct KeyPlace {
  KeySource source = KeySource::kFile;
  vault::Pkcs11Token::Options token{};  // of kPkcs11
  std::string file;
  std::string database;    // for messages: its path or name
  base::Millis spread{0};  // vault.key_spread_s
};

// What a vault::Keychain is made of.
struct OpenedKeys {
  vault::KeyRing ring;
  vault::Keychain::Storage storage;
  base::Millis spread{0};
};

// Reads the keys, or makes the file, but never for a database that knows other keys. A database
// that knows none belongs to these from now on. Waits for the store. Errors, in order: kUnavailable
// (the store), kInvalid (no descriptor), kForbidden (the PIN),
// kConflict (the file is missing or another's; the message
// says what to do), those of vault::KeyRing::Open.
base::Result<OpenedKeys> OpenKeys(const KeyPlace& place, app::Store& store,
                                  const base::Clock& clock);

}  // namespace obolus::main
