// Security codes (CVC) between the shopper's submission and the one forward call that uses them
// (contract §5, PCI DSS 4.0.1 3.3.1): in locked memory that no dump shows, for a bounded time, and
// never on a disk of ours; or, where replicas are told to share them, sealed in their database.
// Implemented by vault/transient_codes; called by app/submit_card and app/forward_card. Any thread.
#pragma once

#include <optional>

#include "app/ports/store.h"
#include "base/secret.h"

namespace obolus::app {

class SecurityCodes {
 public:
  virtual ~SecurityCodes() = default;
  // Keeps the code until it is taken, dropped, too old, or pushed out by newer ones. Where codes
  // are shared nothing is kept here: commit what this returns with the card.
  virtual std::optional<SealedCard> Keep(const Uuid& card_id, const Uuid& session_id,
                                         base::SecretBytes code) = 0;
  virtual bool AreShared() const = 0;
  // Removes it: of all who ask, one gets it. Nothing where codes are shared.
  virtual std::optional<base::SecretBytes> Take(const Uuid& card_id) = 0;
  virtual bool HasCard(const Uuid& card_id) const = 0;
  virtual bool HasSession(const Uuid& session_id) const = 0;
  virtual void DropCard(const Uuid& card_id) = 0;        // none is no error
  virtual void DropSession(const Uuid& session_id) = 0;  // none is no error
  // Of a shared one, as Transaction::TakeCode gave it. kExpired; kNotFound (its key-encryption key
  // is gone); kMalformed (changed bytes, or a row that was moved).
  virtual base::Result<base::SecretBytes> Open(const SealedCard& shared) const = 0;
};

}  // namespace obolus::app
