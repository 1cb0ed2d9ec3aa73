// The way to Commerce: delivers one event once and says what became of it. Retrying is the relay's
// business (app/relay_outbox). Implemented by eventing/http_event_bridge over mTLS.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/ports/store.h"
#include "base/clock.h"

namespace obolus::app {

struct Delivery {
  enum class Outcome {
    kAccepted,    // 2xx
    kRetry,       // no answer, 3xx, 4xx but the ones below, 5xx
    kRetryAfter,  // 429 or 503 with Retry-After: not before `retry_after`
    kRefused,     // 410, 415: trying again is of no use
  };
  Outcome outcome = Outcome::kRetry;
  std::optional<base::Millis> retry_after;
  std::string error;  // for people; empty when accepted
};

class EventBridge {
 public:
  virtual ~EventBridge() = default;
  // `done` is called exactly once, within the configured time-out, on a thread of the bridge's; it
  // must not block.
  virtual void Deliver(const OutboxEvent& event, std::move_only_function<void(Delivery)> done) = 0;
};

}  // namespace obolus::app
