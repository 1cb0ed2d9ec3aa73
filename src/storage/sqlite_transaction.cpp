#include "storage/sqlite_transaction.h"

#include <algorithm>

#include "storage/row_mapping.h"
#include "storage/session_document.h"
#include "storage/timeline_document.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

#define SESSION_COLUMNS                                                                  \
  "id, kind, state, version, terminal_id, payment_terminal_id, created_at, expires_at, " \
  "ended_at, document"

Result<domain::Session> ReadSession(const SqliteQuery& query) {
  SessionRow row;
  row.id = query.Id(0);
  row.kind = query.Text(1);
  row.state = query.Text(2);
  row.version = query.Integer(3);
  row.terminal_id = query.OptionalId(4);
  row.payment_terminal_id = query.OptionalId(5);
  row.created_at = query.Time(6);
  row.expires_at = query.Time(7);
  row.ended_at = query.OptionalTime(8);
  return FromRow(row, query.Text(9));
}

Result<std::optional<domain::Session>> ReadOne(SqliteQuery& query) {
  const Result<bool> row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  Result<domain::Session> session = ReadSession(query);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::move(*session);
}

std::int64_t Limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

void SqliteTransaction::DropNoticeSince(const NoticeMark& mark) {
  notice_.sessions.resize(mark.sessions);
  notice_.events = mark.events;
}

Result<std::optional<domain::Session>> SqliteTransaction::FindSession(const Uuid& id) {
  SqliteQuery query = database_.Query("SELECT " SESSION_COLUMNS " FROM sessions WHERE id = ?");
  return ReadOne(query.Bind(id));
}

// The open one is the latest: no other is inserted while it is open. Among ended ones the greatest
// id is, ids being time-ordered.
Result<std::optional<domain::Session>> SqliteTransaction::FindByTerminal(domain::SessionKind kind,
                                                                         const Uuid& terminal_id) {
  const std::string_view kind_text = domain::ToString(kind);
  SqliteQuery by_id = database_.Query("SELECT " SESSION_COLUMNS
                                      " FROM sessions WHERE id = ?"
                                      " AND terminal_id IS NULL AND kind = ?");
  auto minted = ReadOne(by_id.Bind(terminal_id).Bind(kind_text));
  if (!minted || (*minted && !domain::IsEnd(kind, (*minted)->state))) return minted;
  SqliteQuery open = database_.Query("SELECT " SESSION_COLUMNS
                                     " FROM sessions WHERE terminal_id = ?"
                                     " AND kind = ? AND ended_at IS NULL");
  auto found = ReadOne(open.Bind(terminal_id).Bind(kind_text));
  if (!found || *found) return found;
  SqliteQuery ended = database_.Query("SELECT " SESSION_COLUMNS
                                      " FROM sessions WHERE terminal_id = ? AND kind = ?"
                                      " AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1");
  found = ReadOne(ended.Bind(terminal_id).Bind(kind_text));
  if (!found || (*found && (!*minted || (*minted)->id < (*found)->id))) return found;
  return minted;
}

Result<std::optional<domain::Session>> SqliteTransaction::FindChallengeOf(
    const Uuid& payment_terminal_id) {
  SqliteQuery query = database_.Query("SELECT " SESSION_COLUMNS
                                      " FROM sessions WHERE payment_terminal_id = ?"
                                      " AND kind = '3ds' ORDER BY id DESC LIMIT 1");
  return ReadOne(query.Bind(payment_terminal_id));
}

Result<std::optional<domain::Session>> SqliteTransaction::FindByPayment(const Uuid& payment_id) {
  SqliteQuery query = database_.Query("SELECT " SESSION_COLUMNS
                                      " FROM sessions WHERE payment_id = ?"
                                      " ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1");
  return ReadOne(query.Bind(payment_id));
}

// What the unique index cannot see: a minted terminal is not in it.
Result<bool> SqliteTransaction::IsOpenMinted(domain::SessionKind kind, const Uuid& terminal_id) {
  SqliteQuery query = database_.Query(
      "SELECT 1 FROM sessions WHERE id = ? AND kind = ?"
      " AND terminal_id IS NULL AND ended_at IS NULL");
  return query.Bind(terminal_id).Bind(domain::ToString(kind)).Next();
}

Status SqliteTransaction::InsertSession(const domain::Session& session) {
  const bool minted = session.terminal_id == session.id;
  if (!minted && !domain::IsEnd(session.kind, session.state)) {
    const Result<bool> taken = IsOpenMinted(session.kind, session.terminal_id);
    if (!taken) return std::unexpected(taken.error());
    if (*taken) return base::Fail(base::ErrorCode::kConflict, "the terminal has an open session");
  }
  const SessionRow row = ToRow(session);
  const std::string document = ToDocument(session);
  SqliteQuery query = database_.Query(
      "INSERT INTO sessions (id, kind, state, version, terminal_id, payment_terminal_id,"
      " payment_id, created_at, expires_at, due_at, ended_at, document)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.Bind(row.id).Bind(row.kind).Bind(row.state).Bind(row.version).Bind(row.terminal_id);
  query.Bind(row.payment_terminal_id).Bind(row.payment_id).Bind(row.created_at);
  query.Bind(row.expires_at);
  Status inserted = query.Bind(row.due_at).Bind(row.ended_at).Bind(document).Run();
  if (inserted) notice_.sessions.push_back({session.id, session.kind, session.state, true});
  return inserted;
}

Status SqliteTransaction::SaveSession(const domain::Session& session, bool entered) {
  const SessionRow row = ToRow(session);
  const std::string document = ToDocument(session);
  SqliteQuery query = database_.Query(
      "UPDATE sessions SET state = ?, version = ?, payment_terminal_id = ?, expires_at = ?,"
      " due_at = ?, ended_at = ?, document = ? WHERE id = ? AND version = ?");
  query.Bind(row.state).Bind(row.version).Bind(row.payment_terminal_id).Bind(row.expires_at);
  query.Bind(row.due_at).Bind(row.ended_at).Bind(document).Bind(row.id).Bind(row.version - 1);
  if (Status saved = query.Run(); !saved) return saved;
  if (database_.Changes() == 0) {
    return base::Fail(base::ErrorCode::kConflict, "the session has changed meanwhile");
  }
  notice_.sessions.push_back({session.id, session.kind, session.state, entered});
  return {};
}

Status SqliteTransaction::AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) {
  const std::string document = ToDocument(entry);
  SqliteQuery query = database_.Query(
      "INSERT INTO timeline (session_id, seq, at, document) SELECT ?1, entries, ?2, ?3 FROM"
      " (SELECT count(*) AS entries FROM timeline WHERE session_id = ?1) WHERE entries < ?4");
  return query.Bind(entry.session_id).Bind(entry.at).Bind(document).Bind(Limit(limit)).Run();
}

Result<std::vector<domain::TimelineEntry>> SqliteTransaction::ListTimeline(const Uuid& session_id) {
  SqliteQuery query =
      database_.Query("SELECT at, document FROM timeline WHERE session_id = ? ORDER BY seq");
  query.Bind(session_id);
  std::vector<domain::TimelineEntry> entries;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return entries;
    auto entry = ReadTimelineEntry(session_id, query.Time(0), query.Text(1));
    if (!entry) return std::unexpected(std::move(entry.error()));
    entries.push_back(std::move(*entry));
  }
}

Result<std::vector<Uuid>> SqliteTransaction::FindDueSessions(Timestamp now, std::size_t limit) {
  SqliteQuery query =
      database_.Query("SELECT id FROM sessions WHERE due_at <= ? ORDER BY due_at, id LIMIT ?");
  query.Bind(now).Bind(Limit(limit));
  std::vector<Uuid> ids;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return ids;
    ids.push_back(query.Id(0));
  }
}

Result<std::optional<app::IdempotentAnswer>> SqliteTransaction::FindAnswer(const std::string& scope,
                                                                           const std::string& key) {
  SqliteQuery query = database_.Query(
      "SELECT request_digest, status, body, created_at FROM answers WHERE scope = ? AND key = ?");
  const Result<bool> row = query.Bind(scope).Bind(key).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  app::IdempotentAnswer answer;
  answer.scope = scope;
  answer.key = key;
  const std::string_view digest = query.Blob(0);
  if (digest.size() == answer.request_digest.size()) {
    std::ranges::copy(base::AsBytes(digest), answer.request_digest.begin());
  }
  answer.status = static_cast<int>(query.Integer(1));
  answer.body = query.Blob(2);
  answer.created_at = query.Time(3);
  return answer;
}

Status SqliteTransaction::InsertAnswer(const app::IdempotentAnswer& answer) {
  SqliteQuery query = database_.Query(
      "INSERT INTO answers (scope, key, request_digest, status, body, created_at)"
      " VALUES (?, ?, ?, ?, ?, ?)");
  query.Bind(answer.scope).Bind(answer.key).BindBlob(answer.request_digest);
  query.Bind(std::int64_t{answer.status}).BindBlob(base::AsBytes(answer.body));
  return query.Bind(answer.created_at).Run();
}

Status SqliteTransaction::WriteHealthRow() {
  return database_.Query("UPDATE health SET checks = checks + 1 WHERE id = 1").Run();
}

Result<std::optional<std::string>> SqliteTransaction::FindFact(const std::string& name) {
  SqliteQuery query = database_.Query("SELECT value FROM facts WHERE name = ?");
  const Result<bool> row = query.Bind(name).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return std::string(query.Text(0));
}

Result<std::string> SqliteTransaction::ShareFact(const std::string& name,
                                                 const std::string& value) {
  SqliteQuery insert = database_.Query("INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)");
  if (auto kept = insert.Bind(name).Bind(value).Run(); !kept) return std::unexpected(kept.error());
  const auto fact = FindFact(name);
  if (!fact) return std::unexpected(fact.error());
  return fact->value_or("");
}

Result<std::int64_t> SqliteTransaction::AddToTally(const std::string& name, std::int64_t amount,
                                                   std::int64_t leak_per_hour, Timestamp now) {
  SqliteQuery query = database_.Query(
      "INSERT INTO tallies (name, level, at) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET"
      " level = max(0, level - max(0, ?3 - at) * ?4 / 3600000) + ?2, at = max(at, ?3)"
      " RETURNING level");
  query.BindBlob(base::AsBytes(name)).Bind(amount).Bind(now).Bind(leak_per_hour);
  const Result<bool> row = query.Next();
  if (!row) return std::unexpected(row.error());
  const std::int64_t level = query.Integer(0);
  if (const Result<bool> end = query.Next(); !end) return std::unexpected(end.error());
  return level;
}

}  // namespace obolus::storage
