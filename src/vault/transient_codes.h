// The security codes of cards in the embedded vault, in one block of locked memory with room for a
// fixed number of them. Each stays for a bounded time; when the room is used up the oldest makes
// place, because forward calls come within seconds. Taking, dropping and ageing overwrite the code
// at once. With `shared` nothing is kept here: codes are sealed under a key of their own each, for
// the database of the replicas. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "app/ports/security_codes.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "vault/keychain.h"
#include "vault/record_seal.h"

namespace obolus::vault {

struct TransientCodeOptions {
  std::size_t most = 4096;
  base::Millis kept_for{900'000};
  bool shared = false;
};

class TransientCodes final : public app::SecurityCodes {
 public:
  // All outlive it. Codes age by `clock` and `scheduler`.
  TransientCodes(TransientCodeOptions options, const Keychain& keys, base::Scheduler& scheduler,
                 const base::Clock& clock, base::Metrics& metrics);
  ~TransientCodes() override;  // wipes what is left

  std::optional<app::SealedCard> Keep(const base::Uuid& card_id, const base::Uuid& session_id,
                                      base::SecretBytes code) override;
  bool AreShared() const override { return options_.shared; }
  std::optional<base::SecretBytes> Take(const base::Uuid& card_id) override;
  bool HasCard(const base::Uuid& card_id) const override;
  bool HasSession(const base::Uuid& session_id) const override;
  void DropCard(const base::Uuid& card_id) override;
  void DropSession(const base::Uuid& session_id) override;
  base::Result<base::SecretBytes> Open(const app::SealedCard& shared) const override;

  std::size_t size() const;
  // Drops what is too old by now. Runs by itself; also for tests.
  void DropOld();
  void DropAll();  // at the end of the process

 private:
  struct Table;

  app::SealedCard Seal(const base::Uuid& card_id, const base::Uuid& session_id,
                       const base::SecretBytes& code) const;
  void Arm();

  const TransientCodeOptions options_;
  const Keychain& keys_;
  const RecordSeal seal_;
  base::Scheduler& scheduler_;
  const base::Clock& clock_;
  // Tasks of the scheduler may outlive this.
  std::shared_ptr<Table> table_;
};

}  // namespace obolus::vault
