// MemoryTransaction, the part that finds and counts what keys are needed by.
#include <algorithm>
#include <map>

#include "storage/memory_transaction.h"

namespace obolus::storage {

using base::Result;
using base::Timestamp;
using base::Uuid;

Result<std::vector<app::SealedCard>> MemoryTransaction::FindCardsUnder(const std::string& key_id,
                                                                       const Uuid& after,
                                                                       std::size_t limit) {
  std::vector<app::SealedCard> cards;
  for (auto at = tables_.cards.upper_bound(after); at != tables_.cards.end(); ++at) {
    if (cards.size() == limit) break;
    if (at->second.key_id == key_id) cards.push_back(at->second);
  }
  return cards;
}

Result<std::vector<app::CardCount>> MemoryTransaction::CountCards() {
  std::map<std::string, std::int64_t> counts;
  for (const auto& [id, card] : tables_.cards) ++counts[card.key_id];
  std::vector<app::CardCount> list;
  for (const auto& [key_id, cards] : counts) list.push_back({key_id, cards});
  return list;
}

Result<std::int64_t> MemoryTransaction::CountOpenSessions(domain::SessionKind kind,
                                                          Timestamp created_until) {
  return std::ranges::count_if(tables_.sessions.due(), [&](const auto& due) {
    const domain::Session* session = tables_.sessions.Find(due.second);
    return session->kind == kind && session->created_at <= created_until;
  });
}

}  // namespace obolus::storage
