#include "app/manage_keys.h"

#include <algorithm>
#include <utility>

namespace obolus::app {
namespace {

// A replica that is about to see the change still works with the old key: so does a session that
// begins up to a spread later.
Timestamp LastUse(const KeyInfo& key, base::Millis spread, Timestamp now) {
  return key.replaced_at ? *key.replaced_at + spread : now;
}

Result<std::int64_t> CountNeeds(Transaction& tx, const KeyInfo& key,
                                const std::vector<CardCount>& cards, Timestamp last_use) {
  if (key.state == KeyState::kRetired) return 0;
  if (key.kind == KeyKind::kKeyEncryption) {
    const auto found = std::ranges::find(cards, key.id, &CardCount::key_id);
    return found == cards.end() ? 0 : found->cards;
  }
  if (key.state == KeyState::kPending) return 0;
  auto payments = tx.CountOpenSessions(domain::SessionKind::kPayment, last_use);
  if (!payments || key.kind == KeyKind::kEnvelope) return payments;
  const auto challenges = tx.CountOpenSessions(domain::SessionKind::kTds, last_use);
  if (!challenges) return challenges;
  return *payments + *challenges;
}

std::string Needs(const KeyNeeds& needs) {
  const std::string count = std::to_string(needs.needed_by);
  switch (needs.key.kind) {
    case KeyKind::kKeyEncryption:
      return count +
             " sealed cards: wait for the re-wrap (obolus keys list), or run obolus keys "
             "rewrap";
    case KeyKind::kSession:
      return count + " sessions whose session keys may have been made with it: wait for their end";
    case KeyKind::kEnvelope:
      break;
  }
  return count + " payment sessions whose cards may come encrypted to it: wait for their end";
}

base::Status MayRetire(const KeyNeeds& needs, base::Millis spread, Timestamp now) {
  const KeyInfo& key = needs.key;
  if (key.state != KeyState::kAccepting) return {};  // the keychain says why not
  if (now < LastUse(key, spread, now)) {
    return base::Fail(base::ErrorCode::kConflict, "key " + key.id + " was replaced at " +
                                                      base::FormatTime(*key.replaced_at) +
                                                      "; another replica may use it until " +
                                                      base::FormatTime(LastUse(key, spread, now)));
  }
  if (needs.needed_by == 0) return {};
  return base::Fail(base::ErrorCode::kConflict, "key " + key.id + " is needed by " + Needs(needs));
}

}  // namespace

void ListKeys(const KeyServices& services, base::Done<std::vector<KeyNeeds>> done) {
  const Timestamp now = services.clock.Now();
  const base::Millis spread = services.keychain.Spread();
  Read<std::vector<KeyNeeds>>(
      services.store,
      [keys = services.keychain.List(), now,
       spread](Transaction& tx) -> Result<std::vector<KeyNeeds>> {
        const auto cards = tx.CountCards();
        if (!cards) return std::unexpected(cards.error());
        std::vector<KeyNeeds> list;
        for (const KeyInfo& key : keys) {
          const auto needed_by = CountNeeds(tx, key, *cards, LastUse(key, spread, now));
          if (!needed_by) return std::unexpected(needed_by.error());
          list.push_back({key, *needed_by});
        }
        return list;
      },
      std::move(done));
}

void RetireKey(const KeyServices& services, const std::string& id, base::Done<KeyNeeds> done) {
  ListKeys(services, [services, id,
                      done = std::move(done)](const Result<std::vector<KeyNeeds>>& list) mutable {
    if (!list) return done(std::unexpected(list.error()));
    const auto found =
        std::ranges::find(*list, id, [](const KeyNeeds& needs) { return needs.key.id; });
    if (found == list->end()) {
      return done(base::Fail(base::ErrorCode::kNotFound, "there is no key " + id));
    }
    const auto allowed = MayRetire(*found, services.keychain.Spread(), services.clock.Now());
    if (!allowed) return done(std::unexpected(allowed.error()));
    if (auto retired = services.keychain.Retire(id); !retired) {
      return done(std::unexpected(std::move(retired.error())));
    }
    done(*found);
  });
}

}  // namespace obolus::app
