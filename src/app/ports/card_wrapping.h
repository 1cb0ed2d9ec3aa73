// The wrapping of sealed cards' keys, which is renewed under the key-encryption key in use without
// touching what it protects. Implemented by vault/embedded_vault; called by app/rewrap_cards. Any
// thread.
#pragma once

#include <string>

#include "app/ports/store.h"

namespace obolus::app {

class CardWrapping {
 public:
  virtual ~CardWrapping() = default;
  virtual std::string NewestKeyId() const = 0;  // of the key-encryption key in use
  // The same card with its key wrapped by the key in use; ciphertext and the rest as they were.
  // Errors, in order: kNotFound (its key-encryption key is gone), kMalformed (it does not open).
  virtual Result<SealedCard> Rewrap(const SealedCard& sealed) const = 0;
};

}  // namespace obolus::app
