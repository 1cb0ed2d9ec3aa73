// What monitoring sees of the way to Commerce: deliveries by outcome and latency, how much waits
// and since when, and a log line for each event that was parked, because somebody must look at it.
// Any thread.
#pragma once

#include "app/relay_outbox.h"
#include "base/metrics.h"

namespace obolus::main {

class RelayMetrics {
 public:
  explicit RelayMetrics(base::Metrics& metrics);  // outlives this

  void Report(const app::RelayReport& report) const;
  void Observe(const app::OutboxCounts& counts, base::Timestamp now) const;
  void ObserveStreams(std::size_t open) const;

 private:
  base::Counter delivered_, retried_, parked_;
  base::Histogram seconds_;
  base::Gauge pending_, parked_now_, oldest_seconds_, streams_;
};

}  // namespace obolus::main
