// The encrypted form in which card data crosses the network and the merchant's page (contract
// §4.1): its public keys go to the frame, and what comes back is opened here. Implemented by
// vault/jwe_envelope; called by app/show_session and app/submit_card.
#pragma once

#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "domain/card.h"

namespace obolus::app {

class Envelope {
 public:
  virtual ~Envelope() = default;
  virtual base::json::object RsaJwk() const = 0;  // for the public SDKs
  virtual base::json::object EcJwk() const = 0;   // for our own frame
  // Errors, in order: as base::JweDecrypter::Decrypt, then kMalformed (the plaintext is not a JSON
  // object), kInvalid (a member has a wrong type; pointers are relative to the plaintext:
  // "/expiry_month").
  virtual base::Result<domain::CardEntry> Open(std::string_view compact) const = 0;
};

}  // namespace obolus::app
