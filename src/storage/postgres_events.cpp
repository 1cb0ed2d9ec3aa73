// PostgresTransaction, the part about events: those received, and the outbox.
#include <algorithm>
#include <iterator>

#include "storage/postgres_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

#define EVENT_COLUMNS                                                                      \
  "id, session_id, type, subject, traceparent, request_id, time, body, status, attempts, " \
  "due_at, first_due_at, settled_at, last_error, lease"
constexpr int kEventColumns = 15;

app::EventStatus ParseStatus(std::string_view text) {
  if (text == "pending") return app::EventStatus::kPending;
  return text == "delivered" ? app::EventStatus::kDelivered : app::EventStatus::kParked;
}

app::OutboxEvent ReadEvent(const PostgresRows& rows, int row) {
  app::OutboxEvent event;
  event.id = rows.Id(row, 0);
  event.session_id = rows.Id(row, 1);
  event.type = rows.Bytes(row, 2);
  event.subject = rows.Bytes(row, 3);
  event.traceparent = rows.Bytes(row, 4);
  event.request_id = rows.Bytes(row, 5);
  event.time = rows.Time(row, 6);
  event.body = rows.Bytes(row, 7);
  event.status = ParseStatus(rows.Bytes(row, 8));
  event.attempts = static_cast<int>(rows.Integer(row, 9));
  event.due_at = rows.Time(row, 10);
  event.first_due_at = rows.Time(row, 11);
  event.settled_at = rows.OptionalTime(row, 12);
  event.last_error = rows.Bytes(row, 13);
  event.lease = rows.Integer(row, 14);
  return event;
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

Result<std::vector<app::OutboxEvent>> PostgresTransaction::SelectEvents(PostgresCall& call) {
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  std::vector<app::OutboxEvent> events;
  for (int row = 0; row < rows->size(); ++row) events.push_back(ReadEvent(*rows, row));
  return events;
}

// Awaited in every mode: whether it was there is the answer, and not a failure.
Result<bool> PostgresTransaction::InsertReceived(const app::ReceivedEvent& event) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  std::string subjects;
  for (const Uuid& subject : event.subjects) subjects += base::AsText(subject.bytes);
  for (const Uuid& subject : event.subjects) Lock(NameKind::kLookedFor, subject);
  auto insert = connection_.Call(
      "INSERT INTO received_events (source, id, type, subjects, data, applied, received_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source, id) DO NOTHING RETURNING seq");
  insert.Bind(std::string_view(event.source)).Bind(std::string_view(event.id));
  insert.Bind(std::string_view(event.type)).Bind(std::string_view(subjects));
  insert.Bind(std::string_view(event.data)).Bind(event.applied).Bind(event.received_at);
  const auto rows = insert.Fetch();
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return false;
  ++writes_;
  if (event.applied) return true;
  for (const Uuid& subject : event.subjects) {
    connection_
        .Call(
            "INSERT INTO unapplied_subjects (subject, event_seq) VALUES ($1, $2)"
            " ON CONFLICT DO NOTHING")
        .Bind(subject)
        .Bind(rows->Integer(0, 0))
        .Queue();
  }
  return true;
}

Result<std::vector<app::ReceivedEvent>> PostgresTransaction::FindUnapplied(const Uuid& subject) {
  Lock(NameKind::kLookedFor, subject);
  auto call = connection_.Call(
      "SELECT source, id, type, subjects, data, received_at FROM unapplied_subjects"
      " JOIN received_events ON seq = event_seq WHERE subject = $1 ORDER BY event_seq");
  const auto rows = Select(call.Bind(subject));
  if (!rows) return std::unexpected(rows.error());
  std::vector<app::ReceivedEvent> events;
  for (int row = 0; row < rows->size(); ++row) {
    app::ReceivedEvent& event = events.emplace_back();
    event.source = rows->Bytes(row, 0);
    event.id = rows->Bytes(row, 1);
    event.type = rows->Bytes(row, 2);
    event.subjects = SplitIds(rows->Bytes(row, 3));
    event.data = rows->Bytes(row, 4);
    event.received_at = rows->Time(row, 5);
  }
  return events;
}

Status PostgresTransaction::MarkApplied(const std::string& source, const std::string& id) {
#define MARK_APPLIED "UPDATE received_events SET applied = true WHERE source = $1 AND id = $2"
  auto mark =
      OneRow("WITH marked AS (" MARK_APPLIED " RETURNING 1) SELECT 1 / count(*) FROM marked",
             MARK_APPLIED);
  mark.Bind(std::string_view(source)).Bind(std::string_view(id));
  Status marked = Write(mark, "no such received event");
  if (!marked) {
    const bool missing = marked.error().code == base::ErrorCode::kConflict;
    return missing ? base::Fail(base::ErrorCode::kNotFound, "no such received event") : marked;
  }
  auto forget = connection_.Call(
      "DELETE FROM unapplied_subjects WHERE event_seq ="
      " (SELECT seq FROM received_events WHERE source = $1 AND id = $2)");
  return WriteAny(forget.Bind(std::string_view(source)).Bind(std::string_view(id)));
}

// Of one session. When little waits, PostgreSQL's statistics say so, and it would go through all
// that wait to find those of a session, long after a backlog has made that slow. Said so, it cannot
// use the indexes by what waits, nor (in "min(seq + 0)") those by order, but only that by session.
#define WAITS "status || '' = 'pending'"

Status PostgresTransaction::InsertEvent(const app::OutboxEvent& event) {
#define INSERT_EVENT                                                                           \
  "INSERT INTO events (id, session_id, type, subject, traceparent, request_id, time, body,"    \
  " status, attempts, due_at, first_due_at, settled_at, last_error, lease, claim_at)"          \
  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,"                 \
  " CASE WHEN $9::text = 'pending' AND NOT EXISTS (SELECT 1 FROM events WHERE session_id = $2" \
  " AND " WAITS ") THEN $11::bigint END)"
  Lock(NameKind::kEventsOf, event.session_id);
  auto call = OneRow(INSERT_EVENT, INSERT_EVENT " ON CONFLICT DO NOTHING");
  call.Bind(event.id).Bind(event.session_id).Bind(std::string_view(event.type));
  call.Bind(std::string_view(event.subject)).Bind(std::string_view(event.traceparent));
  call.Bind(std::string_view(event.request_id)).Bind(event.time);
  call.Bind(std::string_view(event.body)).Bind(app::ToString(event.status));
  call.Bind(std::int64_t{event.attempts}).Bind(event.due_at).Bind(event.first_due_at);
  call.Bind(event.settled_at).Bind(std::string_view(event.last_error)).Bind(event.lease);
  Status inserted = Write(call, "the event exists");
  if (inserted) notice_.events = true;
  return inserted;
}

Result<std::optional<app::OutboxEvent>> PostgresTransaction::FindEvent(const Uuid& id) {
  auto call = connection_.Call("SELECT " EVENT_COLUMNS " FROM events WHERE id = $1");
  auto events = SelectEvents(call.Bind(id));
  if (!events) return std::unexpected(std::move(events.error()));
  if (events->empty()) return std::nullopt;
  return std::move(events->front());
}

// One statement per shape of filter, so that each goes by the index that fits; an index over a part
// of the rows is used only where its condition stands in the statement.
Result<std::vector<app::OutboxEvent>> PostgresTransaction::ListEvents(
    const app::EventFilter& filter) {
  std::optional<std::string_view> status;
  if (filter.status) status = app::ToString(*filter.status);
  if (filter.session_id) {
    auto call = connection_.Call("SELECT " EVENT_COLUMNS
                                 " FROM events WHERE session_id = $1"
                                 " AND ($2::text IS NULL OR status = $2)"
                                 " ORDER BY seq DESC LIMIT $3");
    return SelectEvents(call.Bind(filter.session_id).Bind(status).Bind(Limit(filter.limit)));
  }
  const char* sql = "SELECT " EVENT_COLUMNS " FROM events ORDER BY seq DESC LIMIT $1";
  if (filter.status == app::EventStatus::kPending) {
    sql =
        "SELECT " EVENT_COLUMNS " FROM events WHERE status = 'pending' ORDER BY seq DESC LIMIT $1";
  } else if (filter.status == app::EventStatus::kParked) {
    sql = "SELECT " EVENT_COLUMNS " FROM events WHERE status = 'parked' ORDER BY seq DESC LIMIT $1";
  } else if (filter.status == app::EventStatus::kDelivered) {
    sql = "SELECT " EVENT_COLUMNS
          " FROM events WHERE status = 'delivered' ORDER BY seq DESC LIMIT $1";
  }
  auto call = connection_.Call(sql);
  return SelectEvents(call.Bind(Limit(filter.limit)));
}

// What another relay has locked is left to it. The rows are chosen once (MATERIALIZED), whatever
// the plan of the update.
#define CLAIM_FROM(conditions, order)                                                 \
  "WITH due AS MATERIALIZED (SELECT seq AS due_seq, claim_at AS was_due FROM events " \
  "WHERE " conditions " ORDER BY " order                                              \
  ", seq LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"                                     \
  " UPDATE events SET due_at = $3, claim_at = $3, lease = lease + 1 FROM due"         \
  " WHERE seq = due_seq RETURNING " EVENT_COLUMNS ", was_due, seq"

// Fresh ones have an index of their own, so that they are found however long the backlog is ("+ 0"
// keeps the planner from walking through the backlog instead). They are leased before the others
// are looked for, which therefore do not find them again.
Result<std::vector<app::OutboxEvent>> PostgresTransaction::ClaimDueEvents(
    const app::ClaimRequest& request) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  std::vector<app::OutboxEvent> events;
  auto fresh = connection_.Call(CLAIM_FROM(
      "claim_at IS NOT NULL AND first_due_at >= $4 AND claim_at + 0 <= $1", "claim_at + 0"));
  fresh.Bind(request.now).Bind(Limit(request.limit)).Bind(request.lease_until);
  if (Status done = Claim(fresh.Bind(request.fresh_since), &events); !done) {
    return std::unexpected(std::move(done.error()));
  }
  const std::size_t most = std::min(request.limit, events.size() + request.backlog_limit);
  const std::pair<const char*, Timestamp> others[] = {
      {CLAIM_FROM("claim_at <= $1", "claim_at"), request.now},
      {CLAIM_FROM("claim_at > $1", "claim_at"), request.latest_due}};
  for (const auto& [sql, time] : others) {
    if (events.size() == most) break;
    auto backlog = connection_.Call(sql);
    backlog.Bind(time).Bind(Limit(most - events.size())).Bind(request.lease_until);
    if (Status done = Claim(backlog, &events); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  return events;
}

// An update returns its rows in any order.
Status PostgresTransaction::Claim(PostgresCall& call, std::vector<app::OutboxEvent>* events) {
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() > 0) ++writes_;
  std::vector<int> order;
  for (int row = 0; row < rows->size(); ++row) order.push_back(row);
  std::ranges::sort(order, {}, [&](int row) {
    return std::pair(rows->Integer(row, kEventColumns), rows->Integer(row, kEventColumns + 1));
  });
  for (const int row : order) events->push_back(ReadEvent(*rows, row));
  return {};
}

Status PostgresTransaction::SaveDelivery(const app::OutboxEvent& event) {
#define SAVE_DELIVERY                                                                       \
  "UPDATE events SET status = $1, attempts = $2, due_at = $3, first_due_at = $4,"           \
  " settled_at = $5, last_error = $6,"                                                      \
  " claim_at = CASE WHEN claim_at IS NOT NULL AND $1::text = 'pending' THEN $3::bigint END" \
  " WHERE id = $7 AND lease = $8"
  Lock(NameKind::kEventsOf, event.session_id);
  auto call = OneRow("WITH saved AS (" SAVE_DELIVERY " RETURNING 1) SELECT 1 / count(*) FROM saved",
                     SAVE_DELIVERY);
  call.Bind(app::ToString(event.status)).Bind(std::int64_t{event.attempts}).Bind(event.due_at);
  call.Bind(event.first_due_at).Bind(event.settled_at).Bind(std::string_view(event.last_error));
  Status saved = Write(call.Bind(event.id).Bind(event.lease), "");
  if (!saved) {
    const bool missing = saved.error().code == base::ErrorCode::kConflict;
    return missing ? NotSaved(event.id) : saved;
  }
  // The oldest pending event of the session, and it alone, may be claimed.
  connection_
      .Call(
          "WITH oldest AS (SELECT min(seq + 0) AS oldest_seq FROM events WHERE session_id = $1"
          " AND " WAITS
          ")"
          " UPDATE events SET claim_at = CASE WHEN seq = oldest_seq THEN due_at END FROM oldest"
          " WHERE session_id = $1 AND " WAITS " AND (claim_at IS NOT NULL) <> (seq = oldest_seq)")
      .Bind(event.session_id)
      .Queue([this](std::int64_t rows) { notice_.events = notice_.events || rows > 0; });
  return {};
}

Status PostgresTransaction::NotSaved(const Uuid& event_id) {
  const auto rows =
      connection_.Call("SELECT 1::bigint FROM events WHERE id = $1").Bind(event_id).Fetch();
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return base::Fail(base::ErrorCode::kNotFound, "no such event");
  return base::Fail(base::ErrorCode::kConflict, "the event was claimed again meanwhile");
}

Result<std::optional<Timestamp>> PostgresTransaction::NextDueEvent() {
  auto call = connection_.Call("SELECT min(claim_at) FROM events WHERE claim_at IS NOT NULL");
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  return rows->OptionalTime(0, 0);
}

Result<app::OutboxCounts> PostgresTransaction::CountOutbox() {
  auto call = connection_.Call(
      "SELECT (SELECT count(*) FROM events WHERE status = 'pending'),"
      " (SELECT count(*) FROM events WHERE status = 'parked'),"
      " (SELECT time FROM events WHERE status = 'pending' ORDER BY seq LIMIT 1)");
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  return app::OutboxCounts{rows->Integer(0, 0), rows->Integer(0, 1), rows->OptionalTime(0, 2)};
}

}  // namespace obolus::storage
