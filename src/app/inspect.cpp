#include "app/inspect.h"

#include <algorithm>

#include "app/commit_decision.h"

namespace obolus::app {
namespace {

constexpr std::size_t kMostEvents = 1000;

Result<OutboxEvent> LoadEvent(Transaction& tx, const Uuid& id) {
  auto found = tx.FindEvent(id);
  if (!found) return std::unexpected(found.error());
  if (!*found) return base::Fail(base::ErrorCode::kNotFound, "no event has this id");
  return std::move(**found);
}

}  // namespace

void ListEvents(const Services& services, EventFilter filter,
                base::Done<std::vector<OutboxEvent>> done) {
  filter.limit = std::min(filter.limit, kMostEvents);
  Read<std::vector<OutboxEvent>>(
      services.store, [filter](Transaction& tx) { return tx.ListEvents(filter); }, std::move(done));
}

void ShowEvent(const Services& services, const Uuid& id, base::Done<OutboxEvent> done) {
  Read<OutboxEvent>(
      services.store, [id](Transaction& tx) { return LoadEvent(tx, id); }, std::move(done));
}

void ReplayEvent(const Services& services, const Uuid& id, base::Done<OutboxEvent> done) {
  Transact<OutboxEvent>(
      services.store,
      [id, now = services.clock.Now()](Transaction& tx) -> Result<OutboxEvent> {
        auto event = LoadEvent(tx, id);
        if (!event) return event;
        event->status = EventStatus::kPending;
        event->due_at = now;
        event->first_due_at = now;
        event->settled_at.reset();
        if (auto saved = tx.SaveDelivery(*event); !saved) return std::unexpected(saved.error());
        return event;
      },
      std::move(done));
}

void ShowTimeline(const Services& services, const Uuid& session_id,
                  base::Done<std::vector<domain::TimelineEntry>> done) {
  using Timeline = std::vector<domain::TimelineEntry>;
  Read<Timeline>(
      services.store,
      [session_id](Transaction& tx) -> Result<Timeline> {
        const auto session = Load(tx, session_id);
        if (!session) return std::unexpected(session.error());
        auto timeline = tx.ListTimeline(session_id);
        if (timeline) timeline->insert(timeline->begin(), domain::OpeningOf(*session));
        return timeline;
      },
      std::move(done));
}

void InspectSession(const Services& services, const Uuid& id, base::Done<domain::Session> done) {
  Read<domain::Session>(
      services.store, [id](Transaction& tx) { return Load(tx, id); }, std::move(done));
}

void CountOutbox(const Services& services, base::Done<OutboxCounts> done) {
  Read<OutboxCounts>(
      services.store, [](Transaction& tx) { return tx.CountOutbox(); }, std::move(done));
}

}  // namespace obolus::app
