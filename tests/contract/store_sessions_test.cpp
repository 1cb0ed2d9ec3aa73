// The store contract: sessions.
#include <thread>

#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

using base::ErrorCode;
using domain::SessionKind;

TEST_P(StoreContract, AnUnknownSessionIsNotFound) {
  EXPECT_EQ(Session(samples_.NewId()), std::nullopt);
}

TEST_P(StoreContract, EveryMemberOfASessionComesBack) {
  const domain::Session full = samples_.FullPayment();
  const domain::Session bare = samples_.NewPayment();
  domain::Session leased = samples_.NewPayment();
  leased.state = domain::SessionState::kSubmitted;
  leased.lease_until = samples_.Now();
  domain::Session partly = samples_.NewPayment();
  partly.continuation.error = "https://shop.example/error";
  partly.payment.vault_payment_method = false;
  partly.merchant.origins = {"https://a.example"};
  for (const auto& session : {full, bare, leased, partly}) {
    ASSERT_TRUE(Insert(session));
    EXPECT_EQ(Session(session.id), session);
  }
}

TEST_P(StoreContract, EachShapeOfChallengeComesBack) {
  const domain::Challenge challenges[] = {
      domain::HostedChallenge{"https://processor.example/3ds"},
      domain::EmvChallenge{"https://acs.example", "creq", "data"},
      domain::EmvChallenge{"https://acs.example", "creq", std::nullopt},
      domain::PaReqChallenge{"https://acs.example", "pa_req", "md"},
      domain::PaReqChallenge{"https://acs.example", "pa_req", ""},
  };
  for (const auto& challenge : challenges) {
    domain::Session session = samples_.NewTds(samples_.NewId());
    session.challenge = challenge;
    ASSERT_TRUE(Insert(session));
    EXPECT_EQ(Session(session.id), session);
  }
}

TEST_P(StoreContract, EachStateComesBack) {
  for (std::size_t i = 0; i < domain::kSessionStateCount; ++i) {
    domain::Session session = samples_.NewPayment();
    session.state = static_cast<domain::SessionState>(i);
    if (domain::IsEnd(session.kind, session.state)) session.ended_at = samples_.Now();
    ASSERT_TRUE(Insert(session));
    EXPECT_EQ(Session(session.id), session);
  }
}

TEST_P(StoreContract, InsertingAnExistingIdIsAConflict) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  domain::Session same_id = samples_.NewPayment(samples_.NewId());
  same_id.id = session.id;
  EXPECT_TRUE(FailsWith(Insert(same_id), ErrorCode::kConflict));
  EXPECT_EQ(Session(session.id), session);
}

TEST_P(StoreContract, ASecondOpenSessionOfAGivenTerminalIsAConflict) {
  const base::Uuid terminal = samples_.NewId();
  const domain::Session first = samples_.NewPayment(terminal);
  const domain::Session second = samples_.NewPayment(terminal);
  ASSERT_TRUE(Insert(first));
  EXPECT_TRUE(FailsWith(Insert(second), ErrorCode::kConflict));
  ASSERT_TRUE(Save(samples_.Ended(first)));
  EXPECT_TRUE(Insert(second));
}

TEST_P(StoreContract, ASecondOpenSessionOfAMintedTerminalIsAConflict) {
  const domain::Session minted = samples_.NewPayment();
  const domain::Session second = samples_.NewPayment(minted.terminal_id);
  ASSERT_TRUE(Insert(minted));
  EXPECT_TRUE(FailsWith(Insert(second), ErrorCode::kConflict));
  ASSERT_TRUE(Save(samples_.Ended(minted)));
  EXPECT_TRUE(Insert(second));
}

TEST_P(StoreContract, ATerminalMayHaveOneOpenSessionOfEachKind) {
  const domain::Session payment = samples_.NewPayment();
  domain::Session tds = samples_.NewTds(payment.terminal_id);
  tds.terminal_id = payment.terminal_id;
  ASSERT_TRUE(Insert(payment));
  ASSERT_TRUE(Insert(tds));
  const auto find = [&](SessionKind kind) {
    return Find([&](app::Transaction& tx) { return tx.FindByTerminal(kind, payment.terminal_id); });
  };
  EXPECT_EQ(find(SessionKind::kPayment), payment);
  EXPECT_EQ(find(SessionKind::kTds), tds);
}

TEST_P(StoreContract, FindByTerminalGivesTheLatestOpenOrEnded) {
  const domain::Session minted = samples_.NewPayment();
  const base::Uuid terminal = minted.terminal_id;
  const auto latest = [&] {
    return Find(
        [&](app::Transaction& tx) { return tx.FindByTerminal(SessionKind::kPayment, terminal); });
  };
  EXPECT_EQ(latest(), std::nullopt);
  ASSERT_TRUE(Insert(minted));
  EXPECT_EQ(latest(), minted);
  ASSERT_TRUE(Save(samples_.Ended(minted)));
  EXPECT_EQ(latest(), samples_.Ended(minted));
  for (int i = 0; i < 3; ++i) {
    const domain::Session next = samples_.NewPayment(terminal);
    ASSERT_TRUE(Insert(next));
    EXPECT_EQ(latest(), next);
    ASSERT_TRUE(Save(samples_.Ended(next)));
    EXPECT_EQ(latest(), samples_.Ended(next));
  }
}

TEST_P(StoreContract, AnOpenSessionIsTheLatestEvenWhenTheClockWentBack) {
  const base::Uuid terminal = samples_.NewId();
  const domain::Session smaller = samples_.NewPayment(terminal);
  const domain::Session greater = samples_.NewPayment(terminal);
  ASSERT_TRUE(Insert(samples_.Ended(greater)));
  ASSERT_TRUE(Insert(smaller));
  EXPECT_EQ(Find([&](app::Transaction& tx) {
              return tx.FindByTerminal(SessionKind::kPayment, terminal);
            }),
            smaller);
}

TEST_P(StoreContract, FindChallengeOfGivesTheLatest3dsSessionOfThePayment) {
  const domain::Session payment = samples_.NewPayment();
  const auto latest = [&] {
    return Find([&](app::Transaction& tx) { return tx.FindChallengeOf(payment.terminal_id); });
  };
  ASSERT_TRUE(Insert(payment));
  EXPECT_EQ(latest(), std::nullopt);
  const domain::Session first = samples_.NewTds(payment.terminal_id);
  const domain::Session second = samples_.NewTds(payment.terminal_id);
  ASSERT_TRUE(Insert(first));
  EXPECT_EQ(latest(), first);
  ASSERT_TRUE(Insert(second));
  ASSERT_TRUE(Insert(samples_.NewTds(samples_.NewId())));
  EXPECT_EQ(latest(), second);
}

TEST_P(StoreContract, FindByPaymentGivesTheLatestOpenOrEndedPaymentSession) {
  const base::Uuid payment_id = samples_.NewId();
  const auto about = [&](domain::Session session) {
    session.payment.id = base::ToString(payment_id);
    return session;
  };
  const auto latest = [&] {
    return Find([&](app::Transaction& tx) { return tx.FindByPayment(payment_id); });
  };
  const domain::Session first = about(samples_.NewPayment());
  const domain::Session second = about(samples_.NewPayment());
  const domain::Session third = about(samples_.NewPayment());
  const domain::Session tds = about(samples_.NewTds(first.terminal_id));
  EXPECT_EQ(latest(), std::nullopt);
  ASSERT_TRUE(Insert(tds));
  EXPECT_EQ(latest(), std::nullopt) << "a 3DS session only repeats the payment";
  ASSERT_TRUE(Insert(second));
  ASSERT_TRUE(Insert(first));
  EXPECT_EQ(latest(), second);
  ASSERT_TRUE(Insert(samples_.Ended(third)));
  EXPECT_EQ(latest(), second) << "not ended goes before ended";
  ASSERT_TRUE(Save(samples_.Ended(second)));
  EXPECT_EQ(latest(), first);
  ASSERT_TRUE(Save(samples_.Ended(first)));
  EXPECT_EQ(latest(), samples_.Ended(third));
}

TEST_P(StoreContract, APaymentIdIsFoundInAnyCaseAndOneThatIsNoUuidStandsInNoWay) {
  domain::Session upper = samples_.NewPayment();
  upper.payment.id = "0198C0DE-0000-4000-8000-00000000ABCD";
  domain::Session other = samples_.NewPayment();
  other.payment.id = "order 17";
  ASSERT_TRUE(Insert(upper));
  ASSERT_TRUE(Insert(other));
  const base::Uuid id = base::ParseUuid("0198c0de-0000-4000-8000-00000000abcd").value();
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindByPayment(id); }), upper);
  EXPECT_EQ(Session(other.id), other);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindByPayment(other.id); }), std::nullopt);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindByPayment({}); }), std::nullopt);
}

TEST_P(StoreContract, SaveSessionKeepsTheNextVersion) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  domain::Session next = samples_.FullPayment();
  next.id = session.id;
  next.terminal_id = session.terminal_id;
  next.created_at = session.created_at;
  next.version = 2;
  ASSERT_TRUE(Save(next));
  EXPECT_EQ(Session(session.id), next);
}

TEST_P(StoreContract, SavingOverAnotherVersionIsAConflict) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  for (const std::int64_t version : {0, 1, 3}) {
    domain::Session stale = session;
    stale.version = version;
    stale.attempts = 9;
    EXPECT_TRUE(FailsWith(Save(stale), ErrorCode::kConflict)) << version;
  }
  EXPECT_EQ(Session(session.id), session);
}

TEST_P(StoreContract, SavingAnUnknownSessionIsAConflict) {
  EXPECT_TRUE(FailsWith(Save(samples_.Ended(samples_.NewPayment())), ErrorCode::kConflict));
}

TEST_P(StoreContract, OneOfManySaversOfAVersionWins) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  std::atomic<int> saved = 0;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      const base::Status status = Save(samples_.Ended(session));
      if (status) ++saved;
      if (FailsWith(status, ErrorCode::kConflict)) ++conflicts;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(saved, 1);
  EXPECT_EQ(conflicts, 15);
}

TEST_P(StoreContract, OneOfManyThreadsOpensATerminal) {
  const base::Uuid terminal = samples_.NewId();
  std::vector<domain::Session> sessions;
  for (int i = 0; i < 32; ++i) sessions.push_back(samples_.NewPayment(terminal));
  std::atomic<int> inserted = 0;
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (const auto& session : sessions) {
    threads.emplace_back([&] {
      const base::Status status = Insert(session);
      if (status) ++inserted;
      if (FailsWith(status, ErrorCode::kConflict)) ++conflicts;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(inserted, 1);
  EXPECT_EQ(conflicts, 31);
}

TEST_P(StoreContract, DueSessionsAreThoseWhoseTimeOrLeaseIsOverOldestFirst) {
  const base::Timestamp now = samples_.Now();
  domain::Session late = samples_.NewPayment();
  late.expires_at = now;
  domain::Session later = samples_.NewPayment();
  later.expires_at = now + base::Millis(1);
  domain::Session leased = samples_.NewPayment();
  leased.state = domain::SessionState::kSubmitted;
  leased.lease_until = now - base::Millis(5);
  domain::Session ended = samples_.NewPayment();
  ended.expires_at = now - base::Millis(9);
  for (const auto& session : {late, later, leased, ended}) ASSERT_TRUE(Insert(session));
  ASSERT_TRUE(Save(samples_.Ended(ended)));
  const auto due = [&](base::Timestamp at, std::size_t limit) {
    return Find([&](app::Transaction& tx) { return tx.FindDueSessions(at, limit); });
  };
  EXPECT_EQ(due(now, 10), (std::vector{leased.id, late.id}));
  EXPECT_EQ(due(now, 1), (std::vector{leased.id}));
  EXPECT_EQ(due(now + base::Millis(1), 10), (std::vector{leased.id, late.id, later.id}));
  leased.version = 2;
  leased.state = domain::SessionState::kOpen;
  leased.lease_until.reset();
  ASSERT_TRUE(Save(leased));
  EXPECT_EQ(due(now, 10), (std::vector{late.id}));
}

}  // namespace
}  // namespace obolus::contract
