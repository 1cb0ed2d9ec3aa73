// PostgresTransaction, the part about sealed cards and the keys that they are under.
#include <algorithm>

#include "storage/postgres_transaction.h"

namespace obolus::storage {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

Status PostgresTransaction::InsertCard(const app::SealedCard& card) {
#define INSERT_CARD                                                                  \
  "INSERT INTO cards (id, session_id, key_id, wrapped_key, ciphertext, valid_until)" \
  " VALUES ($1, $2, $3, $4, $5, $6)"
  auto call = OneRow(INSERT_CARD, INSERT_CARD " ON CONFLICT DO NOTHING");
  call.Bind(card.id).Bind(card.session_id).Bind(std::string_view(card.key_id));
  call.Bind(std::string_view(card.wrapped_key)).Bind(std::string_view(card.ciphertext));
  return Write(call.Bind(card.valid_until), "the card exists");
}

Result<std::optional<app::SealedCard>> PostgresTransaction::FindCard(const Uuid& id) {
  auto call = connection_.Call(
      "SELECT session_id, key_id, wrapped_key, ciphertext, valid_until FROM cards WHERE id = $1");
  const auto rows = Select(call.Bind(id));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  app::SealedCard card;
  card.id = id;
  card.session_id = rows->Id(0, 0);
  card.key_id = rows->Bytes(0, 1);
  card.wrapped_key = rows->Bytes(0, 2);
  card.ciphertext = rows->Bytes(0, 3);
  card.valid_until = rows->Time(0, 4);
  return card;
}

Status PostgresTransaction::DeleteCardsOf(const Uuid& session_id) {
  auto codes = connection_.Call("DELETE FROM codes WHERE session_id = $1");
  if (auto deleted = WriteAny(codes.Bind(session_id)); !deleted) return deleted;
  auto call = connection_.Call("DELETE FROM cards WHERE session_id = $1");
  return WriteAny(call.Bind(session_id));
}

Result<std::vector<app::SealedCard>> PostgresTransaction::FindCardsUnder(const std::string& key_id,
                                                                         const Uuid& after,
                                                                         std::size_t limit) {
  auto call = connection_.Call(
      "SELECT id, session_id, wrapped_key, ciphertext, valid_until FROM cards"
      " WHERE key_id = $1 AND id > $2 ORDER BY id LIMIT $3");
  call.Bind(std::string_view(key_id)).Bind(after);
  const auto rows =
      Select(call.Bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX))));
  if (!rows) return std::unexpected(rows.error());
  std::vector<app::SealedCard> cards;
  for (int row = 0; row < rows->size(); ++row) {
    cards.push_back({.id = rows->Id(row, 0),
                     .session_id = rows->Id(row, 1),
                     .key_id = key_id,
                     .wrapped_key = std::string(rows->Bytes(row, 2)),
                     .ciphertext = std::string(rows->Bytes(row, 3)),
                     .valid_until = rows->Time(row, 4)});
  }
  return cards;
}

// Waited for, as whether the row was there is the answer.
Result<bool> PostgresTransaction::RewrapCard(const app::SealedCard& card,
                                             const std::string& expected) {
  if (auto refused = RefuseWrite(); !refused) return std::unexpected(refused.error());
  auto call = connection_.Call(
      "UPDATE cards SET key_id = $1, wrapped_key = $2 WHERE id = $3 AND wrapped_key = $4");
  call.Bind(std::string_view(card.key_id)).Bind(std::string_view(card.wrapped_key)).Bind(card.id);
  const auto rows = call.Bind(std::string_view(expected)).Fetch();
  if (!rows) return std::unexpected(rows.error());
  if (rows->affected() == 0) return false;
  ++writes_;
  return true;
}

Result<std::vector<app::CardCount>> PostgresTransaction::CountCards() {
  auto call =
      connection_.Call("SELECT key_id, count(*) FROM cards GROUP BY key_id ORDER BY key_id");
  const auto rows = Select(call);
  if (!rows) return std::unexpected(rows.error());
  std::vector<app::CardCount> counts;
  for (int row = 0; row < rows->size(); ++row) {
    counts.push_back({std::string(rows->Bytes(row, 0)), rows->Integer(row, 1)});
  }
  return counts;
}

Result<std::int64_t> PostgresTransaction::CountOpenSessions(domain::SessionKind kind,
                                                            Timestamp created_until) {
  auto call = connection_.Call(
      "SELECT count(*) FROM sessions WHERE due_at IS NOT NULL AND kind = $1 AND created_at <= $2");
  const auto rows = Select(call.Bind(domain::ToString(kind)).Bind(created_until));
  if (!rows) return std::unexpected(rows.error());
  return rows->Integer(0, 0);
}

}  // namespace obolus::storage
