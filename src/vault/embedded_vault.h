// The vault inside Obolus: a card is sealed with AES-256-GCM under a key of its own, which is
// wrapped by the key-encryption key in use (vault/record_seal); the sealed row commits together
// with its session. The security code is never part of it (PCI DSS 3.3.1). Called by
// app/submit_card; any thread.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "app/ports/card_wrapping.h"
#include "app/ports/vault.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "domain/card.h"
#include "vault/keychain.h"
#include "vault/record_seal.h"

namespace obolus::vault {

class EmbeddedVault final : public app::Vault, public app::CardWrapping {
 public:
  // All three must outlive the vault.
  EmbeddedVault(const Keychain& keys, base::IdSource& ids, const base::Clock& clock,
                RecordSeal seal = RecordSeal())
      : keys_(keys), ids_(ids), clock_(clock), seal_(std::move(seal)) {}

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

  std::string NewestKeyId() const override { return keys_.ring()->CurrentKeyEncryptionKey().id; }
  base::Result<app::SealedCard> Rewrap(const app::SealedCard& sealed) const override;

 private:
  const Keychain& keys_;
  base::IdSource& ids_;
  const base::Clock& clock_;
  const RecordSeal seal_;
};

}  // namespace obolus::vault
