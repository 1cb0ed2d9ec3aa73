// Where audit records are kept: append-only, in order, so that a changed or missing one is found.
// Implemented by storage/file_audit_log. Whoever decides that something happened (a guard, a route,
// a use case) records it once. Any thread.
#pragma once

#include <functional>

#include "base/result.h"
#include "domain/audit_record.h"

namespace obolus::app {

class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // Queued and written soon; never waits. When the queue is full the record is lost, which the next
  // record that is kept says, and a metric.
  virtual void Record(domain::AuditRecord record) = 0;
  // For what must not happen unrecorded, such as handing out a card: `done` runs once the record is
  // on disk, on the caller's thread when that is a base::Loop which still runs, else on the log's.
  // kUnavailable: it could not be written, so do not do it.
  virtual void RecordDurably(domain::AuditRecord record,
                             std::move_only_function<void(base::Status)> done) = 0;
};

}  // namespace obolus::app
