#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "support/relay_stand.h"

namespace obolus::app {
namespace {

using base::Millis;
using testing::RelayStand;

// What the bridge and the disk do to one attempt.
enum class Luck : std::uint8_t { kAccepted, kFailed, kBusy, kGone, kAcceptedButNotSaved };

Delivery DeliveryOf(Luck luck) {
  switch (luck) {
    case Luck::kAccepted:
    case Luck::kAcceptedButNotSaved:
      return testing::Accepted();
    case Luck::kFailed:
      return testing::Failed();
    case Luck::kBusy:
      return {Delivery::Outcome::kRetryAfter, Millis(3'000), "the bridge answered 429"};
    case Luck::kGone:
      return testing::Gone();
  }
  return testing::Accepted();
}

// Whatever happens to the attempts, every event ends delivered or parked, and no event of a session
// is sent before the one ahead of it has ended.
RC_GTEST_PROP(RelayOutboxProperty, EverythingEndsAndSessionsKeepTheirOrder, ()) {
  const auto lucks = *rc::gen::container<std::vector<Luck>>(rc::gen::element(
      Luck::kAccepted, Luck::kFailed, Luck::kBusy, Luck::kGone, Luck::kAcceptedButNotSaved));
  const auto owners = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 4)));
  RelayOptions options;
  options.concurrency = *rc::gen::inRange<std::size_t>(1, 5);

  RelayStand* self = nullptr;
  std::size_t attempt = 0;
  RelayStand stand(
      [&](const OutboxEvent&) {
        const Luck luck = attempt < lucks.size() ? lucks[attempt] : Luck::kAccepted;
        ++attempt;
        if (luck == Luck::kAcceptedButNotSaved) self->store.FailNext(1);
        return DeliveryOf(luck);
      },
      options);
  self = &stand;
  std::vector<Uuid> sessions;
  for (int i = 0; i < 4; ++i) sessions.push_back(stand.app.ids.NewUuid());
  std::map<Uuid, std::size_t> place;
  for (const std::size_t owner : owners) {
    place.emplace(stand.Add(sessions[owner]).id, place.size());
  }
  stand.relay.Start();
  stand.Settle();
  const auto pending = [&] {
    const auto events = stand.app.Events();
    return std::ranges::count(events, EventStatus::kPending, &OutboxEvent::status);
  };
  for (int i = 0; i < 5'000 && pending() > 0; ++i) stand.Advance(Millis(5'000));

  RC_ASSERT(pending() == 0);
  std::map<Uuid, std::size_t> latest;  // of each session
  std::map<Uuid, int> arrivals;
  for (const auto& event : stand.bridge.arrived()) {
    const std::size_t now = place.at(event.id);
    RC_ASSERT(!latest.contains(event.session_id) || latest[event.session_id] <= now);
    latest[event.session_id] = now;
    ++arrivals[event.id];
  }
  for (const auto& event : stand.app.Events()) RC_ASSERT(arrivals[event.id] >= event.attempts);
}

}  // namespace
}  // namespace obolus::app
