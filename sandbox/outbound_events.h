// Events that Commerce sends to Obolus `POST /events`: one queue a payment, delivered in order,
// each frozen (id, time, bytes) before its first attempt and tried again until Obolus answers 2xx
// or time is up. Thread-safe; used by Commerce, counted by the report.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "sandbox/obolus_link.h"
#include "sandbox/payment.h"

namespace obolus::sandbox {

class OutboundEvents {
 public:
  OutboundEvents(ObolusLink& link, base::IdSource& ids, const base::Clock& clock,
                 std::string source)
      : link_(link), ids_(ids), clock_(clock), source_(std::move(source)) {}

  void Send(const std::string& payment_id, const TellObolus& event, std::string traceparent);

  // Called on the link's thread when Obolus has acknowledged an event. Set before the first `Send`.
  void OnDelivered(
      std::function<void(const std::string& payment_id, const std::string& type)> told) {
    on_delivered_ = std::move(told);
  }

  // {"sent", "delivered", "waiting", "refused"}
  base::json::object Counts() const;
  void Reset();

 private:
  void SendHead(const std::string& payment_id);
  void HeadFinished(const std::string& payment_id, std::uint64_t generation, bool delivered);

  ObolusLink& link_;
  base::IdSource& ids_;
  const base::Clock& clock_;
  const std::string source_;
  std::function<void(const std::string&, const std::string&)> on_delivered_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::deque<ObolusCall>> queues_;  // by payment; never empty
  std::uint64_t generation_ = 0;                                    // counts resets
  std::int64_t sent_ = 0;
  std::int64_t delivered_ = 0;
  std::int64_t refused_ = 0;
};

}  // namespace obolus::sandbox
