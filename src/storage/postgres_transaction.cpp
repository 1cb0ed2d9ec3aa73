#include "storage/postgres_transaction.h"

#include <algorithm>

#include "storage/notice_text.h"
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
// A body that may write works on a session that nobody else changes before it commits.
#define FOR_WRITERS " FOR NO KEY UPDATE"

Result<domain::Session> ReadSession(const PostgresRows& rows, int row) {
  SessionRow columns;
  columns.id = rows.Id(row, 0);
  columns.kind = rows.Bytes(row, 1);
  columns.state = rows.Bytes(row, 2);
  columns.version = rows.Integer(row, 3);
  columns.terminal_id = rows.Id(row, 4);
  if (!rows.IsNull(row, 5)) columns.payment_terminal_id = rows.Id(row, 5);
  columns.created_at = rows.Time(row, 6);
  columns.expires_at = rows.Time(row, 7);
  columns.ended_at = rows.OptionalTime(row, 8);
  return FromRow(columns, rows.Bytes(row, 9));
}

std::int64_t Limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

void PostgresTransaction::Begin(PostgresMode mode) {
  mode_ = mode;
  writes_ = 0;
  has_read_ = false;
  read_is_stale_ = false;
  notice_ = {};
  inserted_.clear();
  locked_.clear();
  connection_.Restart();
  connection_
      .Call(Reads() ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                    : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
      .Queue();
}

void PostgresTransaction::QueueOperation(const Uuid& operation) {
  connection_.Call("INSERT INTO operations (id, kept) VALUES ($1, true)").Bind(operation).Queue();
}

// Commits that notify go one at a time through the whole server, so those that nobody can wait for
// do not.
void PostgresTransaction::QueueNotice(const Uuid& store) {
  std::vector<Uuid> changed;
  for (const app::SessionChange& change : notice_.sessions) {
    if (!inserted_.contains(change.id)) changed.push_back(change.id);
  }
  if (changed.empty()) return;
  const std::string text = ToNoticeText({store, std::move(changed), notice_.events});
  connection_.Call("SELECT pg_notify('obolus', $1)").Bind(std::string_view(text)).Queue();
}

Result<PostgresRows> PostgresTransaction::Select(PostgresCall& call) {
  has_read_ = true;
  return call.Fetch();
}

Result<std::optional<domain::Session>> PostgresTransaction::SelectSession(PostgresCall& call) {
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  auto session = ReadSession(*rows, 0);
  if (!session) return std::unexpected(std::move(session.error()));
  return std::move(*session);
}

Status PostgresTransaction::RefuseWrite() const {
  if (!Reads()) return {};
  return base::Fail(base::ErrorCode::kInternal, "a body that only reads wrote");
}

PostgresCall PostgresTransaction::OneRow(const char* queued, const char* awaited) {
  return connection_.Call(mode_ == PostgresMode::kQueued ? queued : awaited);
}

Status PostgresTransaction::Write(PostgresCall& call, const char* conflict) {
  if (auto refused = RefuseWrite(); !refused) return refused;
  ++writes_;
  if (mode_ == PostgresMode::kQueued) {
    call.Queue();
    return {};
  }
  const auto rows = call.Fetch();
  if (!rows) return std::unexpected(rows.error());
  if (rows->affected() > 0) return {};
  read_is_stale_ = has_read_;
  return base::Fail(base::ErrorCode::kConflict, conflict);
}

Status PostgresTransaction::WriteAny(PostgresCall& call) {
  if (auto refused = RefuseWrite(); !refused) return refused;
  ++writes_;
  call.Queue();
  return {};
}

// A statement of its own, so that the next one sees what was committed while this one waited.
void PostgresTransaction::Lock(NameKind kind, const Uuid& name) {
  if (Reads() || !locked_.emplace(kind, name).second) return;
  connection_.Call("SELECT pg_advisory_xact_lock(uuid_hash_extended($1, $2))")
      .Bind(name)
      .Bind(static_cast<std::int64_t>(kind))
      .Queue();
}

Result<std::optional<domain::Session>> PostgresTransaction::FindSession(const Uuid& id) {
  auto call = connection_.Call(Reads() ? "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = $1"
                                       : "SELECT " SESSION_COLUMNS
                                         " FROM sessions WHERE id = $1" FOR_WRITERS);
  return SelectSession(call.Bind(id));
}

// The open one is the latest: no other is inserted while it is open. Among ended ones the greatest
// id is, ids being time-ordered.
Result<std::optional<domain::Session>> PostgresTransaction::FindByTerminal(
    domain::SessionKind kind, const Uuid& terminal_id) {
#define OPEN_ONE                                        \
  "SELECT " SESSION_COLUMNS                             \
  " FROM sessions WHERE terminal_id = $1 AND kind = $2" \
  " AND ended_at IS NULL"
#define LAST_ENDED                                      \
  "SELECT " SESSION_COLUMNS                             \
  " FROM sessions WHERE terminal_id = $1 AND kind = $2" \
  " AND ended_at IS NOT NULL ORDER BY id DESC LIMIT 1"
  Lock(NameKind::kLookedFor, terminal_id);
  const std::string_view kind_text = domain::ToString(kind);
  auto open = connection_.Call(Reads() ? OPEN_ONE : OPEN_ONE FOR_WRITERS);
  auto found = SelectSession(open.Bind(terminal_id).Bind(kind_text));
  if (!found || *found) return found;
  auto ended = connection_.Call(Reads() ? LAST_ENDED : LAST_ENDED FOR_WRITERS);
  return SelectSession(ended.Bind(terminal_id).Bind(kind_text));
}

Result<std::optional<domain::Session>> PostgresTransaction::FindChallengeOf(
    const Uuid& payment_terminal_id) {
#define LAST_CHALLENGE                            \
  "SELECT " SESSION_COLUMNS                       \
  " FROM sessions WHERE payment_terminal_id = $1" \
  " AND kind = '3ds' ORDER BY id DESC LIMIT 1"
  auto call = connection_.Call(Reads() ? LAST_CHALLENGE : LAST_CHALLENGE FOR_WRITERS);
  return SelectSession(call.Bind(payment_terminal_id));
}

Result<std::optional<domain::Session>> PostgresTransaction::FindByPayment(const Uuid& payment_id) {
#define LAST_OF_PAYMENT                  \
  "SELECT " SESSION_COLUMNS              \
  " FROM sessions WHERE payment_id = $1" \
  " ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1"
  Lock(NameKind::kLookedFor, payment_id);
  auto call = connection_.Call(Reads() ? LAST_OF_PAYMENT : LAST_OF_PAYMENT FOR_WRITERS);
  return SelectSession(call.Bind(payment_id));
}

Status PostgresTransaction::InsertSession(const domain::Session& session) {
#define INSERT_SESSION                                                                \
  "INSERT INTO sessions (id, kind, state, version, terminal_id, payment_terminal_id," \
  " payment_id, created_at, expires_at, due_at, ended_at, document)"                  \
  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
  const SessionRow row = ToRow(session);
  const std::string document = ToDocument(session);
  auto call = OneRow(INSERT_SESSION, INSERT_SESSION " ON CONFLICT DO NOTHING");
  call.Bind(row.id).Bind(row.kind).Bind(row.state).Bind(row.version);
  call.Bind(row.terminal_id.value_or(row.id)).Bind(row.payment_terminal_id).Bind(row.payment_id);
  call.Bind(row.created_at).Bind(row.expires_at).Bind(row.due_at).Bind(row.ended_at);
  Status inserted = Write(call.Bind(std::string_view(document)),
                          "the id exists, or the terminal has an open session");
  if (inserted) {
    inserted_.insert(session.id);
    notice_.sessions.push_back({session.id, session.kind, session.state, true});
  }
  return inserted;
}

Status PostgresTransaction::SaveSession(const domain::Session& session, bool entered) {
#define SAVE_SESSION                                                        \
  "UPDATE sessions SET state = $1, version = $2, payment_terminal_id = $3," \
  " expires_at = $4, due_at = $5, ended_at = $6, document = $7"             \
  " WHERE id = $8 AND version = $9"
  const SessionRow row = ToRow(session);
  const std::string document = ToDocument(session);
  auto call = OneRow("WITH saved AS (" SAVE_SESSION " RETURNING 1) SELECT 1 / count(*) FROM saved",
                     SAVE_SESSION);
  call.Bind(row.state).Bind(row.version).Bind(row.payment_terminal_id).Bind(row.expires_at);
  call.Bind(row.due_at).Bind(row.ended_at).Bind(std::string_view(document)).Bind(row.id);
  Status saved = Write(call.Bind(row.version - 1), "the session has changed meanwhile");
  if (saved) notice_.sessions.push_back({session.id, session.kind, session.state, entered});
  return saved;
}

// Whoever adds has read the session, so its row is locked and the count is right.
Status PostgresTransaction::AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) {
  const std::string document = ToDocument(entry);
  auto call = connection_.Call(
      "INSERT INTO timeline (session_id, seq, at, document) SELECT $1::uuid, entries, $2::bigint,"
      " $3::bytea FROM (SELECT count(*) AS entries FROM timeline WHERE session_id = $1::uuid) AS"
      " sofar WHERE entries < $4::bigint ON CONFLICT DO NOTHING");
  call.Bind(entry.session_id).Bind(entry.at).Bind(std::string_view(document));
  return WriteAny(call.Bind(Limit(limit)));
}

Result<std::vector<domain::TimelineEntry>> PostgresTransaction::ListTimeline(
    const Uuid& session_id) {
  auto call =
      connection_.Call("SELECT at, document FROM timeline WHERE session_id = $1 ORDER BY seq");
  const auto rows = Select(call.Bind(session_id));
  if (!rows) return std::unexpected(rows.error());
  std::vector<domain::TimelineEntry> entries;
  for (int row = 0; row < rows->size(); ++row) {
    auto entry = ReadTimelineEntry(session_id, rows->Time(row, 0), rows->Bytes(row, 1));
    if (!entry) return std::unexpected(std::move(entry.error()));
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<std::vector<Uuid>> PostgresTransaction::FindDueSessions(Timestamp now, std::size_t limit) {
  auto call =
      connection_.Call("SELECT id FROM sessions WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2");
  const auto rows = Select(call.Bind(now).Bind(Limit(limit)));
  if (!rows) return std::unexpected(rows.error());
  std::vector<Uuid> ids;
  for (int row = 0; row < rows->size(); ++row) ids.push_back(rows->Id(row, 0));
  return ids;
}

Result<std::optional<app::IdempotentAnswer>> PostgresTransaction::FindAnswer(
    const std::string& scope, const std::string& key) {
  auto call = connection_.Call(
      "SELECT request_digest, status, body, created_at FROM answers WHERE scope = $1 AND key = $2");
  const auto rows = Select(call.Bind(std::string_view(scope)).Bind(std::string_view(key)));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  app::IdempotentAnswer answer;
  answer.scope = scope;
  answer.key = key;
  const std::string_view digest = rows->Bytes(0, 0);
  if (digest.size() == answer.request_digest.size()) {
    std::ranges::copy(base::AsBytes(digest), answer.request_digest.begin());
  }
  answer.status = static_cast<int>(rows->Integer(0, 1));
  answer.body = rows->Bytes(0, 2);
  answer.created_at = rows->Time(0, 3);
  return answer;
}

Status PostgresTransaction::InsertAnswer(const app::IdempotentAnswer& answer) {
#define INSERT_ANSWER                                                          \
  "INSERT INTO answers (scope, key, request_digest, status, body, created_at)" \
  " VALUES ($1, $2, $3, $4, $5, $6)"
  auto call = OneRow(INSERT_ANSWER, INSERT_ANSWER " ON CONFLICT DO NOTHING");
  call.Bind(std::string_view(answer.scope)).Bind(std::string_view(answer.key));
  call.Bind(base::AsText(answer.request_digest)).Bind(std::int64_t{answer.status});
  call.Bind(std::string_view(answer.body)).Bind(answer.created_at);
  return Write(call, "there is an answer under this key");
}

Result<std::optional<std::string>> PostgresTransaction::FindFact(const std::string& name) {
  auto call = connection_.Call("SELECT value FROM facts WHERE name = $1");
  const auto rows = Select(call.Bind(std::string_view(name)));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  return std::string(rows->Bytes(0, 0));
}

Result<std::string> PostgresTransaction::ShareFact(const std::string& name,
                                                   const std::string& value) {
  auto call =
      connection_.Call("INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING");
  call.Bind(std::string_view(name)).Bind(std::string_view(value));
  if (auto kept = WriteAny(call); !kept) return std::unexpected(kept.error());
  const auto fact = FindFact(name);
  if (!fact) return std::unexpected(fact.error());
  return fact->value_or("");
}

// Awaited in every mode: the level is the answer.
Result<std::int64_t> PostgresTransaction::AddToTally(const std::string& name, std::int64_t amount,
                                                     std::int64_t leak_per_hour, Timestamp now) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  auto call = connection_.Call(
      "INSERT INTO tallies (name, level, at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET"
      " level = greatest(0, tallies.level - greatest(0, $3 - tallies.at) * $4 / 3600000) + $2,"
      " at = greatest(tallies.at, $3) RETURNING level");
  call.Bind(std::string_view(name)).Bind(amount).Bind(now).Bind(leak_per_hour);
  const auto rows = call.Fetch();
  if (!rows) return std::unexpected(rows.error());
  ++writes_;
  return rows->Integer(0, 0);
}

}  // namespace obolus::storage
