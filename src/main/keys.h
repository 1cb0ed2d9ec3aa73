// The keys of an installation and the database that they belong to. What one key file sealed, no
// other opens; so a database remembers whose it is, and a replica or a restored copy that comes
// with another file is refused before it seals anything. Called once at start by Wiring, when the
// store is open and nobody uses it yet.
#pragma once

#include <string>

#include "app/ports/store.h"
#include "vault/key_ring.h"

namespace obolus::main {

struct KeyPlace {
  std::string file;
  std::string database;  // for messages: its path or name
};

// Reads the key file, or makes it, but never for a database that knows other keys. A database that
// knows none belongs to these from now on. Waits for the store. Errors, in order: kUnavailable (the
// store), kConflict (the file is missing or another's; the message says what to do), those of
// vault::KeyRing::Open.
base::Result<vault::KeyRing> OpenKeys(const KeyPlace& place, app::Store& store,
                                      const base::Clock& clock);

}  // namespace obolus::main
