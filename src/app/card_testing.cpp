#include "app/card_testing.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>

#include "base/crypto.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::LeakTable;
using domain::MerchantWatch;
using domain::Suspicion;
using domain::Tag;
using std::chrono::seconds;

constexpr std::size_t kPlaces = 65'536;  // 1.5 MB a table
constexpr std::size_t kMostMerchants = 4096;
constexpr std::size_t kMostAwaited = 65'536;
constexpr std::size_t kNeighbourDigits = 4;
constexpr std::size_t kRangeDigits = 8;
constexpr double kCheckRefusedCounts = 0.25;
constexpr int kAttemptsBeforeWork = 3;
constexpr std::array kWaits = {5, 15, 30, 60, 120};
const std::string kEverybody;  // the watch over all merchants

// Coarse, so that nobody reads a level from it.
seconds Rounded(seconds wait) {
  for (const int step : kWaits) {
    if (wait <= seconds(step)) return seconds(step);
  }
  return seconds(kWaits.back());
}

std::unexpected<base::Error> TooMuch(seconds wait) {
  return std::unexpected(base::Error{ErrorCode::kRateLimited,
                                     "no card can be tried just now; please try again in a moment",
                                     {},
                                     wait,
                                     {{"retry_after", wait.count()}}});
}

// In the words of vault/guardian_vault.
std::unexpected<base::Error> NotAccepted() {
  return base::Invalid("/account_number", "was refused");
}

std::string MerchantOf(const domain::Session& session) {
  if (!session.merchant.origins.empty()) return session.merchant.origins.front();
  return session.merchant.name.value_or("-");
}

base::SecretBytes Derived(const base::SecretBytes& key, std::string_view purpose) {
  return base::SecretBytes(base::ByteView(base::HmacSha256(key.view(), base::AsBytes(purpose))));
}

}  // namespace

std::string_view ToString(LimitRule rule) {
  constexpr std::array<std::string_view, kLimitRuleCount> kNames = {
      "card", "neighbours", "range", "client", "site", "unproven"};
  return kNames[static_cast<std::size_t>(rule)];
}

struct CardTesting::Impl {
  // What a card was counted under, until it is known what became of it.
  struct Charged {
    Tag card = 0, neighbours = 0, range = 0, client = 0, site = 0;
    bool new_neighbour = false;
    std::string merchant;
  };

  Impl(LimitRules r, const base::SecretBytes& key, bool s, Listener l)
      : rules(r),
        share(s),
        listener(std::move(l)),
        card_key(Derived(key, "card testing: cards")),
        name_key(Derived(key, "card testing: names")),
        orders(Derived(key, "card testing: work")),
        cards(kPlaces, r.card),
        neighbours(kPlaces, r.neighbours),
        ranges(kPlaces, r.range, -r.most_credit),
        clients(kPlaces, r.client, -r.most_credit),
        sites(kPlaces, r.site, -r.most_credit),
        unproven(kPlaces, r.unproven),
        credited(kPlaces, {.burst = 1, .per_hour = 1.0 / 24}) {}

  Tag NameTag(std::string_view kind, std::string_view name) const {
    const auto mac =
        base::HmacSha256(name_key.view(), base::AsBytes(std::string(kind) + std::string(name)));
    return TagOf(mac);
  }
  base::Sha256Digest CardDigest(std::string_view kind, std::string_view digits) const {
    base::SecretBytes message = base::SecretBytes::OfSize(kind.size() + digits.size());
    std::ranges::copy(kind, message.data());
    std::ranges::copy(digits, message.data() + kind.size());
    return base::HmacSha256(card_key.view(), message.view());
  }
  static Tag TagOf(const base::Sha256Digest& digest) {
    Tag tag = 0;
    for (std::size_t i = 0; i < 8; ++i) tag = tag << 8 | digest[i];
    return tag;
  }

  Charged TagsOf(const domain::Session& session, const Visitor& visitor,
                 const domain::Card& card) const {
    const std::string_view digits = card.account_number.text();
    const std::string merchant = MerchantOf(session);
    return {
        .card = TagOf(CardDigest("c", digits)),
        .neighbours = TagOf(CardDigest("n", digits.substr(0, digits.size() - kNeighbourDigits))),
        .range =
            TagOf(CardDigest("r", digits.substr(0, kRangeDigits))) ^ NameTag("merchant ", merchant),
        .client = NameTag("client ", visitor.client),
        .site = NameTag("site ", visitor.site),
        .new_neighbour = false,
        .merchant = merchant};
  }

  // With the lock.
  MerchantWatch& WatchOf(const std::string& merchant) {
    const auto found = watches.find(merchant);
    if (found != watches.end()) return found->second;
    if (watches.size() >= kMostMerchants) {
      watches.erase(std::ranges::min_element(
          watches, {}, [](const auto& entry) { return entry.second.last_seen(); }));
    }
    return watches[merchant];
  }
  void Refused(const std::string& merchant, Timestamp now) {
    WatchOf(merchant).Refused(rules.watch, now);
    everybody.Refused(rules.watch, now);
  }

  struct Suspected {
    Suspicion level = Suspicion::kNone;
    bool merchant = false;  // because of the merchant, so not of this client in particular
  };
  Suspected SuspicionOf(const domain::Session& session, const Visitor& visitor, Timestamp now) {
    if (rules.some_work.bits <= 0) return {};
    const auto shared = std::max(WatchOf(MerchantOf(session)).Look(rules.watch, now),
                                 everybody.Look(rules.watch, now));
    Suspicion own = session.attempts >= kAttemptsBeforeWork ? Suspicion::kSome : Suspicion::kNone;
    const auto look = [&](const LeakTable& table, Tag tag) {
      const double burst = table.rate().burst;
      if (burst <= 0) return;
      const double level = table.LevelOf(tag, now);
      if (level >= burst / 3) own = std::max(own, Suspicion::kSome);
      if (level >= burst * 2 / 3) own = Suspicion::kStrong;
    };
    look(clients, NameTag("client ", visitor.client));
    look(sites, NameTag("site ", visitor.site));
    return {std::max(shared, own), shared != Suspicion::kNone};
  }

  // 0: within both.
  seconds WaitForAddress(Tag client, Tag site, Timestamp now, LimitRule& rule) const {
    if (!rules.outcomes) return seconds(0);
    const seconds by_client = clients.WaitFor(client, 1, now);
    const seconds by_site = sites.WaitFor(site, 1, now);
    rule = by_client >= by_site ? LimitRule::kClient : LimitRule::kSite;
    return std::max(by_client, by_site);
  }

  std::optional<LimitRule> RuleAgainst(const Charged& tags, bool is_new, Timestamp now) const {
    if (!cards.Admits(tags.card, 1, now)) return LimitRule::kCard;
    if (is_new && !neighbours.Admits(tags.neighbours, 1, now)) return LimitRule::kNeighbours;
    if (rules.outcomes && !ranges.Admits(tags.range, 1, now)) return LimitRule::kRange;
    return std::nullopt;
  }

  void Count(const Charged& tags, double amount, Timestamp now) {
    ranges.Add(tags.range, amount, now);
    clients.Add(tags.client, amount, now);
    sites.Add(tags.site, amount, now);
  }

  std::optional<Charged> TakeAwaited(const Uuid& session_id) {
    const auto found = awaited.find(session_id);
    if (found == awaited.end()) return std::nullopt;
    Charged charged = std::move(found->second);
    awaited.erase(found);
    return charged;
  }
  void Await(const Uuid& session_id, Charged charged) {
    awaited[session_id] = std::move(charged);
    order.push_back(session_id);
    while (order.size() > kMostAwaited) {
      awaited.erase(order.front());
      order.pop_front();
    }
  }

  void Tell(LimitFinding::Kind kind, LimitRule rule, const domain::Session& session,
            const Visitor& visitor) const {
    if (listener) listener({kind, rule, visitor.client, MerchantOf(session), session.id});
  }

  const LimitRules rules;
  const bool share;
  const Listener listener;
  const base::SecretBytes card_key, name_key;

  mutable std::mutex mutex;
  WorkOrders orders;
  LeakTable cards, neighbours, ranges, clients, sites, unproven, credited;
  std::map<std::string, MerchantWatch> watches;
  MerchantWatch everybody;
  std::map<Uuid, Charged> awaited;
  std::deque<Uuid> order;  // of `awaited`, oldest first; may name what is gone
};

CardTesting::CardTesting(LimitRules rules, const base::SecretBytes& key, bool share,
                         Listener listener)
    : impl_(std::make_unique<Impl>(rules, key, share, std::move(listener))) {}

CardTesting::~CardTesting() = default;

std::optional<WorkToDo> CardTesting::WorkFor(const domain::Session& session, const Visitor& visitor,
                                             base::IdSource& ids, Timestamp now) {
  const bool open =
      session.kind == domain::SessionKind::kPayment && session.state == domain::SessionState::kOpen;
  if (!open || !impl_->rules.enabled) return std::nullopt;
  std::lock_guard lock(impl_->mutex);
  const auto suspected = impl_->SuspicionOf(session, visitor, now);
  LimitRule rule{};
  const bool in_vain =
      impl_->WaitForAddress(impl_->NameTag("client ", visitor.client),
                            impl_->NameTag("site ", visitor.site), now, rule) > seconds(0);
  if (suspected.level == Suspicion::kNone || in_vain) return std::nullopt;
  const auto& order =
      suspected.level == Suspicion::kStrong ? impl_->rules.more_work : impl_->rules.some_work;
  return impl_->orders.Make(session, order, ids, now);
}

Status CardTesting::Admit(const domain::Session& session, const Visitor& visitor,
                          const std::optional<WorkDone>& done, Timestamp now) {
  Impl& impl = *impl_;
  if (!impl.rules.enabled) return {};
  using Kind = LimitFinding::Kind;
  LimitRule rule = LimitRule::kClient;
  std::optional<Kind> work;
  seconds wait(0);
  {
    std::lock_guard lock(impl.mutex);
    const std::string merchant = MerchantOf(session);
    impl.WatchOf(merchant).Submitted(impl.rules.watch, now);
    impl.everybody.Submitted(impl.rules.watch, now);
    const Tag client = impl.NameTag("client ", visitor.client);
    wait = impl.WaitForAddress(client, impl.NameTag("site ", visitor.site), now, rule);
    const auto suspected = impl.SuspicionOf(session, visitor, now);
    if (wait == seconds(0) && suspected.level != Suspicion::kNone) {
      const bool solved = done && impl.orders.Accept(session, *done, now);
      work = solved ? Kind::kWorkAccepted : done ? Kind::kWorkWrong : Kind::kWorkAsked;
      // A few come through without: programs of merchants that cannot solve are not shut out.
      const Tag who = suspected.merchant ? impl.NameTag("merchant ", merchant) : client;
      if (!solved && (wait = impl.unproven.WaitFor(who, 1, now)) == seconds(0)) {
        impl.unproven.Add(who, 1, now);
      }
      rule = LimitRule::kUnproven;
    }
  }
  if (work) impl.Tell(*work, LimitRule::kUnproven, session, visitor);
  if (wait == seconds(0)) return {};
  impl.Tell(Kind::kRefused, rule, session, visitor);
  return TooMuch(Rounded(wait));
}

void CardTesting::CheckRefused(const domain::Session& session, const Visitor& visitor,
                               Timestamp now) {
  if (!impl_->rules.enabled) return;
  std::lock_guard lock(impl_->mutex);
  impl_->clients.Add(impl_->NameTag("client ", visitor.client), kCheckRefusedCounts, now);
  impl_->sites.Add(impl_->NameTag("site ", visitor.site), kCheckRefusedCounts, now);
  impl_->Refused(MerchantOf(session), now);
}

Status CardTesting::Charge(const domain::Session& session, const Visitor& visitor,
                           const domain::Card& card, Timestamp now) {
  Impl& impl = *impl_;
  if (!impl.rules.enabled) return {};
  Impl::Charged tags = impl.TagsOf(session, visitor, card);
  std::optional<LimitRule> rule;
  seconds wait(0);
  bool attack_began = false;
  {
    std::lock_guard lock(impl.mutex);
    LimitRule by_address = LimitRule::kClient;
    wait = impl.WaitForAddress(tags.client, tags.site, now, by_address);
    const bool is_new = impl.cards.LevelOf(tags.card, now) <= 0;
    if (wait > seconds(0)) {
      rule = by_address;
    } else if ((rule = impl.RuleAgainst(tags, is_new, now))) {
      // Who goes on against these rules is known by his address and his merchant.
      impl.clients.Add(tags.client, 1, now);
      impl.sites.Add(tags.site, 1, now);
      const auto before = impl.WatchOf(tags.merchant).Look(impl.rules.watch, now);
      impl.Refused(tags.merchant, now);
      attack_began = before != Suspicion::kStrong &&
                     impl.WatchOf(tags.merchant).Look(impl.rules.watch, now) == Suspicion::kStrong;
    } else {
      tags.new_neighbour = is_new;
      impl.cards.Add(tags.card, 1, now);
      if (is_new) impl.neighbours.Add(tags.neighbours, 1, now);
      impl.Count(tags, 1, now);
      impl.Await(session.id, std::move(tags));
    }
  }
  using Kind = LimitFinding::Kind;
  if (attack_began) impl.Tell(Kind::kAttackBegan, *rule, session, visitor);
  if (!rule) return {};
  impl.Tell(Kind::kRefused, *rule, session, visitor);
  if (wait > seconds(0)) return TooMuch(Rounded(wait));
  return NotAccepted();
}

std::optional<std::string> CardTesting::SharedTag(const domain::Card& card) const {
  if (!impl_->share || !impl_->rules.enabled || impl_->rules.card.burst <= 0) return std::nullopt;
  const auto digest = impl_->CardDigest("c", card.account_number.text());
  return std::string(base::AsText(base::ByteView(digest).first(16)));
}

Status CardTesting::ChargeShared(Transaction& tx, const std::string& tag, Timestamp now) const {
  const auto milli = [](double amount) { return static_cast<std::int64_t>(amount * 1000); };
  const domain::Rate& rate = impl_->rules.card;
  const auto level = tx.AddToTally(tag, 1000, milli(rate.per_hour), now);
  if (!level) return std::unexpected(level.error());
  if (*level > milli(rate.burst)) return NotAccepted();
  return {};
}

void CardTesting::Release(const Uuid& session_id, Timestamp now) {
  std::lock_guard lock(impl_->mutex);
  const auto charged = impl_->TakeAwaited(session_id);
  if (!charged) return;
  impl_->cards.Add(charged->card, -1, now);
  if (charged->new_neighbour) impl_->neighbours.Add(charged->neighbours, -1, now);
  impl_->Count(*charged, -1, now);
}

void CardTesting::VaultRefused(const Uuid& session_id, Timestamp now) {
  Settle(session_id, false, now);
}

void CardTesting::Settle(const Uuid& session_id, bool approved, Timestamp now) {
  Impl& impl = *impl_;
  std::string attacked;
  {
    std::lock_guard lock(impl.mutex);
    const auto charged = impl.TakeAwaited(session_id);
    if (!charged) return;
    if (approved) {
      impl.WatchOf(charged->merchant).Approved(impl.rules.watch, now);
      impl.everybody.Approved(impl.rules.watch, now);
      impl.cards.Add(charged->card, -1, now);
      if (charged->new_neighbour) impl.neighbours.Add(charged->neighbours, -1, now);
      // Once a card and day, so that nobody buys himself room with one good card.
      const bool first = impl.credited.Admits(charged->card, 1, now);
      if (first) impl.credited.Add(charged->card, 1, now);
      impl.Count(*charged, first ? -1 - impl.rules.approval_credit : -1, now);
    } else {
      const auto before = impl.WatchOf(charged->merchant).Look(impl.rules.watch, now);
      impl.Refused(charged->merchant, now);
      const auto after = impl.WatchOf(charged->merchant).Look(impl.rules.watch, now);
      if (before != Suspicion::kStrong && after == Suspicion::kStrong) attacked = charged->merchant;
    }
  }
  if (!attacked.empty() && impl.listener) {
    impl.listener(
        {LimitFinding::Kind::kAttackBegan, LimitRule::kUnproven, "", attacked, session_id});
  }
}

bool CardTesting::IsAwaited(const Uuid& session_id) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->awaited.contains(session_id);
}

bool CardTesting::IsUnderAttack(Timestamp now) const {
  std::lock_guard lock(impl_->mutex);
  return std::ranges::any_of(impl_->watches, [&](const auto& entry) {
    return entry.second.Look(impl_->rules.watch, now) == Suspicion::kStrong;
  });
}

}  // namespace obolus::app
