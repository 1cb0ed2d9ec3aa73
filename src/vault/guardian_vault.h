// Guardian, Hellgate's vault on other machines, as our vault (contract §5). A card is sent from
// locked memory and wiped with its answer; attempts go on while the session's lease lasts, all
// under one idempotency key; a breaker keeps shoppers from waiting for a Guardian that is down.
// Called by app/submit_card and by the relay of deletions, from any thread; answers on the HTTP
// client's thread.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "app/ports/vault.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "net/circuit_breaker.h"
#include "net/renewable_client.h"
#include "vault/guardian_protocol.h"

namespace obolus::vault {

struct GuardianOptions {
  std::string url{};  // without a trailing slash
  std::string api_key{};
  net::ClientOptions client{};         // client.timeout: of one attempt
  base::Millis answer_within{19'000};  // of all attempts: less than the lease of a submission
  net::BreakerOptions breaker{};
};

class GuardianVault final : public app::Vault {
 public:
  // kInvalid: a TLS file that cannot be read. The others outlive the vault, and `scheduler` has
  // stopped before it goes.
  static base::Result<std::unique_ptr<GuardianVault>> Make(GuardianOptions options,
                                                           base::Scheduler& scheduler,
                                                           const base::Clock& clock,
                                                           base::Metrics& metrics);
  ~GuardianVault() override;

  bool IsRemote() const override { return true; }
  void Keep(domain::Card card, const base::Uuid& session_id, base::Timestamp valid_until,
            std::string idempotency_key, base::Done<app::StoredCard> done) override;
  void Delete(const std::string& card_id,
              std::move_only_function<void(base::Status)> done) override;

  // Goes on with what the files of the client's TLS now hold; calls under way end as they began.
  // Errors of net::RenewableClient::Renew; kUnavailable: closed.
  base::Status RenewTls();

  // What is under way ends with kUnavailable, and so does what comes later.
  void Close();

 private:
  struct Keeping;
  struct Counters;
  using Shared = std::shared_ptr<Keeping>;

  GuardianVault(GuardianOptions options, std::unique_ptr<net::RenewableClient> client,
                base::Scheduler& scheduler, const base::Clock& clock, base::Metrics& metrics);

  void Attempt(const Shared& keeping);
  void Read(const Shared& keeping, TokenReply reply);
  void RetryOrFail(const Shared& keeping, const TokenReply& reply);
  void Fail(const Shared& keeping, const TokenReply& reply);
  bool MayAsk(net::CircuitBreaker::Permit* permit, base::Millis* wait);
  void Learn(net::CircuitBreaker::Permit permit, bool well);
  void TellBreaker(net::BreakerState before, net::BreakerState after);
  bool IsClosed();
  bool Send(net::ClientRequest request, base::Done<net::HttpResponse> done);

  const GuardianOptions options_;
  base::Scheduler& scheduler_;
  const base::Clock& clock_;
  std::unique_ptr<Counters> counters_;
  std::mutex mutex_;
  net::CircuitBreaker breaker_;                   // under mutex_
  std::unique_ptr<net::RenewableClient> client_;  // under mutex_
  std::atomic<bool> denied_ = false;
};

// For `obolus check`: asks for a token that cannot be there. What it found, for a person; nothing
// is stored. Errors: kUnauthorized (the key or certificate), kUnavailable (nobody answers),
// kInvalid (a TLS file, or what answers is no Guardian).
base::Result<std::string> ProbeGuardian(const GuardianOptions& options);

}  // namespace obolus::vault
