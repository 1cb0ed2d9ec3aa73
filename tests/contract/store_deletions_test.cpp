// The store contract: security codes that replicas share, and cards to be deleted elsewhere.
#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

using base::ErrorCode;
using base::Millis;
using Deletions = std::vector<app::CardDeletion>;

class Rows {
 public:
  Rows(app::Store& store, Samples& samples) : store_(store), samples_(samples) {}

  app::CardDeletion New(const std::string& card_id, base::Timestamp due_at) {
    return {.card_id = card_id,
            .session_id = samples_.NewId(),
            .due_at = due_at,
            .first_due_at = due_at};
  }
  base::Status Schedule(const app::CardDeletion& deletion) {
    return Write(store_, [&](app::Transaction& tx) { return tx.ScheduleDeletion(deletion); });
  }
  Deletions Claim(base::Timestamp now, std::size_t limit = 100) {
    Deletions claimed;
    EXPECT_TRUE(Write(store_, [&](app::Transaction& tx) -> base::Status {
      auto due = tx.ClaimDeletions(now, now + Millis(1'000), limit);
      if (!due) return std::unexpected(due.error());
      claimed = *due;
      return {};
    }));
    return claimed;
  }
  base::Status Save(const app::CardDeletion& deletion) {
    return Write(store_, [&](app::Transaction& tx) { return tx.SaveDeletion(deletion); });
  }
  base::Status End(const std::string& card_id) {
    return Write(store_, [&](app::Transaction& tx) { return tx.EndDeletion(card_id); });
  }
  app::DeletionCounts Count(base::Timestamp now) {
    return Find(store_, [&](app::Transaction& tx) { return tx.CountDeletions(now); });
  }
  std::optional<app::SealedCard> Take(const base::Uuid& card_id) {
    std::optional<app::SealedCard> taken;
    EXPECT_TRUE(Write(store_, [&](app::Transaction& tx) -> base::Status {
      auto code = tx.TakeCode(card_id);
      if (!code) return std::unexpected(code.error());
      taken = *code;
      return {};
    }));
    return taken;
  }

 private:
  app::Store& store_;
  Samples& samples_;
};

TEST_P(StoreContract, ADeletionIsClaimedWhenItIsDueAndGoesWhenItIsDone) {
  Rows rows(*store_, samples_);
  const base::Timestamp now = samples_.Now();
  app::CardDeletion second = rows.New("tok_2", now);
  app::CardDeletion first = rows.New("tok_1", now - Millis(5));
  for (const auto& deletion : {second, first, rows.New("tok_3", now + Millis(1))}) {
    ASSERT_TRUE(rows.Schedule(deletion));
  }
  for (auto* claimed : {&first, &second}) {
    claimed->due_at = now + Millis(1'000);
    claimed->lease = 1;
  }
  EXPECT_EQ(rows.Count(now).waiting, 2);
  EXPECT_EQ(rows.Count(now).oldest, now - Millis(5));
  EXPECT_EQ(rows.Claim(now), (Deletions{first, second}));
  EXPECT_TRUE(rows.Claim(now).empty()) << "it is leased";
  ASSERT_TRUE(rows.End("tok_1"));
  ASSERT_TRUE(rows.End("tok_1"));
  EXPECT_EQ(rows.Count(now).waiting, 1) << "leased is not done";
}

TEST_P(StoreContract, ADeletionThatFailedIsClaimedAgainByTheLeaseOnly) {
  Rows rows(*store_, samples_);
  const base::Timestamp now = samples_.Now();
  ASSERT_TRUE(rows.Schedule(rows.New("tok", now)));
  app::CardDeletion claimed = rows.Claim(now).at(0);
  claimed.attempts = 1;
  claimed.due_at = now + Millis(50);
  ASSERT_TRUE(rows.Save(claimed));
  EXPECT_TRUE(rows.Claim(now + Millis(49)).empty());
  const app::CardDeletion again = rows.Claim(now + Millis(50)).at(0);
  EXPECT_EQ(again.attempts, 1);
  EXPECT_EQ(again.lease, 2);
  EXPECT_TRUE(FailsWith(rows.Save(claimed), ErrorCode::kConflict)) << "claimed again meanwhile";
  ASSERT_TRUE(rows.End("tok"));
  EXPECT_TRUE(FailsWith(rows.Save(again), ErrorCode::kConflict)) << "gone";
}

TEST_P(StoreContract, ADeletionIsBroughtForwardAndNeverPutOff) {
  Rows rows(*store_, samples_);
  const base::Timestamp now = samples_.Now();
  ASSERT_TRUE(rows.Schedule(rows.New("tok", now + std::chrono::hours(24))));
  EXPECT_TRUE(rows.Claim(now).empty());
  ASSERT_TRUE(rows.Schedule(rows.New("tok", now)));
  ASSERT_TRUE(rows.Schedule(rows.New("tok", now + std::chrono::hours(24))));
  ASSERT_EQ(rows.Claim(now, 1).size(), 1u);
  EXPECT_EQ(rows.Count(now).oldest, now);
}

TEST_P(StoreContract, ASharedCodeIsTakenOnceOrGoesWithItsCard) {
  Rows rows(*store_, samples_);
  const base::Uuid session = samples_.NewId();
  const app::SealedCard taken = samples_.NewCard(session);
  const app::SealedCard dropped = samples_.NewCard(session);
  const app::SealedCard late = samples_.NewCard(samples_.NewId());
  const auto insert = [&](const app::SealedCard& code) {
    return Write([&](app::Transaction& tx) -> base::Status {
      if (auto card = tx.InsertCard(code); !card) return card;
      return tx.InsertCode(code);
    });
  };
  if (GetParam().name == "Sqlite") {
    EXPECT_TRUE(FailsWith(insert(taken), ErrorCode::kInvalid)) << "never in a file";
    EXPECT_EQ(rows.Take(taken.id), std::nullopt);
    return;
  }
  for (const auto& code : {taken, dropped, late}) ASSERT_TRUE(insert(code));
  EXPECT_EQ(rows.Take(taken.id), taken);
  EXPECT_EQ(rows.Take(taken.id), std::nullopt);
  ASSERT_TRUE(Write([&](app::Transaction& tx) { return tx.DeleteCardsOf(session); }));
  EXPECT_EQ(rows.Take(dropped.id), std::nullopt);
  EXPECT_EQ(Purge(late.valid_until, samples_.Now()), 2u) << "the card and its code";
  EXPECT_EQ(rows.Take(late.id), std::nullopt);
}

}  // namespace
}  // namespace obolus::contract
