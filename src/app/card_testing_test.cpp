#include "app/card_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/sequential_ids.h"
#include "support/test_cards.h"
#include "support/work_solver.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using Kind = LimitFinding::Kind;
using std::chrono::minutes;
using std::chrono::seconds;

class CardTestingTest : public ::testing::Test {
 protected:
  CardTesting& Limits() {
    if (!limits_) {
      limits_ = std::make_unique<CardTesting>(
          rules_, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef")), false,
          [this](const LimitFinding& finding) { findings_.push_back(finding); });
    }
    return *limits_;
  }

  domain::Session NewSession(const std::string& merchant = "https://shop.example") {
    domain::Session session;
    session.id = ids_.NewUuid();
    session.merchant.origins = {merchant};
    return session;
  }
  static Visitor From(int number) {
    const std::string site = "203.0." + std::to_string(number / 250);
    return {.client = site + "." + std::to_string(number % 250), .site = site + ".0/24"};
  }

  // As a submission of that card goes, in a session of its own. Nothing: the vault has it.
  std::optional<ErrorCode> Try(const std::string& pan, const Visitor& visitor) {
    session_ = NewSession();
    if (const auto admitted = Limits().Admit(session_, visitor, std::nullopt, now_); !admitted) {
      return admitted.error().code;
    }
    const auto charged = Limits().Charge(session_, visitor, testing::CardOf(pan), now_);
    return charged ? std::nullopt : std::optional(charged.error().code);
  }
  int Reached(int count, const std::function<std::optional<ErrorCode>(int)>& attempt) {
    int reached = 0;
    for (int i = 0; i < count; ++i) reached += attempt(i) ? 0 : 1;
    return reached;
  }

  LimitRules rules_;
  testing::SequentialIds ids_;
  base::Timestamp now_ = base::FromMillis(1'795'305'600'000);
  std::vector<LimitFinding> findings_;
  std::unique_ptr<CardTesting> limits_;
  domain::Session session_;
};

TEST_F(CardTestingTest, OneCardIsTriedAFewTimesWhoeverAsks) {
  rules_.watch = {.least_refused = 0, .rush_factor = 0};
  const std::string pan = testing::PanOf("40001234", 1);
  EXPECT_EQ(Reached(50, [&](int i) { return Try(pan, From(i * 250)); }), 5);
  EXPECT_EQ(Try(pan, From(9'000)), ErrorCode::kInvalid);
  EXPECT_EQ(findings_.back().rule, LimitRule::kCard);
  EXPECT_EQ(Try(testing::PanOf("51001234", 1), From(9'000)), std::nullopt) << "another card is";
  now_ += std::chrono::hours(1);
  EXPECT_EQ(Try(pan, From(10'000)), std::nullopt) << "once an hour";
}

TEST_F(CardTestingTest, CardsOneAfterAnotherInTheirNumbersAreFew) {
  rules_.range = rules_.unproven = {};
  EXPECT_EQ(Reached(500, [&](int i) { return Try(testing::PanOf("40001234", i), From(i * 250)); }),
            8);
}

TEST_F(CardTestingTest, CardsOfOneRangeAtOneMerchantAreFew) {
  rules_.unproven = {};
  EXPECT_EQ(
      Reached(500, [&](int i) { return Try(testing::PanOf("40001234", i * 1000), From(i * 250)); }),
      30);
}

TEST_F(CardTestingTest, OneAddressGetsFewCardsThatAreNotApproved) {
  rules_.unproven = {};
  EXPECT_EQ(Reached(500, [&](int i) { return Try(testing::RandomPan(i), From(1)); }), 30);
  EXPECT_EQ(Try(testing::RandomPan(1000), From(1)), ErrorCode::kRateLimited);
  EXPECT_EQ(Try(testing::RandomPan(1000), From(2)), std::nullopt) << "the neighbour";
}

TEST_F(CardTestingTest, ApprovedCardsMakeRoomForAnOfficeBehindOneAddress) {
  rules_.unproven = {};
  EXPECT_EQ(Reached(2000,
                    [&](int i) {
                      const auto refused = Try(testing::RandomPan(i), From(1));
                      Limits().Settle(session_.id, i % 5 != 0, now_);
                      return refused;
                    }),
            2000);
}

TEST_F(CardTestingTest, OneGoodCardBuysRoomOnce) {
  rules_.unproven = {};
  const std::string own = testing::PanOf("51001234", 1);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Try(own, From(1)), std::nullopt);
    Limits().Settle(session_.id, true, now_);
  }
  EXPECT_EQ(Reached(500, [&](int i) { return Try(testing::RandomPan(i), From(1)); }), 30);
}

TEST_F(CardTestingTest, WhatTheVaultWasNotAskedDoesNotCount) {
  const std::string pan = testing::PanOf("40001234", 1);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Try(pan, From(1)), std::nullopt) << i;
    Limits().Release(session_.id, now_);
  }
}

TEST_F(CardTestingTest, WithoutWordOfTheOutcomesAnAddressIsNotShutOut) {
  rules_.outcomes = false;
  rules_.unproven = {};
  EXPECT_EQ(Reached(500, [&](int i) { return Try(testing::RandomPan(i), From(1)); }), 500);
  EXPECT_TRUE(Limits().WorkFor(NewSession(), From(1), ids_, now_)) << "but has work to do";
}

TEST_F(CardTestingTest, AMerchantWhoseCardsDieAsksEverybodyForWork) {
  EXPECT_FALSE(Limits().WorkFor(NewSession(), From(50'000), ids_, now_));
  for (int i = 0; i < 20; ++i) {
    Try(testing::RandomPan(i), From(i * 250));
    Limits().Settle(session_.id, false, now_);
  }
  EXPECT_TRUE(Limits().IsUnderAttack(now_));
  EXPECT_EQ(std::ranges::count(findings_, Kind::kAttackBegan, &LimitFinding::kind), 1);
  const auto session = NewSession();
  const auto work = Limits().WorkFor(session, From(50'000), ids_, now_);
  ASSERT_TRUE(work);
  EXPECT_EQ(work->order.bits, rules_.more_work.bits);
  // The few that come through without any are soon used up.
  EXPECT_LE(Reached(100, [&](int i) { return Try(testing::RandomPan(100 + i), From(250 * i)); }),
            10);
  const WorkDone done{work->seed, testing::Solve(work->order, work->seed)};
  EXPECT_FALSE(Limits().Admit(NewSession(), From(1), done, now_)) << "it is for one session";
  EXPECT_TRUE(Limits().Admit(session, From(50'000), done, now_));
  EXPECT_FALSE(Limits().Admit(session, From(50'000), done, now_)) << "and for once";
}

TEST_F(CardTestingTest, ALimitSaysNothingButWhenToComeBack) {
  rules_.unproven = {};
  for (int i = 0; i < 30; ++i) Try(testing::RandomPan(i), From(1));
  const auto refused = Limits().Admit(NewSession(), From(1), std::nullopt, now_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
  EXPECT_EQ(refused.error().retry_after, seconds(120)) << "coarse";
  EXPECT_TRUE(refused.error().fields.empty());
  const std::string pan = testing::PanOf("40001234", 1);
  for (int i = 0; i < 5; ++i) Try(pan, From(500 + 250 * i));
  const auto session = NewSession();
  const auto charged = Limits().Charge(session, From(5000), testing::CardOf(pan), now_);
  ASSERT_FALSE(charged);
  EXPECT_EQ(charged.error().fields.at(0).pointer, "/account_number");
  EXPECT_EQ(charged.error().fields.at(0).detail, "was refused") << "in the vault's words";
}

TEST_F(CardTestingTest, EachRuleCanBeOff) {
  rules_.enabled = false;
  const std::string pan = testing::PanOf("40001234", 1);
  EXPECT_EQ(Reached(200, [&](int) { return Try(pan, From(1)); }), 200);
  EXPECT_FALSE(Limits().WorkFor(session_, From(1), ids_, now_));
  limits_.reset();
  rules_ = {.card = {}, .neighbours = {}, .range = {}, .client = {}, .site = {}, .unproven = {}};
  EXPECT_EQ(Reached(200, [&](int) { return Try(pan, From(1)); }), 200);
}

}  // namespace
}  // namespace obolus::app
