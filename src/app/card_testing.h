// Keeps people with lists of card numbers from trying them here. It counts what is submitted, by
// card, by neighbouring cards, by issuer's range, by client and by merchant, hears which cards died
// at the processor, and says of each submission: go on, do some work first, wait, or no. A card is
// known only as a keyed hash. One for a process, in bounded memory; a count is lost with it, but
// for that of cards, which replicas share through the store. Called by app/submit_card and http/;
// any thread, no call takes long.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/ports/store.h"
#include "app/work_orders.h"
#include "domain/card.h"
#include "domain/leak_table.h"
#include "domain/merchant_watch.h"

namespace obolus::app {

enum class LimitRule : std::uint8_t {
  kCard,        // one number, whatever the security code
  kNeighbours,  // cards whose numbers differ in the last four digits only
  kRange,       // cards with the same first eight digits, at one merchant
  kClient,      // one address, or IPv6 /64
  kSite,        // an IPv4 /24, an IPv6 /48
  kUnproven,    // no proof of work where one is wanted
};
inline constexpr std::size_t kLimitRuleCount = 6;
std::string_view ToString(LimitRule rule);  // "card", …

struct LimitRules {
  bool enabled = true;
  // How much of a card that was not approved counts; what was approved is taken back.
  domain::Rate card{.burst = 5, .per_hour = 1};
  domain::Rate neighbours{.burst = 8, .per_hour = 0.5};
  domain::Rate range{.burst = 30, .per_hour = 12};
  domain::Rate client{.burst = 30, .per_hour = 12};
  domain::Rate site{.burst = 75, .per_hour = 24};
  domain::Rate unproven{.burst = 10, .per_hour = 60};
  // For each approved card beyond what it took, so that many honest people may share an address.
  double approval_credit = 0.5;
  double most_credit = 200;
  // Commerce says with StateChanged which payments went well. Without that, `range`, `client` and
  // `site` only ask for work.
  bool outcomes = true;
  domain::WatchRules watch{};
  domain::WorkOrder some_work{.bits = 12, .parts = 8};  // bits 0: none is asked for
  domain::WorkOrder more_work{.bits = 13, .parts = 8};
};

// Who submits, as http/client_address groups addresses.
struct Visitor {
  std::string client{};  // "203.0.113.7", "2001:db8:1:2::/64"
  std::string site{};    // "203.0.113.0/24"
};

// What happened, for metrics and the audit log; called without a lock, often under attack.
struct LimitFinding {
  enum class Kind : std::uint8_t { kRefused, kWorkAsked, kWorkAccepted, kWorkWrong, kAttackBegan };
  Kind kind = Kind::kRefused;
  LimitRule rule = LimitRule::kCard;  // of a refusal
  std::string client{};
  std::string merchant{};
  std::optional<Uuid> session_id{};
};

class CardTesting {
 public:
  using Listener = std::function<void(const LimitFinding&)>;

  // `key` 32 bytes, the same on all replicas. `share`: cards are also counted in the store.
  CardTesting(LimitRules rules, const base::SecretBytes& key, bool share, Listener listener);
  ~CardTesting();

  // What this session's browser is to solve before it submits; none while nothing is suspected,
  // and while it would be told to wait all the same.
  std::optional<WorkToDo> WorkFor(const domain::Session& session, const Visitor& visitor,
                                  base::IdSource& ids, Timestamp now);

  // Before a card is decrypted. kRateLimited, with "retry_after", in the same words whichever limit
  // it was and whatever the card.
  Status Admit(const domain::Session& session, const Visitor& visitor,
               const std::optional<WorkDone>& done, Timestamp now);

  // A check of ours refused the card that was admitted.
  void CheckRefused(const domain::Session& session, const Visitor& visitor, Timestamp now);

  // Before a card goes to the vault; counts it. Errors, in order: kRateLimited as above (others
  // came in between), kInvalid ("/account_number", what a vault says of a card that it refuses).
  Status Charge(const domain::Session& session, const Visitor& visitor, const domain::Card& card,
                Timestamp now);
  // The name under which replicas count the card; none when they do not.
  std::optional<std::string> SharedTag(const domain::Card& card) const;
  // In the store's transaction that takes the card. kInvalid as above, or the store's.
  Status ChargeShared(Transaction& tx, const std::string& tag, Timestamp now) const;

  // What became of it. No session: nothing.
  void Release(const Uuid& session_id, Timestamp now);       // the vault could not be asked
  void VaultRefused(const Uuid& session_id, Timestamp now);  // it counts, and nothing more comes
  void Settle(const Uuid& session_id, bool approved, Timestamp now);
  bool IsAwaited(const Uuid& session_id) const;  // Settle would do something

  // A merchant's cards are mostly refused right now.
  bool IsUnderAttack(Timestamp now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::app
