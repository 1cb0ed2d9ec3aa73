#include "http/timeline_json.h"

#include <algorithm>

#include "base/trace.h"

namespace obolus::http {
namespace {

namespace json = base::json;
using domain::TimelineEntry;

json::value OrNull(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object Render(const TimelineEntry& entry) {
  json::object details;
  for (const auto& [name, value] : entry.details) details[name] = value;
  return {
      {"at", base::FormatTime(entry.at)},
      {"side", domain::ToString(entry.cause.side)},
      {"what", entry.what},
      {"from", domain::ToString(entry.from)},
      {"to", domain::ToString(entry.to)},
      {"changed", entry.changed},
      {"event", entry.event ? json::value(domain::ToString(*entry.event)) : json::value(nullptr)},
      {"details", std::move(details)},
      {"trace_id", OrNull(entry.cause.trace_id)},
      {"request_id", OrNull(entry.cause.request_id)},
  };
}

TimelineEntry DeliveryOf(const app::OutboxEvent& event) {
  TimelineEntry entry;
  entry.session_id = event.session_id;
  entry.at = event.settled_at.value_or(event.time);
  entry.cause = {domain::Side::kObolus, base::TraceIdOf(event.traceparent), event.request_id};
  entry.what = "event_" + std::string(app::ToString(event.status));
  entry.event = domain::ParseOutboundEvent(event.type);
  entry.details = {{"type", event.type},
                   {"id", base::ToString(event.id)},
                   {"attempts", std::to_string(event.attempts)}};
  if (event.status == app::EventStatus::kPending) {
    entry.details.emplace_back("due_at", base::FormatTime(event.due_at));
  }
  if (!event.last_error.empty()) entry.details.emplace_back("last_error", event.last_error);
  return entry;
}

// Never before what committed the event: replicas' clocks may differ by some seconds.
std::size_t PlaceOf(const TimelineEntry& delivery, const std::vector<TimelineEntry>& timeline) {
  const auto committed = std::ranges::find_if(timeline, [&](const TimelineEntry& entry) {
    return entry.changed && entry.event == delivery.event;
  });
  const auto first = committed == timeline.end() ? timeline.begin() : committed + 1;
  const auto later =
      std::find_if(timeline.rbegin(), std::make_reverse_iterator(first),
                   [&](const TimelineEntry& entry) { return entry.at <= delivery.at; });
  return static_cast<std::size_t>(later.base() - timeline.begin());
}

}  // namespace

json::array RenderTimeline(const app::SessionHistory& history) {
  std::vector<TimelineEntry> timeline = history.timeline;
  for (const app::OutboxEvent& event : history.events) {
    TimelineEntry delivery = DeliveryOf(event);
    const std::size_t place = PlaceOf(delivery, timeline);
    if (place > 0) delivery.from = timeline[place - 1].to;
    delivery.to = delivery.from;
    timeline.insert(timeline.begin() + static_cast<std::ptrdiff_t>(place), std::move(delivery));
  }
  json::array rendered;
  for (const TimelineEntry& entry : timeline) rendered.push_back(Render(entry));
  return rendered;
}

}  // namespace obolus::http
