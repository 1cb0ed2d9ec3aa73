#include "app/idempotency.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using testing::AppStand;
using testing::Await;

IdempotencyClaim Claim(std::string key, std::string_view body = "{}",
                       std::string scope = "key:abc POST /sessions") {
  return {std::move(scope), std::move(key), base::Sha256(base::AsBytes(body))};
}

OpenSession OpenWith(IdempotencyClaim claim) {
  OpenSession command;
  command.idempotency = std::move(claim);
  return command;
}

Result<std::optional<AnsweredSession>> Find(AppStand& stand, const IdempotencyClaim& claim) {
  using Found = std::optional<AnsweredSession>;
  return Await<Found>([&](base::Done<Found> done) {
    Read<Found>(
        stand.store, [&claim](Transaction& tx) { return FindAnswered(tx, claim); },
        std::move(done));
  });
}

Result<bool> Keep(AppStand& stand, const IdempotencyClaim& claim, const AnsweredSession& answer) {
  return Await<bool>([&](base::Done<bool> done) {
    Transact<bool>(
        stand.store,
        [&](Transaction& tx) -> Result<bool> {
          auto kept = KeepAnswer(tx, claim, answer, stand.clock.Now());
          if (!kept) return std::unexpected(kept.error());
          return true;
        },
        std::move(done));
  });
}

TEST(Idempotency, FindsWhatWasAnswered) {
  AppStand stand;
  const base::Uuid session_id = stand.ids.NewUuid();
  ASSERT_TRUE(Keep(stand, Claim("a"), {session_id, 200}));
  const auto found = Find(stand, Claim("a"));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->session_id, session_id);
  EXPECT_EQ((*found)->secret_id, 200);
}

TEST(Idempotency, KnowsNothingOfAnotherKeyOrCaller) {
  AppStand stand;
  ASSERT_TRUE(Keep(stand, Claim("a"), {stand.ids.NewUuid(), 1}));
  EXPECT_EQ(Find(stand, Claim("b")).value().has_value(), false);
  EXPECT_EQ(Find(stand, Claim("a", "{}", "key:xyz POST /sessions")).value().has_value(), false);
}

TEST(Idempotency, RefusesAKeyThatWasUsedForAnotherBody) {
  AppStand stand;
  ASSERT_TRUE(Keep(stand, Claim("a"), {stand.ids.NewUuid(), 1}));
  const auto found = Find(stand, Claim("a", "{ }"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kInvalid);
  ASSERT_EQ(found.error().fields.size(), 1U);
  EXPECT_EQ(found.error().fields[0].pointer, "");
}

TEST(Idempotency, KeepsTheFirstAnswerOnly) {
  AppStand stand;
  ASSERT_TRUE(Keep(stand, Claim("a"), {stand.ids.NewUuid(), 1}));
  const auto again = Keep(stand, Claim("a"), {stand.ids.NewUuid(), 1});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST(Idempotency, AnOpenedSessionIsAnsweredAgain) {
  AppStand stand;
  const auto first = stand.Open(OpenWith(Claim("a")));
  const auto again = stand.Open(OpenWith(Claim("a")));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->session.id, again->session.id);
  EXPECT_EQ(first->key, again->key);
  EXPECT_NE(stand.Open(OpenWith(Claim("b")))->session.id, first->session.id);
}

TEST(Idempotency, AnOpenedSessionIsAnsweredAgainAfterItsEnd) {
  AppStand stand;
  const auto first = stand.Open(OpenWith(Claim("a")));
  ASSERT_TRUE(stand.Cancel(first->key));
  const auto again = stand.Open(OpenWith(Claim("a")));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key, first->key);
}

TEST(Idempotency, AnOpenedSessionIsAnsweredWithTheKeyOfItsTime) {
  AppStand stand;
  const std::string before = stand.Open(OpenWith(Claim("a")))->key;
  std::vector<SessionKeySecret> secrets;
  secrets.push_back({2, base::SecretBytes(std::string_view("ffffffffffffffffffffffffffffffff"))});
  secrets.push_back({1, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"))});
  const SessionKeys rotated(std::move(secrets));
  const Services services{stand.store, stand.vault, stand.envelope,
                          rotated,     stand.feed,  stand.clock,
                          stand.ids,   stand.audit, stand.services.settings};
  const auto again = testing::Run<OpenedSession>(services, OpenWith(Claim("a")));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key, before);
}

TEST(Idempotency, ARefusedRequestIsNotKept) {
  AppStand stand;
  OpenSession first;
  first.terminal_id = stand.ids.NewUuid();
  const auto ended = stand.Open(first);
  ASSERT_TRUE(stand.Cancel(ended->key));
  OpenSession again = first;
  again.idempotency = Claim("a");
  ASSERT_FALSE(stand.Open(again));
  EXPECT_FALSE(Find(stand, Claim("a")).value().has_value());
}

}  // namespace
}  // namespace obolus::app
