// The vault inside Obolus: a card is sealed with AES-256-GCM under a key of its own, which is
// wrapped by the newest key-encryption key; the sealed row commits together with its session. The
// security code is never part of it (PCI DSS 3.3.1). Called by app/submit_card; any thread.
#pragma once

#include <functional>
#include <string>

#include "app/ports/vault.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "domain/card.h"
#include "vault/key_ring.h"

namespace obolus::vault {

class EmbeddedVault final : public app::Vault {
 public:
  // All three must outlive the vault.
  EmbeddedVault(const KeyRing& keys, base::IdSource& ids, const base::Clock& clock)
      : keys_(keys), ids_(ids), clock_(clock) {}

  bool IsRemote() const override { return false; }

  // Never fails; `done` runs before this returns. `idempotency_key` is not needed: a repetition
  // that does not commit leaves nothing.
  void Keep(domain::Card card, const base::Uuid& session_id, base::Timestamp valid_until,
            std::string idempotency_key, base::Done<app::StoredCard> done) override;

  // Never asked: its cards are rows, which go with a commit.
  void Delete(const std::string&, std::move_only_function<void(base::Status)> done) override {
    done({});
  }

  // The card again, without its security code. Errors, in order: kExpired (valid_until has come),
  // kNotFound (its key-encryption key is gone), kMalformed (changed bytes, or a row that was moved
  // to another record or session).
  base::Result<domain::Card> Open(const app::SealedCard& sealed) const;

 private:
  const KeyRing& keys_;
  base::IdSource& ids_;
  const base::Clock& clock_;
};

}  // namespace obolus::vault
