// Carries committed events to Commerce: claims what is due, delivers concurrently, writes down what
// became of each, and sleeps until the next is due or a commit says that there is more. At least
// once; the order within one session is the store's claim rule. New events go before a backlog,
// which drains at its own rate in the rest of the room. It holds nothing that a crash could lose.
// Owned by main; woken by store commits.
#pragma once

#include <functional>
#include <memory>

#include "app/ports/event_bridge.h"
#include "app/retry_schedule.h"
#include "app/services.h"

namespace obolus::app {

struct RelayOptions {
  RetrySchedule schedule;
  std::size_t concurrency = 64;       // deliveries under way at once
  base::Millis lease{15'000};         // must be longer than the bridge's time-out by 5 s
  base::Millis fresh_for{30'000};     // an event first due no longer ago is no backlog
  std::size_t drain_per_s = 0;        // events of the backlog, at most; 0: no limit
  base::Millis longest_sleep{5'000};  // looks again at least this often
};

// What happened to one attempt; for metrics and the log.
struct RelayReport {
  const OutboxEvent& event;  // as saved
  const Delivery& delivery;
  base::Millis since_commit;
};

class RelayOutbox {
 public:
  RelayOutbox(const Services& services, EventBridge& bridge, base::Scheduler& scheduler,
              RelayOptions options, std::function<void(const RelayReport&)> report);
  ~RelayOutbox();  // Stop()
  RelayOutbox(const RelayOutbox&) = delete;
  RelayOutbox& operator=(const RelayOutbox&) = delete;

  void Start();
  void Wake();  // any thread, cheap
  void Stop();  // claims no more
  bool Drain(
      base::Millis limit);  // after Stop: waits for deliveries under way; true when none is left

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The event after one attempt, as it is to be saved. Pure.
OutboxEvent AfterAttempt(OutboxEvent event, const Delivery& delivery, const RetrySchedule& schedule,
                         Timestamp now, std::uint64_t random);

}  // namespace obolus::app
