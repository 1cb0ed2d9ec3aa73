// SqliteTransaction, the part about sealed cards and the keys that they are under.
#include <algorithm>

#include "storage/sqlite_transaction.h"

namespace obolus::storage {

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

Status SqliteTransaction::InsertCard(const app::SealedCard& card) {
  SqliteQuery query = database_.Query(
      "INSERT INTO cards (id, session_id, key_id, wrapped_key, ciphertext, valid_until)"
      " VALUES (?, ?, ?, ?, ?, ?)");
  query.Bind(card.id).Bind(card.session_id).Bind(card.key_id);
  query.BindBlob(base::AsBytes(card.wrapped_key)).BindBlob(base::AsBytes(card.ciphertext));
  return query.Bind(card.valid_until).Run();
}

Result<std::optional<app::SealedCard>> SqliteTransaction::FindCard(const Uuid& id) {
  SqliteQuery query = database_.Query(
      "SELECT session_id, key_id, wrapped_key, ciphertext, valid_until FROM cards WHERE id = ?");
  const Result<bool> row = query.Bind(id).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  app::SealedCard card;
  card.id = id;
  card.session_id = query.Id(0);
  card.key_id = query.Text(1);
  card.wrapped_key = query.Blob(2);
  card.ciphertext = query.Blob(3);
  card.valid_until = query.Time(4);
  return card;
}

Status SqliteTransaction::DeleteCardsOf(const Uuid& session_id) {
  return database_.Query("DELETE FROM cards WHERE session_id = ?").Bind(session_id).Run();
}

Result<std::vector<app::SealedCard>> SqliteTransaction::FindCardsUnder(const std::string& key_id,
                                                                       const Uuid& after,
                                                                       std::size_t limit) {
  SqliteQuery query = database_.Query(
      "SELECT id, session_id, wrapped_key, ciphertext, valid_until FROM cards"
      " WHERE key_id = ? AND id > ? ORDER BY id LIMIT ?");
  query.Bind(key_id).Bind(after).Bind(
      static_cast<std::int64_t>(std::min<std::size_t>(limit, INT32_MAX)));
  std::vector<app::SealedCard> cards;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return cards;
    cards.push_back({.id = query.Id(0),
                     .session_id = query.Id(1),
                     .key_id = key_id,
                     .wrapped_key = std::string(query.Blob(2)),
                     .ciphertext = std::string(query.Blob(3)),
                     .valid_until = query.Time(4)});
  }
}

Result<bool> SqliteTransaction::RewrapCard(const app::SealedCard& card,
                                           const std::string& expected) {
  SqliteQuery query = database_.Query(
      "UPDATE cards SET key_id = ?, wrapped_key = ? WHERE id = ? AND wrapped_key = ?");
  query.Bind(card.key_id).BindBlob(base::AsBytes(card.wrapped_key)).Bind(card.id);
  if (auto updated = query.BindBlob(base::AsBytes(expected)).Run(); !updated) {
    return std::unexpected(std::move(updated.error()));
  }
  return database_.Changes() > 0;
}

Result<std::vector<app::CardCount>> SqliteTransaction::CountCards() {
  SqliteQuery query =
      database_.Query("SELECT key_id, count(*) FROM cards GROUP BY key_id ORDER BY key_id");
  std::vector<app::CardCount> counts;
  while (true) {
    const Result<bool> row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return counts;
    counts.push_back({std::string(query.Text(0)), query.Integer(1)});
  }
}

Result<std::int64_t> SqliteTransaction::CountOpenSessions(domain::SessionKind kind,
                                                          Timestamp created_until) {
  SqliteQuery query = database_.Query(
      "SELECT count(*) FROM sessions WHERE due_at IS NOT NULL AND kind = ? AND created_at <= ?");
  const Result<bool> row = query.Bind(domain::ToString(kind)).Bind(created_until).Next();
  if (!row) return std::unexpected(row.error());
  return query.Integer(0);
}

}  // namespace obolus::storage
