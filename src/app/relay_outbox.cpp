#include "app/relay_outbox.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace obolus::app {

struct RelayOutbox::State : std::enable_shared_from_this<RelayOutbox::State> {
  State(const Services& s, EventBridge& b, base::Scheduler& t, RelayOptions o,
        std::function<void(const RelayReport&)> r)
      : services(s), bridge(b), scheduler(t), options(std::move(o)), report(std::move(r)) {}

  void Pump();
  void Claimed(Result<std::vector<OutboxEvent>> events, std::optional<Timestamp> next_due);
  void Deliver(OutboxEvent event);
  void Settle(OutboxEvent event, Delivery delivery);
  void Finish();
  void SleepUntil(std::optional<Timestamp> due);

  const Services& services;
  EventBridge& bridge;
  base::Scheduler& scheduler;
  const RelayOptions options;
  const std::function<void(const RelayReport&)> report;

  std::mutex mutex;
  std::condition_variable idle;
  bool stopped = true;
  bool claiming = false;  // one claim at a time
  bool again = false;     // a wake-up came while claiming
  std::size_t in_flight = 0;
  std::uint64_t sleep = 0;  // number of the newest sleep; older ones wake nobody
};

void RelayOutbox::State::Pump() {
  std::size_t room = 0;
  {
    std::lock_guard lock(mutex);
    if (stopped) return;
    if (claiming || in_flight >= options.concurrency) {
      again = true;
      return;
    }
    claiming = true;
    again = false;
    room = options.concurrency - in_flight;
  }
  const Timestamp now = services.clock.Now();
  struct Claim {
    std::vector<OutboxEvent> events;
    std::optional<Timestamp> next_due;
  };
  Transact<Claim>(
      services.store,
      [now, lease_until = now + options.lease, room](Transaction& tx) -> Result<Claim> {
        auto events = tx.ClaimDueEvents(now, lease_until, room);
        if (!events) return std::unexpected(events.error());
        auto next_due = tx.NextDueEvent();
        if (!next_due) return std::unexpected(next_due.error());
        return Claim{std::move(*events), *next_due};
      },
      [self = shared_from_this()](Result<Claim> claim) {
        if (!claim) return self->Claimed(std::unexpected(claim.error()), std::nullopt);
        self->Claimed(std::move(claim->events), claim->next_due);
      });
}

void RelayOutbox::State::Claimed(Result<std::vector<OutboxEvent>> events,
                                 std::optional<Timestamp> next_due) {
  bool pump = false;
  {
    std::lock_guard lock(mutex);
    claiming = false;
    if (events) in_flight += events->size();
    pump = std::exchange(again, false);
    idle.notify_all();
  }
  if (!events) {
    base::Log(base::LogLevel::kWarn, "relay_claim_failed",
              {{base::Field::kErrorText, events.error().message}});
    return SleepUntil(std::nullopt);
  }
  for (OutboxEvent& event : *events) Deliver(std::move(event));
  if (pump) return Pump();
  SleepUntil(next_due);
}

void RelayOutbox::State::Deliver(OutboxEvent event) {
  auto shared = std::make_shared<OutboxEvent>(std::move(event));
  bridge.Deliver(*shared, [self = shared_from_this(), shared](Delivery delivery) {
    self->Settle(std::move(*shared), std::move(delivery));
  });
}

void RelayOutbox::State::Settle(OutboxEvent event, Delivery delivery) {
  const Timestamp now = services.clock.Now();
  auto after = std::make_shared<const OutboxEvent>(
      AfterAttempt(std::move(event), delivery, options.schedule, now, services.ids.NewRandom()));
  services.store.Transact(
      [after](Transaction& tx) { return tx.SaveDelivery(*after); },
      [self = shared_from_this(), after, delivery = std::move(delivery), now](Status saved) {
        // Not saved: the lease ends and the event is delivered again, which Commerce's ce-id makes
        // harmless.
        if (saved) {
          self->report({*after, delivery, now - after->time});
        } else {
          base::Log(base::LogLevel::kWarn, "relay_save_failed",
                    {{base::Field::kEventId, base::ToString(after->id)},
                     {base::Field::kErrorText, saved.error().message}});
        }
        self->Finish();
      });
}

void RelayOutbox::State::Finish() {
  {
    std::lock_guard lock(mutex);
    --in_flight;
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
