// An audit log in front of another, for what strangers can cause as often as they like: refusals
// and suspicions. Of each such kind so many records a minute go on, some for each origin, so that
// one address cannot hide another; the rest is counted, and one record a minute says how many there
// were. So a flood cannot fill the disk, and is seen. Everything else goes on as it comes. Made by
// main/wiring; any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "app/ports/audit_log.h"
#include "base/clock.h"

namespace obolus::app {

struct AuditBounds {
  std::size_t per_origin = 5;  // records a minute, of each kind
  std::size_t in_all = 60;
};

// True: a stranger decides how often it happens.
bool IsCausedByStrangers(domain::AuditKind kind);

class BoundedAuditLog final : public AuditLog {
 public:
  // `scheduler` runs what says how many there were. All outlive this.
  BoundedAuditLog(AuditLog& log, base::Scheduler& scheduler, AuditBounds bounds);

  void Record(domain::AuditRecord record) override;
  // Never counted only: whoever waits for it asked for this one.
  void RecordDurably(domain::AuditRecord record,
                     std::move_only_function<void(base::Status)> done) override;

  // Says what was counted; before the log closes.
  void Stop();

 private:
  // One kind in the minute that began with its first record.
  struct Minute {
    std::size_t recorded = 0;
    std::size_t counted = 0;
    std::map<std::string, std::size_t> origins{};  // seen, as far as they fit
    std::string last_actor{};
  };
  bool Admit(const domain::AuditRecord& record);
  void EndMinute(domain::AuditKind kind);

  AuditLog& log_;
  base::Scheduler& scheduler_;
  const AuditBounds bounds_;
  std::mutex mutex_;
  std::map<domain::AuditKind, Minute> minutes_;
};

}  // namespace obolus::app
