// The store contract: answers, received events, cards, and what is purged.
#include <chrono>

#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

using app::EventStatus;
using base::ErrorCode;
using base::Millis;

base::Status StatusOf(const base::Result<bool>& result) {
  return result ? base::Status{} : std::unexpected(result.error());
}

app::OutboxEvent Settled(app::OutboxEvent event, EventStatus status, base::Timestamp at) {
  event.status = status;
  event.settled_at = at;
  ++event.attempts;
  return event;
}

TEST_P(StoreContract, AnAnswerIsKeptByScopeAndKey) {
  const app::IdempotentAnswer answer = samples_.NewAnswer("caller POST /sessions", "key");
  const auto insert = [&](const app::IdempotentAnswer& row) {
    return Write([&](app::Transaction& tx) { return tx.InsertAnswer(row); });
  };
  const auto find = [&](const std::string& scope, const std::string& key) {
    return Find([&](app::Transaction& tx) { return tx.FindAnswer(scope, key); });
  };
  EXPECT_EQ(find(answer.scope, answer.key), std::nullopt);
  ASSERT_TRUE(insert(answer));
  EXPECT_EQ(find(answer.scope, answer.key), answer);
  app::IdempotentAnswer other = answer;
  other.body = "other";
  EXPECT_TRUE(FailsWith(insert(other), ErrorCode::kConflict));
  EXPECT_EQ(find(answer.scope, answer.key), answer);
  other.scope = "someone else";
  ASSERT_TRUE(insert(other));
  EXPECT_EQ(find(other.scope, other.key), other);
  EXPECT_EQ(find("nobody", "key"), std::nullopt);
}

TEST_P(StoreContract, ATimelineGrowsInOrderUpToItsLimit) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  const auto list = [&](const base::Uuid& id) {
    return Find([&](app::Transaction& tx) { return tx.ListTimeline(id); });
  };
  const auto append = [&](const domain::TimelineEntry& entry, std::size_t limit) {
    return Write([&](app::Transaction& tx) -> base::Status {
      if (auto read = tx.FindSession(entry.session_id); !read) {
        return std::unexpected(read.error());
      }
      return tx.AppendTimeline(entry, limit);
    });
  };
  EXPECT_TRUE(list(session.id).empty());
  const domain::TimelineEntry full = samples_.FullEntry(session.id);
  domain::TimelineEntry bare;
  bare.session_id = session.id;
  bare.at = samples_.Now() - Millis(5);  // order is that of adding, whatever the clock says
  bare.what = "start_again";
  ASSERT_TRUE(append(full, 2));
  ASSERT_TRUE(append(bare, 2));
  ASSERT_TRUE(append(full, 2));
  EXPECT_EQ(list(session.id), (std::vector{full, bare}));
  ASSERT_TRUE(append(full, 3));
  EXPECT_EQ(list(session.id), (std::vector{full, bare, full}));
  EXPECT_TRUE(list(samples_.NewId()).empty());
}

TEST_P(StoreContract, ATimelineGoesWithItsSessionOnly) {
  const domain::Session gone = samples_.NewPayment();
  const domain::Session stays = samples_.NewPayment();
  for (const domain::Session& session : {gone, stays}) {
    ASSERT_TRUE(Insert(session));
    ASSERT_TRUE(Write([&](app::Transaction& tx) {
      return tx.AppendTimeline(samples_.FullEntry(session.id), 10);
    }));
  }
  ASSERT_TRUE(Save(samples_.Ended(gone)));
  Purge(samples_.Now(), samples_.Now() + Millis(1));
  const auto count = [&](const base::Uuid& id) {
    return Find([&](app::Transaction& tx) { return tx.ListTimeline(id); }).size();
  };
  EXPECT_EQ(count(gone.id), 0U);
  EXPECT_EQ(count(stays.id), 1U);
}

TEST_P(StoreContract, AFactStaysAsItWasSharedFirst) {
  const auto share = [&](const std::string& name, const std::string& value) {
    std::string there;
    EXPECT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
      const auto shared = tx.ShareFact(name, value);
      if (!shared) return std::unexpected(shared.error());
      there = *shared;
      return {};
    }));
    return there;
  };
  const auto find = [&](const std::string& name) {
    return Find([&](app::Transaction& tx) { return tx.FindFact(name); });
  };
  EXPECT_EQ(find("keys"), std::nullopt);
  EXPECT_EQ(share("keys", "first"), "first");
  EXPECT_EQ(share("keys", "second"), "first");
  EXPECT_EQ(share("other", "second"), "second");
  EXPECT_EQ(find("keys"), "first");
}

TEST_P(StoreContract, ATallyGrowsLeaksAndIsPurged) {
  const base::Timestamp now = samples_.Now();
  const std::string name("\0\xff tally", 8);
  const auto add = [&](const std::string& which, std::int64_t amount, base::Timestamp at) {
    std::int64_t level = -1;
    EXPECT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
      const auto after = tx.AddToTally(which, amount, 2000, at);
      if (!after) return std::unexpected(after.error());
      level = *after;
      return {};
    }));
    return level;
  };
  EXPECT_EQ(add(name, 1000, now), 1000);
  EXPECT_EQ(add(name, 1000, now), 2000);
  EXPECT_EQ(add("other", 1000, now), 1000);
  EXPECT_EQ(add(name, 500, now + std::chrono::minutes(30)), 1500);
  EXPECT_EQ(add(name, 0, now - std::chrono::hours(5)), 1500) << "a clock that was set back";
  EXPECT_EQ(add(name, 1000, now + std::chrono::hours(9)), 1000) << "never below nothing";
  Purge(now + app::Transaction::kTalliesKeptFor + Millis(1), now);
  EXPECT_EQ(add(name, 0, now + std::chrono::hours(9)), 1000);
  EXPECT_EQ(add("other", 0, now), 0) << "purged";
}

TEST_P(StoreContract, ATallyThatIsRolledBackWasNotAdded) {
  EXPECT_TRUE(FailsWith(Write([](app::Transaction& tx) -> base::Status {
                          auto added = tx.AddToTally("tally", 1000, 0, {});
                          if (!added) return std::unexpected(added.error());
                          return base::Fail(ErrorCode::kInvalid, "too many");
                        }),
                        ErrorCode::kInvalid));
  std::int64_t level = -1;
  EXPECT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    const auto after = tx.AddToTally("tally", 0, 0, {});
    if (!after) return std::unexpected(after.error());
    level = *after;
    return {};
  }));
  EXPECT_EQ(level, 0);
}

TEST_P(StoreContract, AReceivedEventIsKeptOnce) {
  const base::Uuid subject = samples_.NewId();
  const app::ReceivedEvent event = samples_.NewReceived("1", {subject});
  app::ReceivedEvent again = event;
  again.data = "other";
  app::ReceivedEvent other_source = event;
  other_source.source = "elsewhere";
  const auto insert = [&](const app::ReceivedEvent& row) {
    std::optional<bool> inserted;
    EXPECT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
      auto result = tx.InsertReceived(row);
      if (!result) return std::unexpected(result.error());
      inserted = *result;
      return {};
    }));
    return inserted;
  };
  EXPECT_EQ(insert(event), true);
  EXPECT_EQ(insert(again), false);
  EXPECT_EQ(insert(other_source), true);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindUnapplied(subject); }),
            (std::vector{event, other_source}));
}

TEST_P(StoreContract, EventsThatWereNotAppliedAreFoundByEachSubjectInOrderOfArrival) {
  const base::Uuid a = samples_.NewId();
  const base::Uuid b = samples_.NewId();
  const app::ReceivedEvent first = samples_.NewReceived("z", {a, b, a});
  const app::ReceivedEvent second = samples_.NewReceived("a", {a});
  app::ReceivedEvent applied = samples_.NewReceived("m", {a, b});
  applied.applied = true;
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    for (const auto& event : {first, applied, second}) EXPECT_TRUE(tx.InsertReceived(event));
    return {};
  }));
  const auto unapplied = [&](const base::Uuid& subject) {
    return Find([&](app::Transaction& tx) { return tx.FindUnapplied(subject); });
  };
  EXPECT_EQ(unapplied(a), (std::vector{first, second}));
  EXPECT_EQ(unapplied(b), (std::vector{first}));
  EXPECT_TRUE(unapplied(samples_.NewId()).empty());
  const auto mark = [&](const std::string& id) {
    return Write([&](app::Transaction& tx) { return tx.MarkApplied("commerce", id); });
  };
  ASSERT_TRUE(mark("z"));
  ASSERT_TRUE(mark("z"));
  EXPECT_EQ(unapplied(a), (std::vector{second}));
  EXPECT_TRUE(unapplied(b).empty());
  EXPECT_TRUE(FailsWith(mark("unknown"), ErrorCode::kNotFound));
}

TEST_P(StoreContract, CardsAreKeptUntilTheirSessionDropsThem) {
  const base::Uuid session = samples_.NewId();
  const app::SealedCard first = samples_.NewCard(session);
  const app::SealedCard second = samples_.NewCard(session);
  const app::SealedCard other = samples_.NewCard(samples_.NewId());
  const auto insert = [&](const app::SealedCard& card) {
    return Write([&](app::Transaction& tx) { return tx.InsertCard(card); });
  };
  const auto find = [&](const base::Uuid& id) {
    return Find([&](app::Transaction& tx) { return tx.FindCard(id); });
  };
  for (const auto& card : {first, second, other}) ASSERT_TRUE(insert(card));
  EXPECT_TRUE(FailsWith(insert(first), ErrorCode::kConflict));
  EXPECT_EQ(find(first.id), first);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Write([&](app::Transaction& tx) { return tx.DeleteCardsOf(session); }));
    EXPECT_EQ(find(first.id), std::nullopt);
    EXPECT_EQ(find(second.id), std::nullopt);
  }
  EXPECT_EQ(find(other.id), other);
}

TEST_P(StoreContract, CardsAreFoundByTheKeyTheyAreUnderInOrderOfTheirIds) {
  const auto under = [&](const std::string& key_id, const base::Uuid& after, std::size_t limit) {
    return Find([&](app::Transaction& tx) { return tx.FindCardsUnder(key_id, after, limit); });
  };
  const auto counts = [&] { return Find([](app::Transaction& tx) { return tx.CountCards(); }); };
  EXPECT_TRUE(counts().empty());
  std::vector<app::SealedCard> cards;
  for (int i = 0; i < 6; ++i) {
    cards.push_back(samples_.NewCard(samples_.NewId()));
    cards.back().key_id = i % 2 == 0 ? "old" : "new";
    ASSERT_TRUE(Write([&](app::Transaction& tx) { return tx.InsertCard(cards.back()); }));
  }
  EXPECT_EQ(counts(), (std::vector<app::CardCount>{{"new", 3}, {"old", 3}}));
  EXPECT_EQ(under("old", {}, 2), (std::vector{cards[0], cards[2]}));
  EXPECT_EQ(under("old", cards[2].id, 2), (std::vector{cards[4]}));
  EXPECT_TRUE(under("none", {}, 2).empty());
}

TEST_P(StoreContract, ACardIsRewrappedOnlyWhenItsKeyIsStillTheExpectedOne) {
  const app::SealedCard card = samples_.NewCard(samples_.NewId());
  ASSERT_TRUE(Write([&](app::Transaction& tx) { return tx.InsertCard(card); }));
  app::SealedCard next = card;
  next.key_id = "k2";
  next.wrapped_key = std::string("\x02\0\xfe", 3);
  const auto rewrap = [&](const app::SealedCard& to, const std::string& expected) {
    bool written = false;
    EXPECT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
      const auto done = tx.RewrapCard(to, expected);
      if (!done) return std::unexpected(done.error());
      written = *done;
      return {};
    }));
    return written;
  };
  const auto find = [&] {
    return Find([&](app::Transaction& tx) { return tx.FindCard(card.id); });
  };
  EXPECT_FALSE(rewrap(next, "another"));
  EXPECT_EQ(find(), card);
  // Nothing but the key changes, whatever else the caller believes of the card.
  app::SealedCard odd = next;
  odd.ciphertext = "other";
  odd.valid_until += Millis(1);
  EXPECT_TRUE(rewrap(odd, card.wrapped_key));
  EXPECT_EQ(find(), next);
  EXPECT_FALSE(rewrap(next, card.wrapped_key)) << "somebody was faster";
  ASSERT_TRUE(Write([&](app::Transaction& tx) { return tx.DeleteCardsOf(card.session_id); }));
  EXPECT_FALSE(rewrap(next, next.wrapped_key)) << "it is gone";
  EXPECT_EQ(find(), std::nullopt);
}

TEST_P(StoreContract, SessionsThatHaveNotEndedAreCountedByKindAndAge) {
  const auto count = [&](domain::SessionKind kind, base::Timestamp until) {
    return Find([&](app::Transaction& tx) { return tx.CountOpenSessions(kind, until); });
  };
  const base::Timestamp now = samples_.Now();
  domain::Session old = samples_.NewPayment();
  old.created_at = now;
  domain::Session young = samples_.NewPayment();
  young.created_at = now + Millis(1);
  domain::Session ended = samples_.Ended(samples_.NewPayment());
  ended.created_at = now;
  for (const auto& session : {old, young, ended}) ASSERT_TRUE(Insert(session));
  EXPECT_EQ(count(domain::SessionKind::kPayment, now - Millis(1)), 0);
  EXPECT_EQ(count(domain::SessionKind::kPayment, now), 1);
  EXPECT_EQ(count(domain::SessionKind::kPayment, now + Millis(1)), 2);
  EXPECT_EQ(count(domain::SessionKind::kTds, now + Millis(1)), 0);
}

TEST_P(StoreContract, PurgeTakesOnlyWhatIsOver) {
  const base::Timestamp before = samples_.Now();
  const base::Timestamp now = before + std::chrono::hours(24);
  const auto old_and_new = [&](auto make, auto set_time, auto insert) {
    for (const int age : {1, 0}) {
      auto row = make();
      set_time(row, before - Millis(age));
      EXPECT_TRUE(Write([&](app::Transaction& tx) { return insert(tx, row); }));
    }
  };
  int key = 0;
  old_and_new([&] { return samples_.NewAnswer("scope", std::to_string(key++)); },
              [](auto& row, auto time) { row.created_at = time; },
              [](auto& tx, auto& row) { return tx.InsertAnswer(row); });
  old_and_new([&] { return samples_.NewReceived(std::to_string(key++), {samples_.NewId()}); },
              [](auto& row, auto time) { row.received_at = time; },
              [](auto& tx, auto& row) { return StatusOf(tx.InsertReceived(row)); });
  old_and_new(
      [&] { return samples_.NewCard(samples_.NewId()); },
      [&](auto& row, auto time) { row.valid_until = time == before ? now + Millis(1) : now; },
      [](auto& tx, auto& row) { return tx.InsertCard(row); });
  old_and_new([&] { return samples_.Ended(samples_.NewPayment()); },
              [](auto& row, auto time) { row.ended_at = time; },
              [](auto& tx, auto& row) { return tx.InsertSession(row); });
  const domain::Session open = samples_.NewPayment();
  ASSERT_TRUE(Insert(open));
  EXPECT_EQ(Purge(now, before), 4u);
  EXPECT_EQ(Purge(now, before), 0u);
  EXPECT_EQ(Session(open.id), open);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindAnswer("scope", "0"); }), std::nullopt);
  EXPECT_NE(Find([&](app::Transaction& tx) { return tx.FindAnswer("scope", "1"); }), std::nullopt);
  EXPECT_EQ(Purge(now + Millis(1), before + Millis(1)), 4u);
}

TEST_P(StoreContract, PurgedTombstonesAreNotFoundAnyMore) {
  const base::Uuid subject = samples_.NewId();
  ASSERT_TRUE(Write([&](app::Transaction& tx) {
    return StatusOf(tx.InsertReceived(samples_.NewReceived("1", {subject})));
  }));
  EXPECT_EQ(Purge(samples_.Now(), samples_.Now() + Millis(1)), 1u);
  EXPECT_TRUE(Find([&](app::Transaction& tx) { return tx.FindUnapplied(subject); }).empty());
}

TEST_P(StoreContract, ASessionIsPurgedWithItsEventsOnceAllAreSettled) {
  const domain::Session session = samples_.Ended(samples_.NewPayment());
  const app::OutboxEvent delivered = samples_.NewEvent(session.id);
  const app::OutboxEvent pending = samples_.NewEvent(session.id);
  ASSERT_TRUE(Insert(session));
  ASSERT_TRUE(Insert(Settled(delivered, EventStatus::kDelivered, samples_.Now())));
  ASSERT_TRUE(Insert(pending));
  const base::Timestamp later = samples_.Now() + std::chrono::hours(1);
  EXPECT_EQ(Purge(later, later), 0u);
  EXPECT_EQ(Session(session.id), session);
  ASSERT_TRUE(Save(Settled(pending, EventStatus::kParked, samples_.Now())));
  EXPECT_EQ(Purge(later, later), 3u);
  EXPECT_EQ(Session(session.id), std::nullopt);
  EXPECT_TRUE(Find([](app::Transaction& tx) { return tx.ListEvents({}); }).empty());
}

// After days without the bridge there are very many that wait; what is over must not wait with
// them.
TEST_P(StoreContract, PurgeComesPastAllThatWaitsForItsEvents) {
  constexpr std::size_t kLimit = 2;
  constexpr std::size_t kWaiting = 50;
  constexpr std::size_t kWalks = 8;  // a store may have several that write, each on its own
  const base::Timestamp later = samples_.Now() + std::chrono::hours(1);
  std::vector<app::OutboxEvent> waiting;
  for (std::size_t i = 0; i < kWaiting; ++i) {
    const domain::Session session = samples_.Ended(samples_.NewPayment());
    waiting.push_back(samples_.NewEvent(session.id));
    ASSERT_TRUE(Insert(session));
    ASSERT_TRUE(Insert(waiting.back()));
  }
  domain::Session over = samples_.Ended(samples_.NewPayment());
  over.ended_at = *over.ended_at + Millis(1);
  ASSERT_TRUE(Insert(over));
  std::size_t gone = 0;
  for (std::size_t call = 0; call < kWaiting * kWalks; ++call) gone += Purge(later, later, kLimit);
  EXPECT_EQ(gone, 1u);
  EXPECT_EQ(Session(over.id), std::nullopt);
  for (const auto& event : waiting) {
    ASSERT_TRUE(Save(Settled(event, EventStatus::kDelivered, samples_.Now())));
  }
  for (std::size_t call = 0; call < kWaiting * kWalks; ++call) gone += Purge(later, later, kLimit);
  EXPECT_EQ(gone, 1 + 2 * kWaiting);
}

TEST_P(StoreContract, PurgeStopsAtItsLimit) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Insert(samples_.Ended(samples_.NewPayment())));
    ASSERT_TRUE(Write([&](app::Transaction& tx) {
      return tx.InsertAnswer(samples_.NewAnswer("scope", std::to_string(i)));
    }));
  }
  const base::Timestamp later = samples_.Now() + Millis(1);
  EXPECT_EQ(Purge(later, later, 2), 4u);
  EXPECT_EQ(Purge(later, later, 2), 4u);
  EXPECT_EQ(Purge(later, later, 2), 2u);
}

}  // namespace
}  // namespace obolus::contract
