// Commerce's public payments API (contract §2): POST /payments, GET /payments/{id}, GET /payments
// and POST /payments/{id}/void, with x-api-key, X-Idempotency-Key and problem documents. Every call
// goes to the journal. Handlers run on engine threads; a POST answers when Commerce has something
// to show.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/commerce.h"
#include "sandbox/journal.h"
#include "sandbox/routes.h"

namespace obolus::sandbox {

// Errors: those of ReadJsonBody; kInvalid naming each member at fault.
base::Result<NewPayment> ReadNewPayment(const net::HttpRequest& request, const FlowBook& flows);

class PaymentsApi {
 public:
  static constexpr std::size_t kMaxIdempotencyKeys = 100'000;

  PaymentsApi(Commerce& commerce, Journal& journal, const base::Clock& clock, std::string api_key)
      : commerce_(commerce), journal_(journal), clock_(clock), api_key_(std::move(api_key)) {}

  void AddRoutes(Routes& routes);
  void Create(net::HttpRequest request, net::Responder responder);
  void Reset();

 private:
  struct Claim {
    std::string digest;
    bool finished = false;
    int status = 0;
    std::string body;
  };

  bool Authorized(const net::HttpRequest& request, net::Responder& responder) const;
  // True when the request may run; false when it was answered from an earlier one.
  bool ClaimKey(const std::string& key, const net::HttpRequest& request, net::Responder& responder);
  void FinishKey(const std::string& key, const net::HttpResponse& answer);
  void Record(const net::HttpRequest& request, const net::HttpResponse& answer,
              const std::string& payment_id, base::Timestamp began);

  Commerce& commerce_;
  Journal& journal_;
  const base::Clock& clock_;
  const std::string api_key_;
  std::mutex mutex_;
  std::unordered_map<std::string, Claim> claims_;  // by idempotency key
  std::deque<std::string> claim_order_;
};

}  // namespace obolus::sandbox
