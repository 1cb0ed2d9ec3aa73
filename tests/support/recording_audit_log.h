// An audit log that keeps its records in memory for a test to look at: once nothing records any
// more. Recording is safe from any thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "app/ports/audit_log.h"

namespace obolus::testing {

class RecordingAuditLog final : public app::AuditLog {
 public:
  void Record(domain::AuditRecord record) override {
    const std::lock_guard lock(mutex_);
    records.push_back(std::move(record));
  }
  void RecordDurably(domain::AuditRecord record,
                     std::move_only_function<void(base::Status)> done) override {
    if (is_full) return done(base::Fail(base::ErrorCode::kUnavailable, "the disk is full"));
    Record(std::move(record));
    done({});
  }

  std::vector<domain::AuditRecord> records;
  bool is_full = false;

 private:
  std::mutex mutex_;
};

}  // namespace obolus::testing
