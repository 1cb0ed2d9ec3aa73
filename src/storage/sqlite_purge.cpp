// SqliteTransaction, the part about what is over: cards, answers, received events, ended sessions.
#include <algorithm>

#include "storage/sqlite_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

std::int64_t Limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

Result<std::size_t> SqliteTransaction::PurgeReceived(Timestamp before, std::size_t limit) {
  SqliteQuery select = database_.Query(
      "SELECT seq, subjects, applied FROM received_events WHERE received_at < ?"
      " ORDER BY received_at LIMIT ?");
  select.Bind(before).Bind(Limit(limit));
  std::size_t gone = 0;
  std::vector<std::pair<std::int64_t, std::string>> rows;
  while (true) {
    const Result<bool> row = select.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    rows.emplace_back(select.Integer(0), select.Integer(2) != 0 ? "" : select.Blob(1));
  }
  for (const auto& [seq, subjects] : rows) {
    Status forgotten = ForgetSubjects(seq, subjects);
    if (forgotten) {
      forgotten = database_.Query("DELETE FROM received_events WHERE seq = ?").Bind(seq).Run();
    }
    if (!forgotten) return std::unexpected(std::move(forgotten.error()));
    ++gone;
  }
  return gone;
}

// A session that still has an event to deliver stays until that is settled. Rows are looked at one
// by one, so the walk ends where the last session that goes stands.
Result<std::vector<Uuid>> SqliteTransaction::WalkToPurge(Timestamp before, std::size_t limit) {
  SqliteQuery select = database_.Query(
      "SELECT id, ended_at, EXISTS (SELECT 1 FROM events"
      " WHERE session_id = sessions.id AND status = 'pending') FROM sessions"
      " WHERE ended_at < ? AND (ended_at, id) > (?, ?) ORDER BY ended_at, id LIMIT ?");
  const Uuid from = purge_walk_.id;
  const std::size_t most = limit * PurgeWalk::kLookedAtPerPurged;
  select.Bind(before).Bind(purge_walk_.ended_at).Bind(from).Bind(Limit(most));
  std::vector<Uuid> ids;
  for (std::size_t looked = 0; looked < most && ids.size() < limit; ++looked) {
    const Result<bool> row = select.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) {
      purge_walk_ = {};
      break;
    }
    purge_walk_ = {select.Time(1), select.Id(0)};
    if (select.Integer(2) == 0) ids.push_back(purge_walk_.id);
  }
  return ids;
}

Result<std::size_t> SqliteTransaction::PurgeSessions(Timestamp before, std::size_t limit) {
  const Result<std::vector<Uuid>> ids = WalkToPurge(before, limit);
  if (!ids) return std::unexpected(ids.error());
  const std::int64_t before_changes = database_.TotalChanges();
  for (const Uuid& id : *ids) {
    Status gone = database_.Query("DELETE FROM events WHERE session_id = ?").Bind(id).Run();
    if (gone) gone = database_.Query("DELETE FROM timeline WHERE session_id = ?").Bind(id).Run();
    if (gone) gone = database_.Query("DELETE FROM sessions WHERE id = ?").Bind(id).Run();
    if (!gone) return std::unexpected(std::move(gone.error()));
  }
  return static_cast<std::size_t>(database_.TotalChanges() - before_changes);
}

Result<std::size_t> SqliteTransaction::Purge(Timestamp now, Timestamp before, std::size_t limit) {
  const std::int64_t before_changes = database_.TotalChanges();
  SqliteQuery cards = database_.Query(
      "DELETE FROM cards WHERE id IN (SELECT id FROM cards WHERE valid_until <= ?"
      " ORDER BY valid_until LIMIT ?)");
  Status gone = cards.Bind(now).Bind(Limit(limit)).Run();
  if (!gone) return std::unexpected(std::move(gone.error()));
  SqliteQuery answers = database_.Query(
      "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM answers WHERE created_at < ?"
      " ORDER BY created_at LIMIT ?)");
  gone = answers.Bind(before).Bind(Limit(limit)).Run();
  if (!gone) return std::unexpected(std::move(gone.error()));
  SqliteQuery tallies = database_.Query(
      "DELETE FROM tallies WHERE name IN (SELECT name FROM tallies WHERE at < ? ORDER BY at"
      " LIMIT ?)");
  gone = tallies.Bind(now - kTalliesKeptFor).Bind(Limit(limit)).Run();
  if (!gone) return std::unexpected(std::move(gone.error()));
  const auto simple = static_cast<std::size_t>(database_.TotalChanges() - before_changes);
  const Result<std::size_t> received = PurgeReceived(before, limit);
  if (!received) return received;
  const Result<std::size_t> sessions = PurgeSessions(before, limit);
  if (!sessions) return sessions;
  return simple + *received + *sessions;
}

}  // namespace obolus::storage
