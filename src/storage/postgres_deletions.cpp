// PostgresTransaction, the part about security codes and cards to be deleted elsewhere.
#include <algorithm>

#include "storage/postgres_transaction.h"

namespace obolus::storage {
namespace {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

std::optional<app::SealedCard> ReadSealed(const PostgresRows& rows, const Uuid& id) {
  if (rows.size() == 0) return std::nullopt;
  app::SealedCard card;
  card.id = id;
  card.session_id = rows.Id(0, 0);
  card.key_id = rows.Bytes(0, 1);
  card.wrapped_key = rows.Bytes(0, 2);
  card.ciphertext = rows.Bytes(0, 3);
  card.valid_until = rows.Time(0, 4);
  return card;
}

}  // namespace

Status PostgresTransaction::InsertCode(const app::SealedCard& code) {
#define INSERT_CODE                                                                  \
  "INSERT INTO codes (id, session_id, key_id, wrapped_key, ciphertext, valid_until)" \
  " VALUES ($1, $2, $3, $4, $5, $6)"
  auto call = OneRow(INSERT_CODE, INSERT_CODE " ON CONFLICT DO NOTHING");
  call.Bind(code.id).Bind(code.session_id).Bind(std::string_view(code.key_id));
  call.Bind(std::string_view(code.wrapped_key)).Bind(std::string_view(code.ciphertext));
  return Write(call.Bind(code.valid_until), "the code exists");
}

Result<std::optional<app::SealedCard>> PostgresTransaction::TakeCode(const Uuid& card_id) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  auto call = connection_.Call(
      "DELETE FROM codes WHERE id = $1"
      " RETURNING session_id, key_id, wrapped_key, ciphertext, valid_until");
  const auto rows = Select(call.Bind(card_id));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() > 0) ++writes_;
  return ReadSealed(*rows, card_id);
}

Status PostgresTransaction::ScheduleDeletion(const app::CardDeletion& deletion) {
  auto call = connection_.Call(
      "INSERT INTO card_deletions AS kept (card_id, session_id, due_at, first_due_at, attempts,"
      " lease) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (card_id) DO UPDATE SET"
      " due_at = least(kept.due_at, excluded.due_at),"
      " first_due_at = least(kept.first_due_at, excluded.first_due_at)");
  call.Bind(std::string_view(deletion.card_id)).Bind(deletion.session_id).Bind(deletion.due_at);
  call.Bind(deletion.first_due_at).Bind(std::int64_t{deletion.attempts}).Bind(deletion.lease);
  return WriteAny(call);
}

Result<std::vector<app::CardDeletion>> PostgresTransaction::ClaimDeletions(Timestamp now,
                                                                           Timestamp lease_until,
                                                                           std::size_t limit) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  auto call = connection_.Call(
      "WITH due AS MATERIALIZED (SELECT card_id AS due_id, due_at AS was_due FROM card_deletions"
      " WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
      " UPDATE card_deletions SET due_at = $3, lease = lease + 1 FROM due WHERE card_id = due_id"
      " RETURNING card_id, session_id, first_due_at, attempts, lease, was_due");
  call.Bind(now).Bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX)));
  const auto rows = Select(call.Bind(lease_until));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() > 0) ++writes_;
  std::vector<std::pair<Timestamp, app::CardDeletion>> due;
  for (int row = 0; row < rows->size(); ++row) {
    due.emplace_back(rows->Time(row, 5),
                     app::CardDeletion{.card_id = std::string(rows->Bytes(row, 0)),
                                       .session_id = rows->Id(row, 1),
                                       .due_at = lease_until,
                                       .first_due_at = rows->Time(row, 2),
                                       .attempts = static_cast<int>(rows->Integer(row, 3)),
                                       .lease = rows->Integer(row, 4)});
  }
  std::ranges::sort(due, {}, [](const auto& pair) { return pair.first; });
  std::vector<app::CardDeletion> deletions;
  for (auto& [was_due, deletion] : due) deletions.push_back(std::move(deletion));
  return deletions;
}

Status PostgresTransaction::SaveDeletion(const app::CardDeletion& deletion) {
#define SAVE_DELETION \
  "UPDATE card_deletions SET attempts = $1, due_at = $2 WHERE card_id = $3 AND lease = $4"
  auto call = OneRow("WITH saved AS (" SAVE_DELETION " RETURNING 1) SELECT 1 / count(*) FROM saved",
                     SAVE_DELETION);
  call.Bind(std::int64_t{deletion.attempts}).Bind(deletion.due_at);
  call.Bind(std::string_view(deletion.card_id)).Bind(deletion.lease);
  return Write(call, "it was claimed again meanwhile");
}

Status PostgresTransaction::EndDeletion(const std::string& card_id) {
  auto call = connection_.Call("DELETE FROM card_deletions WHERE card_id = $1");
  return WriteAny(call.Bind(std::string_view(card_id)));
}

Result<app::DeletionCounts> PostgresTransaction::CountDeletions(Timestamp now) {
  auto call = connection_.Call(
      "SELECT count(*), min(first_due_at) FROM card_deletions WHERE first_due_at <= $1");
  const auto rows = Select(call.Bind(now));
  if (!rows) return std::unexpected(rows.error());
  return app::DeletionCounts{rows->Integer(0, 0), rows->OptionalTime(0, 1)};
}

}  // namespace obolus::storage
