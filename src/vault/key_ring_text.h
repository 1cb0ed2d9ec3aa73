// The text of a key ring: JSON of version 2, or of version 1, which knew neither when a key is used
// from nor retired ones. Apart from vault/key_ring so that its header needs no JSON. Any thread.
#pragma once

#include "vault/key_ring.h"

namespace obolus::vault {

class KeyRingText {
 public:
  // kMalformed: names the member at fault.
  static base::Result<KeyRing> Parse(const base::SecretBytes& text);
  static base::SecretBytes Print(const KeyRing& ring);
};

}  // namespace obolus::vault
