#include "main/relay_metrics.h"

#include "base/log.h"
#include "base/trace.h"

namespace obolus::main {
namespace {

base::Counter Attempts(base::Metrics& metrics, const char* outcome) {
  return metrics.AddCounter("obolus_deliveries_total", "Attempts to deliver an event, by outcome.",
                            {{"outcome", outcome}});
}

base::Gauge Events(base::Metrics& metrics, const char* status) {
  return metrics.AddGauge("obolus_outbox_events", "Events in the outbox by status.",
                          {{"status", status}});
}

std::string TraceIdOf(const app::OutboxEvent& event) {
  const auto trace = base::ParseTraceParent(event.traceparent);
  return trace ? trace->trace_id : "";
}

double Seconds(base::Millis millis) {
  return std::chrono::duration<double>(millis).count();
}

}  // namespace

RelayMetrics::RelayMetrics(base::Metrics& metrics)
    : delivered_(Attempts(metrics, "delivered")),
      retried_(Attempts(metrics, "retried")),
      parked_(Attempts(metrics, "parked")),
      seconds_(metrics.AddHistogram(
          "obolus_delivery_seconds", "From the commit of an event to its acceptance by the bridge.",
          {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600})),
      pending_(Events(metrics, "pending")),
      parked_now_(Events(metrics, "parked")),
      oldest_seconds_(metrics.AddGauge("obolus_outbox_oldest_seconds",
                                       "Age of the oldest event that waits; 0 when none does.")),
      streams_(metrics.AddGauge("obolus_streams_open", "Open Server-Sent Event streams.")) {}

void RelayMetrics::Report(const app::RelayReport& report) const {
  using base::Field;
  const app::OutboxEvent& event = report.event;
  switch (event.status) {
    case app::EventStatus::kDelivered:
      delivered_.Add();
      seconds_.Observe(Seconds(report.since_commit));
      base::Log(base::LogLevel::kInfo, "event_delivered",
                {{Field::kEventId, base::ToString(event.id)},
                 {Field::kEventType, event.type},
                 {Field::kTerminalId, event.subject},
                 {Field::kRequestId, event.request_id},
                 {Field::kTraceId, TraceIdOf(event)},
                 {Field::kAttempts, std::int64_t{event.attempts}},
                 {Field::kDurationMs, std::int64_t{report.since_commit.count()}}});
      return;
    case app::EventStatus::kPending:
      retried_.Add();
      break;
    case app::EventStatus::kParked:
      parked_.Add();
      break;
  }
  const bool parked = event.status == app::EventStatus::kParked;
  base::Log(parked ? base::LogLevel::kError : base::LogLevel::kWarn,
            parked ? "event_parked" : "event_not_delivered",
            {{Field::kEventId, base::ToString(event.id)},
             {Field::kEventType, event.type},
             {Field::kTerminalId, event.subject},
             {Field::kRequestId, event.request_id},
             {Field::kTraceId, TraceIdOf(event)},
             {Field::kAttempts, std::int64_t{event.attempts}},
             {Field::kErrorText, event.last_error}});
}

void RelayMetrics::Observe(const app::OutboxCounts& counts, base::Timestamp now) const {
  pending_.Set(static_cast<double>(counts.pending));
  parked_now_.Set(static_cast<double>(counts.parked));
  oldest_seconds_.Set(counts.oldest_pending ? Seconds(now - *counts.oldest_pending) : 0);
}

void RelayMetrics::ObserveStreams(std::size_t open) const {
  streams_.Set(static_cast<double>(open));
}

}  // namespace obolus::main
