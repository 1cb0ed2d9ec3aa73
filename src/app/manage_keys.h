// What an operator does with keys: see which there are and what still needs them, bring in new
// ones, and retire old ones that nothing needs. A key is needed while a sealed card is under it, or
// while a session has not ended that began before every replica had left it. Called by
// http/key_routes and, without a server, by main/keys_command.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/ports/keychain.h"
#include "app/ports/store.h"
#include "base/clock.h"

namespace obolus::app {

struct KeyNeeds {
  KeyInfo key;
  // Cards sealed under it; session keys made with it, or envelopes encrypted to it, whose sessions
  // have not ended (none are made under a key that is pending, and all that are younger than the
  // last rotation count for it where it cannot be told).
  std::int64_t needed_by = 0;
};

struct KeyServices {
  Store& store;
  Keychain& keychain;
  const base::Clock& clock;
};

// By kind, newest first; the retired last. Errors: kUnavailable (the store).
void ListKeys(const KeyServices& services, base::Done<std::vector<KeyNeeds>> done);

// Errors, in order: those of ListKeys; kNotFound; kConflict (pending, active, retired; replaced
// less than a spread ago; or needed: says by how many of what); those of Keychain::Retire. `done`
// gets the key as it was.
void RetireKey(const KeyServices& services, const std::string& id, base::Done<KeyNeeds> done);

}  // namespace obolus::app
