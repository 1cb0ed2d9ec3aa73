// SqliteTransaction, the part about security codes and cards to be deleted elsewhere.
#include <algorithm>

#include "storage/sqlite_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

}  // namespace

Status SqliteTransaction::InsertCode(const app::SealedCard&) {
  return base::Fail(base::ErrorCode::kInvalid, "security codes are not kept in a file");
}

Result<std::optional<app::SealedCard>> SqliteTransaction::TakeCode(const Uuid&) {
  return std::nullopt;
}

Status SqliteTransaction::ScheduleDeletion(const app::CardDeletion& deletion) {
  SqliteQuery query = database_.Query(
      "INSERT INTO card_deletions (card_id, session_id, due_at, first_due_at, attempts, lease)"
      " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (card_id) DO UPDATE SET"
      " due_at = min(due_at, excluded.due_at),"
      " first_due_at = min(first_due_at, excluded.first_due_at)");
  query.Bind(deletion.card_id).Bind(deletion.session_id).Bind(deletion.due_at);
  query.Bind(deletion.first_due_at).Bind(std::int64_t{deletion.attempts});
  return query.Bind(deletion.lease).Run();
}

Result<std::vector<app::CardDeletion>> SqliteTransaction::ClaimDeletions(Timestamp now,
                                                                         Timestamp lease_until,
                                                                         std::size_t limit) {
  std::vector<app::CardDeletion> due;
  {
    SqliteQuery select = database_.Query(
        "SELECT card_id, session_id, first_due_at, attempts, lease FROM card_deletions"
        " WHERE due_at <= ? ORDER BY due_at LIMIT ?");
    select.Bind(now).Bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX)));
    while (true) {
      const Result<bool> row = select.Next();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      due.push_back({.card_id = std::string(select.Text(0)),
                     .session_id = select.Id(1),
                     .due_at = lease_until,
                     .first_due_at = select.Time(2),
                     .attempts = static_cast<int>(select.Integer(3)),
                     .lease = select.Integer(4) + 1});
    }
  }
  for (const app::CardDeletion& deletion : due) {
    SqliteQuery update =
        database_.Query("UPDATE card_deletions SET due_at = ?, lease = ? WHERE card_id = ?");
    const Status leased =
        update.Bind(deletion.due_at).Bind(deletion.lease).Bind(deletion.card_id).Run();
    if (!leased) return std::unexpected(leased.error());
  }
  return due;
}

Status SqliteTransaction::SaveDeletion(const app::CardDeletion& deletion) {
  const std::int64_t before = database_.TotalChanges();
  SqliteQuery update = database_.Query(
      "UPDATE card_deletions SET attempts = ?, due_at = ? WHERE card_id = ? AND lease = ?");
  update.Bind(std::int64_t{deletion.attempts}).Bind(deletion.due_at);
  const Status saved = update.Bind(deletion.card_id).Bind(deletion.lease).Run();
  if (!saved || database_.TotalChanges() > before) return saved;
  return base::Fail(base::ErrorCode::kConflict, "it was claimed again meanwhile");
}

Status SqliteTransaction::EndDeletion(const std::string& card_id) {
  return database_.Query("DELETE FROM card_deletions WHERE card_id = ?").Bind(card_id).Run();
}

Result<app::DeletionCounts> SqliteTransaction::CountDeletions(Timestamp now) {
  SqliteQuery query = database_.Query(
      "SELECT count(*), min(first_due_at) FROM card_deletions WHERE first_due_at <= ?");
  const Result<bool> row = query.Bind(now).Next();
  if (!row) return std::unexpected(row.error());
  return app::DeletionCounts{query.Integer(0), query.OptionalTime(1)};
}

}  // namespace obolus::storage
