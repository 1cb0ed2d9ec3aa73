#include "app/relay_outbox.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>

#include "base/fault.h"
#include "base/log.h"

namespace obolus::app {
namespace {

// How long the backlog waits for the drain cap to let more of it through.
constexpr base::Millis kDrainPause{50};

// How much replicas may differ over what time it is before one takes the other's due times for
// wrong ones.
constexpr base::Millis kClockSlack{60'000};

// Deliveries of the backlog at once: new events always find some room.
std::size_t BacklogShare(std::size_t concurrency) {
  return std::max<std::size_t>(1, concurrency - concurrency / 4);
}

// A token bucket that fills with time and holds what two pauses let through.
class DrainCap {
 public:
  explicit DrainCap(std::size_t per_s) : per_s_(static_cast<double>(per_s)) {}

  std::size_t Available(Timestamp now, std::size_t wanted) {
    if (per_s_ == 0) return wanted;
    const double most =
        std::max(1.0, per_s_ * std::chrono::duration<double>(2 * kDrainPause).count());
    const std::chrono::duration<double> passed = now - last_;
    last_ = now;
    // The wall clock may jump.
    tokens_ = std::clamp(tokens_ + per_s_ * std::max(0.0, passed.count()), 0.0, most);
    return std::min(wanted, static_cast<std::size_t>(tokens_));
  }
  void Take(std::size_t count) { tokens_ = std::max(0.0, tokens_ - static_cast<double>(count)); }

 private:
  const double per_s_;
  double tokens_ = 0;
  Timestamp last_{};
};

}  // namespace

struct RelayOutbox::State : std::enable_shared_from_this<RelayOutbox::State> {
  State(const Services& s, EventBridge& b, base::Scheduler& t, RelayOptions o,
        std::function<void(const RelayReport&)> r)
      : services(s),
        bridge(b),
        scheduler(t),
        options(std::move(o)),
        report(std::move(r)),
        longest_wait(std::max(LongestDelay(options.schedule), options.lease)),
        drain(options.drain_per_s) {}

  struct Claim {
    std::vector<OutboxEvent> events;
    std::optional<Timestamp> next_due;
  };

  void Pump();
  void BeginClaim(const ClaimRequest& request);
  void ClaimFailed(const base::Error& error);
  std::optional<ClaimRequest> NextClaim(Timestamp now);
  bool IsBacklog(const OutboxEvent& event, Timestamp fresh_since) const;
  void Claimed(const ClaimRequest& request, Result<Claim> claim);
  void Deliver(OutboxEvent event, bool backlog);
  void Settle(OutboxEvent event, Delivery delivery, bool backlog);
  void Saved(const Status& saved, const OutboxEvent& after, const Delivery& delivery,
             Timestamp now);
  void Finish(bool backlog);
  void SleepUntil(std::optional<Timestamp> due);

  const Services& services;
  EventBridge& bridge;
  base::Scheduler& scheduler;
  const RelayOptions options;
  const std::function<void(const RelayReport&)> report;
  const base::Millis longest_wait;  // for an event to be due, when all clocks are right

  std::mutex mutex;
  std::condition_variable idle;
  bool stopped = true;
  bool claiming = false;  // one claim at a time
  bool again = false;     // a wake-up came while claiming
  std::size_t in_flight = 0;
  std::size_t backlog_in_flight = 0;
  DrainCap drain;
  std::uint64_t sleep = 0;  // number of the newest sleep; older ones wake nobody
};

void RelayOutbox::State::Pump() {
  const Timestamp now = services.clock.Now();
  const auto request = NextClaim(now);
  if (!request) return;
  try {
    BeginClaim(*request);
  } catch (const std::bad_alloc&) {
    {
      std::lock_guard lock(mutex);
      claiming = false;
      idle.notify_all();
    }
    ClaimFailed({base::ErrorCode::kUnavailable, "out of memory", {}, std::nullopt});
  }
}

void RelayOutbox::State::BeginClaim(const ClaimRequest& request) {
  Transact<Claim>(
      services.store,
      [request](Transaction& tx) -> Result<Claim> {
        auto events = tx.ClaimDueEvents(request);
        if (!events) return std::unexpected(events.error());
        auto next_due = tx.NextDueEvent();
        if (!next_due) return std::unexpected(next_due.error());
        return Claim{std::move(*events), *next_due};
      },
      [self = shared_from_this(), request](Result<Claim> claim) {
        self->Claimed(request, std::move(claim));
      });
}

// None: not now; whoever is under way pumps again when it ends.
std::optional<ClaimRequest> RelayOutbox::State::NextClaim(Timestamp now) {
  std::lock_guard lock(mutex);
  if (stopped) return std::nullopt;
  if (claiming || in_flight >= options.concurrency) {
    again = true;
    return std::nullopt;
  }
  claiming = true;
  again = false;
  const std::size_t share = BacklogShare(options.concurrency);
  const std::size_t room = share - std::min(share, backlog_in_flight);
  return ClaimRequest{.now = now,
                      .lease_until = now + options.lease,
                      .fresh_since = now - options.fresh_for,
                      .limit = options.concurrency - in_flight,
                      .backlog_limit = drain.Available(now, room),
                      .latest_due = now + longest_wait + kClockSlack};
}

bool RelayOutbox::State::IsBacklog(const OutboxEvent& event, Timestamp fresh_since) const {
  return event.first_due_at < fresh_since;
}

void RelayOutbox::State::Claimed(const ClaimRequest& request, Result<Claim> claim) {
  bool pump = false;
  std::size_t backlog = 0;
  if (claim) {
    backlog = static_cast<std::size_t>(std::ranges::count_if(
        claim->events,
        [&](const OutboxEvent& event) { return IsBacklog(event, request.fresh_since); }));
  }
  {
    std::lock_guard lock(mutex);
    claiming = false;
    if (claim) in_flight += claim->events.size();
    backlog_in_flight += backlog;
    drain.Take(backlog);
    pump = std::exchange(again, false);
    idle.notify_all();
  }
  if (!claim) return ClaimFailed(claim.error());
  base::Reach(base::FaultPoint::kEventsClaimed);
  for (OutboxEvent& event : claim->events) {
    const bool is_backlog = IsBacklog(event, request.fresh_since);
    Deliver(std::move(event), is_backlog);
  }
  if (pump) return Pump();
  // What is due already waits for the drain cap, or for a delivery to end, which pumps.
  const Timestamp soon = services.clock.Now() + kDrainPause;
  if (claim->next_due && *claim->next_due < soon && backlog >= request.backlog_limit) {
    return SleepUntil(soon);
  }
  SleepUntil(claim->next_due);
}

void RelayOutbox::State::ClaimFailed(const base::Error& error) {
  try {
    base::Log(base::LogLevel::kWarn, "relay_claim_failed",
              {{base::Field::kErrorText, error.message}});
  } catch (const std::bad_alloc&) {
    // What matters is that it tries again.
  }
  SleepUntil(std::nullopt);
}

// Without memory to deliver it, or to write down what came of it, an event waits for its lease to
// end; Commerce's ce-id makes harmless that it is delivered again then.
void RelayOutbox::State::Deliver(OutboxEvent event, bool backlog) {
  try {
    auto shared = std::make_shared<OutboxEvent>(std::move(event));
    bridge.Deliver(*shared, [self = shared_from_this(), shared, backlog](Delivery delivery) {
      self->Settle(std::move(*shared), std::move(delivery), backlog);
    });
  } catch (const std::bad_alloc&) {
    Finish(backlog);
  }
}

void RelayOutbox::State::Settle(OutboxEvent event, Delivery delivery, bool backlog) {
  base::Reach(base::FaultPoint::kEventDelivered);
  const Timestamp now = services.clock.Now();
  try {
    auto after = std::make_shared<const OutboxEvent>(
        AfterAttempt(std::move(event), delivery, options.schedule, now, services.ids.NewRandom()));
    services.store.Transact([after](Transaction& tx) { return tx.SaveDelivery(*after); },
                            [self = shared_from_this(), after, delivery = std::move(delivery), now,
                             backlog](const Status& saved) {
                              self->Saved(saved, *after, delivery, now);
                              self->Finish(backlog);
                            });
  } catch (const std::bad_alloc&) {
    Finish(backlog);
  }
}

void RelayOutbox::State::Saved(const Status& saved, const OutboxEvent& after,
                               const Delivery& delivery, Timestamp now) {
  base::Reach(base::FaultPoint::kDeliverySaved);
  try {
    if (saved) return report({after, delivery, now - after.time});
    base::Log(base::LogLevel::kWarn, "relay_save_failed",
              {{base::Field::kEventId, base::ToString(after.id)},
               {base::Field::kErrorText, saved.error().message}});
  } catch (const std::bad_alloc&) {
    // Only the telling is lost.
  }
}

void RelayOutbox::State::Finish(bool backlog) {
  {
    std::lock_guard lock(mutex);
    --in_flight;
    if (backlog) --backlog_in_flight;
    idle.notify_all();
  }
  Pump();
}

void RelayOutbox::State::SleepUntil(std::optional<Timestamp> due) {
  std::uint64_t number = 0;
  {
    std::lock_guard lock(mutex);
    if (stopped) return;
    number = ++sleep;
  }
  base::Millis delay = options.longest_sleep;
  if (due) delay = std::clamp(*due - services.clock.Now(), base::Millis(1), options.longest_sleep);
  scheduler.After(delay, [self = shared_from_this(), number] {
    {
      std::lock_guard lock(self->mutex);
      if (self->sleep != number) return;
    }
    self->Pump();
  });
}

RelayOutbox::RelayOutbox(const Services& services, EventBridge& bridge, base::Scheduler& scheduler,
                         RelayOptions options, std::function<void(const RelayReport&)> report)
    : state_(std::make_shared<State>(services, bridge, scheduler, std::move(options),
                                     std::move(report))) {}

RelayOutbox::~RelayOutbox() {
  Stop();
}

void RelayOutbox::Start() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopped = false;
  }
  state_->Pump();
}

void RelayOutbox::Wake() {
  state_->Pump();
}

void RelayOutbox::Stop() {
  std::lock_guard lock(state_->mutex);
  state_->stopped = true;
}

bool RelayOutbox::Drain(base::Millis limit) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, limit,
                               [this] { return state_->in_flight == 0 && !state_->claiming; });
}

OutboxEvent AfterAttempt(OutboxEvent event, const Delivery& delivery, const RetrySchedule& schedule,
                         Timestamp now, std::uint64_t random) {
  ++event.attempts;
  event.last_error = delivery.error;
  switch (delivery.outcome) {
    case Delivery::Outcome::kAccepted:
      event.status = EventStatus::kDelivered;
      event.settled_at = now;
      event.last_error.clear();
      return event;
    case Delivery::Outcome::kRefused:
      event.status = EventStatus::kParked;
      event.settled_at = now;
      return event;
    case Delivery::Outcome::kRetry:
    case Delivery::Outcome::kRetryAfter:
      break;
  }
  const auto next =
      NextAttempt(schedule, event.attempts, event.first_due_at, now, delivery.retry_after, random);
  if (next) {
    event.due_at = *next;
  } else {
    event.status = EventStatus::kParked;
    event.settled_at = now;
  }
  return event;
}

}  // namespace obolus::app
