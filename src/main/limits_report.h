// What the limits on cards found, for those who watch: counters by rule, a gauge that says whether
// a merchant is under attack, a warning in the log when an attack begins, and audit records, of
// which an attacker can cause only a few a minute. Called by app/card_testing from any thread.
#pragma once

#include <array>
#include <mutex>

#include "app/card_testing.h"
#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/metrics.h"

namespace obolus::main {

class LimitsReport {
 public:
  // All outlive it.
  LimitsReport(base::Metrics& metrics, const base::Clock& clock, app::AuditLog& audit);

  void Found(const app::LimitFinding& finding);
  void RequestRefused() const { requests_refused_.Add(); }
  void Observe(const app::CardTesting& limits) const;  // for each scrape

 private:
  // False: there were enough of this kind of late.
  bool MayRecord(std::size_t kind);
  void Record(const app::LimitFinding& finding);

  const base::Clock& clock_;
  app::AuditLog& audit_;
  std::array<base::Counter, app::kLimitRuleCount> refused_;
  base::Counter requests_refused_, asked_, accepted_, wrong_, attacks_, unrecorded_;
  base::Gauge under_attack_;
  std::mutex mutex_;
  std::array<base::Timestamp, app::kLimitRuleCount + 1> recorded_at_{};
};

}  // namespace obolus::main
