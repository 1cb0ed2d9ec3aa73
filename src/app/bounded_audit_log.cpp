#include "app/bounded_audit_log.h"

#include <utility>
#include <vector>

namespace obolus::app {
namespace {

using domain::AuditKind;

constexpr base::Millis kMinute{60'000};
constexpr std::size_t kMostOrigins = 1000;  // in a minute; what is beyond counts, without its name

}  // namespace

bool IsCausedByStrangers(AuditKind kind) {
  switch (kind) {
    case AuditKind::kCallerRefused:
    case AuditKind::kClientCertificateRefused:
    case AuditKind::kOperatorRefused:
    case AuditKind::kForwardRefused:
    case AuditKind::kCardTestingSuspected:
    case AuditKind::kTamperSuspected:
      return true;
    default:
      return false;
  }
}

BoundedAuditLog::BoundedAuditLog(AuditLog& log, base::Scheduler& scheduler, AuditBounds bounds)
    : log_(log), scheduler_(scheduler), bounds_(bounds) {}

void BoundedAuditLog::Record(domain::AuditRecord record) {
  if (!IsCausedByStrangers(record.kind) || Admit(record)) log_.Record(std::move(record));
}

void BoundedAuditLog::RecordDurably(domain::AuditRecord record,
                                    std::move_only_function<void(base::Status)> done) {
  log_.RecordDurably(std::move(record), std::move(done));
}

bool BoundedAuditLog::Admit(const domain::AuditRecord& record) {
  const AuditKind kind = record.kind;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !minutes_.contains(kind);
    Minute& minute = minutes_[kind];
    auto origin = minute.origins.find(record.origin);
    if (origin == minute.origins.end() && minute.origins.size() < kMostOrigins) {
      origin = minute.origins.emplace(record.origin, 0).first;
    }
    const bool admitted = origin != minute.origins.end() && origin->second < bounds_.per_origin &&
                          minute.recorded < bounds_.in_all;
    if (admitted) {
      ++origin->second;
      ++minute.recorded;
    } else {
      ++minute.counted;
      minute.last_actor = record.actor;
    }
    if (!first) return admitted;
  }
  scheduler_.After(kMinute, [this, kind] { EndMinute(kind); });
  return true;
}

void BoundedAuditLog::EndMinute(AuditKind kind) {
  Minute minute;
  {
    const std::lock_guard lock(mutex_);
    const auto found = minutes_.find(kind);
    if (found == minutes_.end()) return;
    minute = std::move(found->second);
    minutes_.erase(found);
  }
  if (minute.counted == 0) return;
  const bool all = minute.origins.size() < kMostOrigins;
  log_.Record({.kind = kind,
               .success = false,
               .actor = std::move(minute.last_actor),
               .origin = {},
               .object = "summary",
               .details = {{"not_recorded_one_by_one", std::to_string(minute.counted)},
                           {"origins",
                            (all ? "" : "more than ") + std::to_string(minute.origins.size())}}});
}

void BoundedAuditLog::Stop() {
  std::vector<AuditKind> kinds;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [kind, minute] : minutes_) kinds.push_back(kind);
  }
  for (const AuditKind kind : kinds) EndMinute(kind);
}

}  // namespace obolus::app
