// PostgresTransaction, the part about what is over: cards, answers, received events, ended
// sessions, and what commits left behind.
#include <algorithm>

#include "storage/postgres_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Timestamp;
using base::Uuid;

// Commits that nobody asks about any more, and how many of them go at once: there may be hundreds
// a second.
#define PURGE_OPERATIONS                                                         \
  "WITH old AS MATERIALIZED (SELECT id FROM operations"                          \
  " WHERE created_at < now() - interval '1 hour' ORDER BY created_at LIMIT 5000" \
  " FOR UPDATE SKIP LOCKED) DELETE FROM operations USING old WHERE operations.id = old.id"

// Of one session; postgres_events.cpp says why it is put so.
#define WAITS "status || '' = 'pending'"

std::int64_t Limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX));
}

}  // namespace

// The last of the sessions to look at, and none when that is the last there is.
Result<std::optional<PurgeWalk>> PostgresTransaction::EndOfWalk(Timestamp before,
                                                                std::size_t limit) {
  auto select = connection_.Call(
      "SELECT ended_at, id FROM sessions WHERE ended_at < $1 AND (ended_at, id) > ($2, $3::uuid)"
      " ORDER BY ended_at, id OFFSET $4 LIMIT 1");
  select.Bind(before).Bind(purge_walk_->ended_at).Bind(purge_walk_->id);
  const auto rows = Select(select.Bind(Limit(limit * PurgeWalk::kLookedAtPerPurged) - 1));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  return PurgeWalk{rows->Time(0, 0), rows->Id(0, 1)};
}

// Rows that somebody works on stay for the next time. A session is locked before it is looked at
// again with its events, so that nothing can be added to it meanwhile; one that still has an event
// to deliver stays. ("OFFSET 0": the planner is not to make a join of it, over all that waits.)
Result<std::size_t> PostgresTransaction::PurgeSessions(Timestamp before, std::size_t limit) {
  if (limit == 0) return 0;
  const auto end = EndOfWalk(before, limit);
  if (!end) return std::unexpected(end.error());
  const PurgeWalk last = end->value_or(PurgeWalk{before, {}});
  auto select = connection_.Call(
      "SELECT id, ended_at FROM sessions WHERE (ended_at, id) > ($1, $2::uuid)"
      " AND (ended_at, id) <= ($3, $4::uuid) AND NOT EXISTS (SELECT 1 FROM events"
      " WHERE session_id = sessions.id AND " WAITS
      " OFFSET 0) ORDER BY ended_at, id LIMIT $5"
      " FOR UPDATE SKIP LOCKED");
  select.Bind(purge_walk_->ended_at).Bind(purge_walk_->id).Bind(last.ended_at).Bind(last.id);
  const auto rows = Select(select.Bind(Limit(limit)));
  if (!rows) return std::unexpected(rows.error());
  if (static_cast<std::size_t>(rows->size()) == limit) {
    *purge_walk_ = {rows->Time(rows->size() - 1, 1), rows->Id(rows->size() - 1, 0)};
  } else {
    *purge_walk_ = end->value_or(PurgeWalk{});
  }
  std::size_t gone = 0;
  for (int row = 0; row < rows->size(); ++row) {
    const Uuid id = rows->Id(row, 0);
    Lock(NameKind::kEventsOf, id);
    auto session = connection_.Call(
        "DELETE FROM sessions WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM events"
        " WHERE session_id = $1 AND " WAITS ")");
    const auto deleted = session.Bind(id).Fetch();
    if (!deleted) return std::unexpected(deleted.error());
    if (deleted->affected() == 0) continue;
    const auto events =
        connection_.Call("DELETE FROM events WHERE session_id = $1").Bind(id).Fetch();
    if (!events) return std::unexpected(events.error());
    const auto timeline =
        connection_.Call("DELETE FROM timeline WHERE session_id = $1").Bind(id).Fetch();
    if (!timeline) return std::unexpected(timeline.error());
    gone += static_cast<std::size_t>(1 + events->affected() + timeline->affected());
  }
  return gone;
}

Result<std::size_t> PostgresTransaction::Purge(Timestamp now, Timestamp before, std::size_t limit) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  const auto operations = connection_.Call(PURGE_OPERATIONS).Fetch();
  if (!operations) return std::unexpected(operations.error());
  const auto cards =
      connection_
          .Call(
              "WITH old AS MATERIALIZED (SELECT id FROM cards WHERE valid_until <= $1"
              " ORDER BY valid_until LIMIT $2 FOR UPDATE SKIP LOCKED)"
              " DELETE FROM cards USING old WHERE cards.id = old.id")
          .Bind(now)
          .Bind(Limit(limit))
          .Fetch();
  if (!cards) return std::unexpected(cards.error());
  const auto tallies = connection_
                           .Call(
                               "WITH old AS MATERIALIZED (SELECT name FROM tallies WHERE at < $1"
                               " ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)"
                               " DELETE FROM tallies USING old WHERE tallies.name = old.name")
                           .Bind(now - kTalliesKeptFor)
                           .Bind(Limit(limit))
                           .Fetch();
  if (!tallies) return std::unexpected(tallies.error());
  const auto codes =
      connection_
          .Call(
              "WITH old AS MATERIALIZED (SELECT id FROM codes WHERE valid_until <= $1"
              " ORDER BY valid_until LIMIT $2 FOR UPDATE SKIP LOCKED)"
              " DELETE FROM codes USING old WHERE codes.id = old.id")
          .Bind(now)
          .Bind(Limit(limit))
          .Fetch();
  if (!codes) return std::unexpected(codes.error());
  const auto answers =
      connection_
          .Call(
              "WITH old AS MATERIALIZED (SELECT scope, key FROM answers WHERE created_at < $1"
              " ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
              " DELETE FROM answers USING old"
              " WHERE answers.scope = old.scope AND answers.key = old.key")
          .Bind(before)
          .Bind(Limit(limit))
          .Fetch();
  if (!answers) return std::unexpected(answers.error());
  const auto received =
      connection_
          .Call(
              "WITH old AS MATERIALIZED (SELECT seq FROM received_events WHERE received_at < $1"
              " ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED),"
              " forgotten AS (DELETE FROM unapplied_subjects USING old WHERE event_seq = old.seq)"
              " DELETE FROM received_events USING old WHERE received_events.seq = old.seq")
          .Bind(before)
          .Bind(Limit(limit))
          .Fetch();
  if (!received) return std::unexpected(received.error());
  const auto sessions = PurgeSessions(before, limit);
  if (!sessions) return sessions;
  const auto rows = *sessions + static_cast<std::size_t>(tallies->affected() + cards->affected() +
                                                         codes->affected() + answers->affected() +
                                                         received->affected());
  if (rows > 0 || operations->affected() > 0) ++writes_;
  return rows;
}

}  // namespace obolus::storage
