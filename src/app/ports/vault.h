// Where cards rest (contract §5). The embedded vault seals the card into a row that commits
// together with the session and its event; a remote one (Guardian) is asked between two
// transactions. Called by app/submit_card.
#pragma once

#include <optional>
#include <string>

#include "app/ports/store.h"
#include "base/result.h"
#include "domain/card.h"

namespace obolus::app {

// The provider of cards that are rows of our own store; any other rests elsewhere.
inline constexpr char kEmbeddedProvider[] = "embedded";

struct StoredCard {
  std::string id;                    // card_session.id
  std::string provider;              // "embedded", "guardian"
  std::optional<SealedCard> sealed;  // commit this with the session; absent for remote vaults
  std::optional<Timestamp> valid_until = {};  // when the vault itself deletes it before we would
};

class Vault {
 public:
  virtual ~Vault() = default;
  // True: `Keep` asks another machine, so the intent is written first (session state `submitted`).
  virtual bool IsRemote() const = 0;
  // Keeps the card until `valid_until`; `idempotency_key` makes a repetition harmless. Embedded:
  // `done` runs before this returns. Errors: kInvalid (the vault refuses this card), kUnavailable,
  // kTimeout.
  virtual void Keep(domain::Card card, const Uuid& session_id, Timestamp valid_until,
                    std::string idempotency_key, base::Done<StoredCard> done) = 0;
  // Deletes a card that is of no more use by its card_session.id; one that is not there is no
  // error. Only for remote vaults: an embedded one's cards are rows. Errors: kUnavailable (with
  // `retry_after` where the vault names it), kTimeout, kUnauthorized.
  virtual void Delete(const std::string& card_id, std::move_only_function<void(Status)> done) = 0;
};

}  // namespace obolus::app
