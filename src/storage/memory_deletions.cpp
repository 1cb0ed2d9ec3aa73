// MemoryTransaction, the part about security codes and cards to be deleted elsewhere.
#include <algorithm>

#include "storage/memory_rows.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

std::unexpected<base::Error> ReadOnly() {
  return base::Fail(base::ErrorCode::kInternal, "a body that only reads wrote");
}

std::unexpected<base::Error> Conflict(std::string message) {
  return base::Fail(base::ErrorCode::kConflict, std::move(message));
}

}  // namespace

Status MemoryTransaction::InsertCode(const app::SealedCard& code) {
  if (read_only_) return ReadOnly();
  if (tables_.codes.contains(code.id)) return Conflict("the row exists already");
  PutRow(tables_.codes, code.id, code);
  return {};
}

Result<std::optional<app::SealedCard>> MemoryTransaction::TakeCode(const Uuid& card_id) {
  if (read_only_) return ReadOnly();
  auto code = CopyRow(tables_.codes, card_id);
  if (code) PutRow(tables_.codes, card_id, std::nullopt);
  return code;
}

Status MemoryTransaction::ScheduleDeletion(const app::CardDeletion& deletion) {
  if (read_only_) return ReadOnly();
  app::CardDeletion row = deletion;
  if (const auto stored = CopyRow(tables_.deletions, deletion.card_id)) {
    row = *stored;
    row.due_at = std::min(row.due_at, deletion.due_at);
    row.first_due_at = std::min(row.first_due_at, deletion.first_due_at);
  }
  PutRow(tables_.deletions, deletion.card_id, row);
  return {};
}

Result<std::vector<app::CardDeletion>> MemoryTransaction::ClaimDeletions(Timestamp now,
                                                                         Timestamp lease_until,
                                                                         std::size_t limit) {
  if (read_only_) return ReadOnly();
  std::vector<app::CardDeletion> due;
  for (const auto& [id, deletion] : tables_.deletions) {
    if (deletion.due_at <= now) due.push_back(deletion);
  }
  std::ranges::sort(due, {}, &app::CardDeletion::due_at);
  if (due.size() > limit) due.resize(limit);
  for (app::CardDeletion& deletion : due) {
    deletion.due_at = lease_until;
    ++deletion.lease;
    PutRow(tables_.deletions, deletion.card_id, deletion);
  }
  return due;
}

Status MemoryTransaction::SaveDeletion(const app::CardDeletion& deletion) {
  if (read_only_) return ReadOnly();
  auto stored = CopyRow(tables_.deletions, deletion.card_id);
  if (!stored || stored->lease != deletion.lease) return Conflict("it was claimed again meanwhile");
  stored->attempts = deletion.attempts;
  stored->due_at = deletion.due_at;
  PutRow(tables_.deletions, deletion.card_id, *stored);
  return {};
}

Status MemoryTransaction::EndDeletion(const std::string& card_id) {
  if (read_only_) return ReadOnly();
  PutRow(tables_.deletions, card_id, std::nullopt);
  return {};
}

Result<app::DeletionCounts> MemoryTransaction::CountDeletions(Timestamp now) {
  app::DeletionCounts counts;
  for (const auto& [id, deletion] : tables_.deletions) {
    if (deletion.first_due_at > now) continue;
    ++counts.waiting;
    counts.oldest = std::min(counts.oldest.value_or(deletion.first_due_at), deletion.first_due_at);
  }
  return counts;
}

}  // namespace obolus::storage
