// SqliteTransaction, the part about events: those received, and the outbox.
#include <algorithm>
#include <iterator>

#include "storage/sqlite_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

#define EVENT_COLUMNS                                                                      \
  "id, session_id, type, subject, traceparent, request_id, time, body, status, attempts, " \
  "due_at, first_due_at, settled_at, last_error, lease"

app::EventStatus ParseStatus(std::string_view text) {
  if (text == "pending") return app::EventStatus::kPending;
  return text == "delivered" ? app::EventStatus::kDelivered : app::EventStatus::kParked;
}

app::OutboxEvent ReadEvent(const SqliteQuery& query) {
  app::OutboxEvent event;
  event.id = query.Id(0);
  event.session_id = query.Id(1);
  event.type = query.Text(2);
  event.subject = query.Text(3);
  event.traceparent = query.Text(4);
  event.request_id = query.Text(5);
  event.time = query.Time(6);
  event.body = query.Blob(7);
  event.status = ParseStatus(query.Text(8));
  event.attempts = static_cast<int>(query.Integer(9));
  event.due_at = query.Time(10);
  event.first_due_at = query.Time(11);
  event.settled_at = query.OptionalTime(12);
  event.last_error = query.Text(13);
  event.lease = query.Integer(14);
  return event;
}

Result<std::vector<app::OutboxEvent>> ReadEvents(SqliteQuery& query) {
  std::vector<app::OutboxEvent> events;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return events;
    events.push_back(ReadEvent(query));
  }
}

std::vector<Uuid> SplitIds(std::string_view bytes) {
  std::vector<Uuid> ids(bytes.size() / sizeof(Uuid::bytes));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    std::ranges::copy(base::AsBytes(bytes.substr(i * sizeof(Uuid::bytes), sizeof(Uuid::bytes))),
                      ids[i].bytes.begin());
  }
  return ids;
}

std::int64_t Limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

Result<bool> SqliteTransaction::InsertReceived(const app::ReceivedEvent& event) {
  std::string subjects;
  for (const Uuid& subject : event.subjects) subjects += base::AsText(subject.bytes);
  SqliteQuery insert = database_.Query(
      "INSERT INTO received_events (source, id, type, subjects, data, applied, received_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, id) DO NOTHING RETURNING seq");
  insert.Bind(event.source).Bind(event.id).Bind(event.type).BindBlob(base::AsBytes(subjects));
  insert.Bind(event.data).Bind(std::int64_t{event.applied}).Bind(event.received_at);
  const Result<bool> inserted = insert.Next();
  if (!inserted || !*inserted) return inserted;
  const std::int64_t seq = insert.Integer(0);
  if (Status finished = insert.Run(); !finished) return std::unexpected(finished.error());
  if (event.applied) return true;
  for (const Uuid& subject : event.subjects) {
    SqliteQuery query = database_.Query(
        "INSERT OR IGNORE INTO unapplied_subjects (subject, event_seq) VALUES (?, ?)");
    Status added = query.Bind(subject).Bind(seq).Run();
    if (!added) return std::unexpected(std::move(added.error()));
  }
  return true;
}

Result<std::vector<app::ReceivedEvent>> SqliteTransaction::FindUnapplied(const Uuid& subject) {
  SqliteQuery query = database_.Query(
      "SELECT source, id, type, subjects, data, received_at FROM unapplied_subjects"
      " JOIN received_events ON seq = event_seq WHERE subject = ? ORDER BY event_seq");
  query.Bind(subject);
  std::vector<app::ReceivedEvent> events;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return events;
    app::ReceivedEvent& event = events.emplace_back();
    event.source = query.Text(0);
    event.id = query.Text(1);
    event.type = query.Text(2);
    event.subjects = SplitIds(query.Blob(3));
    event.data = query.Text(4);
    event.received_at = query.Time(5);
  }
}

Status SqliteTransaction::ForgetSubjects(std::int64_t event_seq, std::string_view subjects) {
  for (const Uuid& subject : SplitIds(subjects)) {
    SqliteQuery query =
        database_.Query("DELETE FROM unapplied_subjects WHERE subject = ? AND event_seq = ?");
    if (Status gone = query.Bind(subject).Bind(event_seq).Run(); !gone) return gone;
  }
  return {};
}

Status SqliteTransaction::MarkApplied(const std::string& source, const std::string& id) {
  SqliteQuery query = database_.Query(
      "UPDATE received_events SET applied = 1 WHERE source = ? AND id = ?"
      " RETURNING seq, subjects");
  const Result<bool> row = query.Bind(source).Bind(id).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return base::Fail(base::ErrorCode::kNotFound, "no such received event");
  const std::int64_t seq = query.Integer(0);
  const std::string subjects(query.Blob(1));
  if (Status finished = query.Run(); !finished) return finished;
  return ForgetSubjects(seq, subjects);
}

Status SqliteTransaction::InsertEvent(const app::OutboxEvent& event) {
  SqliteQuery query = database_.Query(
      "INSERT INTO events (id, session_id, type, subject, traceparent, request_id, time, body,"
      " status, attempts, due_at, first_due_at, settled_at, last_error, lease, claim_at)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
      " CASE WHEN ?9 = 'pending' AND NOT EXISTS (SELECT 1 FROM events WHERE session_id = ?2"
      " AND status = 'pending') THEN ?11 END)");
  query.Bind(event.id).Bind(event.session_id).Bind(event.type).Bind(event.subject);
  query.Bind(event.traceparent).Bind(event.request_id).Bind(event.time);
  query.BindBlob(base::AsBytes(event.body));
  query.Bind(app::ToString(event.status)).Bind(std::int64_t{event.attempts}).Bind(event.due_at);
  query.Bind(event.first_due_at).Bind(event.settled_at).Bind(event.last_error).Bind(event.lease);
  Status inserted = query.Run();
  if (inserted) notice_.events = true;
  return inserted;
}

Result<std::optional<app::OutboxEvent>> SqliteTransaction::FindEvent(const Uuid& id) {
  SqliteQuery query = database_.Query("SELECT " EVENT_COLUMNS " FROM events WHERE id = ?");
  const Result<bool> row = query.Bind(id).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return ReadEvent(query);
}

// One query per shape of filter, so that each goes by the index that fits; an index over a part of
// the rows is used only where its condition stands in the query word for word.
Result<std::vector<app::OutboxEvent>> SqliteTransaction::ListEvents(
    const app::EventFilter& filter) {
  std::optional<std::string_view> status;
  if (filter.status) status = app::ToString(*filter.status);
  if (filter.session_id) {
    SqliteQuery query = database_.Query("SELECT " EVENT_COLUMNS
                                        " FROM events WHERE session_id = ?1"
                                        " AND (?2 IS NULL OR status = ?2)"
                                        " ORDER BY seq DESC LIMIT ?3");
    return ReadEvents(query.Bind(filter.session_id).Bind(status).Bind(Limit(filter.limit)));
  }
  if (status && *filter.status != app::EventStatus::kDelivered) {
    SqliteQuery query = database_.Query("SELECT " EVENT_COLUMNS
                                        " FROM events WHERE status = ?"
                                        " AND status <> 'delivered' ORDER BY seq DESC LIMIT ?");
    return ReadEvents(query.Bind(status).Bind(Limit(filter.limit)));
  }
  SqliteQuery query = database_.Query("SELECT " EVENT_COLUMNS
                                      " FROM events WHERE ?1 IS NULL OR status = ?1"
                                      " ORDER BY seq DESC LIMIT ?2");
  return ReadEvents(query.Bind(status).Bind(Limit(filter.limit)));
}

// Fresh ones have an index of their own, so that they are found however long the backlog is. They
// are leased before the others are looked for, which therefore do not find them again.
Result<std::vector<app::OutboxEvent>> SqliteTransaction::ClaimDueEvents(
    const app::ClaimRequest& request) {
  SqliteQuery fresh = database_.Query("SELECT " EVENT_COLUMNS
                                      " FROM events INDEXED BY events_fresh"
                                      " WHERE claim_at IS NOT NULL"
                                      " AND first_due_at >= ? AND claim_at <= ?"
                                      " ORDER BY claim_at, seq LIMIT ?");
  fresh.Bind(request.fresh_since).Bind(request.now).Bind(Limit(request.limit));
  auto events = ReadEvents(fresh);
  if (!events) return events;
  if (Status leased = Lease(*events, request.lease_until); !leased) {
    return std::unexpected(std::move(leased.error()));
  }
  const std::size_t room = std::min(request.limit - events->size(), request.backlog_limit);
  if (room == 0) return events;
  SqliteQuery others = database_.Query("SELECT " EVENT_COLUMNS
                                       " FROM events WHERE claim_at <= ?"
                                       " ORDER BY claim_at, seq LIMIT ?");
  auto backlog = ReadEvents(others.Bind(request.now).Bind(Limit(room)));
  if (!backlog) return backlog;
  if (Status leased = Lease(*backlog, request.lease_until); !leased) {
    return std::unexpected(std::move(leased.error()));
  }
  std::ranges::move(*backlog, std::back_inserter(*events));
  const std::size_t left = room - backlog->size();
  if (left == 0) return events;
  SqliteQuery strays = database_.Query("SELECT " EVENT_COLUMNS
                                       " FROM events WHERE claim_at > ?"
                                       " ORDER BY claim_at, seq LIMIT ?");
  auto late = ReadEvents(strays.Bind(request.latest_due).Bind(Limit(left)));
  if (!late) return late;
  if (Status leased = Lease(*late, request.lease_until); !leased) {
    return std::unexpected(std::move(leased.error()));
  }
  std::ranges::move(*late, std::back_inserter(*events));
  return events;
}

Status SqliteTransaction::Lease(std::vector<app::OutboxEvent>& events, Timestamp until) {
  for (app::OutboxEvent& event : events) {
    event.due_at = until;
    ++event.lease;
    SqliteQuery update = database_.Query(
        "UPDATE events SET due_at = ?1, claim_at = ?1, lease = ?2, leased = 1 WHERE id = ?3");
    Status leased = update.Bind(until).Bind(event.lease).Bind(event.id).Run();
    if (!leased) return leased;
  }
  return {};
}

Status SqliteTransaction::SaveDelivery(const app::OutboxEvent& event) {
  SqliteQuery query = database_.Query(
      "UPDATE events SET status = ?1, attempts = ?2, due_at = ?3, first_due_at = ?4,"
      " settled_at = ?5, last_error = ?6, leased = 0,"
      " claim_at = CASE WHEN claim_at IS NOT NULL AND ?1 = 'pending' THEN ?3 END"
      " WHERE id = ?7 AND lease = ?8 RETURNING session_id");
  query.Bind(app::ToString(event.status)).Bind(std::int64_t{event.attempts}).Bind(event.due_at);
  query.Bind(event.first_due_at).Bind(event.settled_at).Bind(event.last_error);
  query.Bind(event.id).Bind(event.lease);
  const Result<bool> row = query.Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return NotSaved(event.id);
  const Uuid session_id = query.Id(0);
  if (Status finished = query.Run(); !finished) return finished;
  return RefreshClaims(session_id);
}

Status SqliteTransaction::NotSaved(const Uuid& event_id) {
  SqliteQuery query = database_.Query("SELECT 1 FROM events WHERE id = ?");
  const Result<bool> exists = query.Bind(event_id).Next();
  if (!exists) return std::unexpected(exists.error());
  if (!*exists) return base::Fail(base::ErrorCode::kNotFound, "no such event");
  return base::Fail(base::ErrorCode::kConflict, "the event was claimed again meanwhile");
}

// Due since trying began, so no clock is needed. What waits for an older event of its session goes
// on waiting.
Status SqliteTransaction::EndLeases() {
  SqliteQuery query = database_.Query(
      "UPDATE events SET due_at = first_due_at, leased = 0,"
      " claim_at = CASE WHEN claim_at IS NOT NULL THEN first_due_at END WHERE leased = 1");
  if (Status ended = query.Run(); !ended) return ended;
  SqliteQuery deletions = database_.Query(
      "UPDATE card_deletions SET due_at = first_due_at WHERE due_at > first_due_at");
  return deletions.Run();
}

// The oldest pending event of the session, and it alone, may be claimed.
Status SqliteTransaction::RefreshClaims(const Uuid& session_id) {
  SqliteQuery query = database_.Query(
      "WITH oldest AS (SELECT min(seq) AS seq FROM events WHERE session_id = ?1"
      " AND status = 'pending')"
      " UPDATE events SET claim_at = CASE WHEN seq = (SELECT seq FROM oldest) THEN due_at END"
      " WHERE session_id = ?1 AND status = 'pending'"
      " AND (claim_at IS NOT NULL) <> (seq = (SELECT seq FROM oldest))");
  if (Status refreshed = query.Bind(session_id).Run(); !refreshed) return refreshed;
  if (database_.Changes() > 0) notice_.events = true;
  return {};
}

Result<std::optional<Timestamp>> SqliteTransaction::NextDueEvent() {
  SqliteQuery query =
      database_.Query("SELECT min(claim_at) FROM events WHERE claim_at IS NOT NULL");
  const Result<bool> row = query.Next();
  if (!row) return std::unexpected(row.error());
  return query.OptionalTime(0);
}

Result<app::OutboxCounts> SqliteTransaction::CountOutbox() {
  SqliteQuery counts = database_.Query(
      "SELECT (SELECT count(*) FROM events WHERE status = 'pending' AND status <> 'delivered'),"
      " (SELECT count(*) FROM events WHERE status = 'parked' AND status <> 'delivered'),"
      " (SELECT time FROM events WHERE status = 'pending' AND status <> 'delivered'"
      " ORDER BY seq LIMIT 1)");
  const Result<bool> row = counts.Next();
  if (!row) return std::unexpected(row.error());
  return app::OutboxCounts{counts.Integer(0), counts.Integer(1), counts.OptionalTime(2)};
}

}  // namespace obolus::storage
