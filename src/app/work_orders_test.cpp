#include "app/work_orders.h"

#include <gtest/gtest.h>

#include "support/sequential_ids.h"
#include "support/work_solver.h"

namespace obolus::app {
namespace {

using std::chrono::seconds;

class WorkOrdersTest : public ::testing::Test {
 protected:
  WorkDone Solved(const domain::Session& session) {
    const WorkToDo work = orders_.Make(session, {.bits = 4, .parts = 2}, ids_, now_);
    return {work.seed, testing::Solve(work.order, work.seed)};
  }
  domain::Session NewSession() {
    domain::Session session;
    session.id = ids_.NewUuid();
    return session;
  }

  testing::SequentialIds ids_;
  base::Timestamp now_ = base::FromMillis(1'795'305'600'000);
  WorkOrders orders_{base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef"))};
};

TEST_F(WorkOrdersTest, ASolutionIsAcceptedOnce) {
  const auto session = NewSession();
  const WorkDone done = Solved(session);
  EXPECT_TRUE(orders_.Accept(session, done, now_));
  EXPECT_FALSE(orders_.Accept(session, done, now_));
  EXPECT_FALSE(orders_.Accept(session, done, now_ + seconds(119)));
  EXPECT_TRUE(orders_.Accept(session, Solved(session), now_)) << "each seed is another";
}

TEST_F(WorkOrdersTest, ASolutionIsOfNoUseForAnotherSession) {
  const WorkDone done = Solved(NewSession());
  EXPECT_FALSE(orders_.Accept(NewSession(), done, now_));
}

TEST_F(WorkOrdersTest, ASolutionIsOfNoUseAfterTheSessionChanged) {
  auto session = NewSession();
  const WorkDone done = Solved(session);
  ++session.version;  // a card was refused
  EXPECT_FALSE(orders_.Accept(session, done, now_));
}

TEST_F(WorkOrdersTest, ASeedExpires) {
  const auto session = NewSession();
  const WorkDone done = Solved(session);
  EXPECT_FALSE(orders_.Accept(session, done, now_ + seconds(120)));
  EXPECT_TRUE(orders_.Accept(session, done, now_ + seconds(119)));
}

TEST_F(WorkOrdersTest, NobodyElseMakesSeedsOrEasierOnes) {
  const auto session = NewSession();
  WorkDone done = Solved(session);
  const WorkOrders strange(base::SecretBytes(std::string_view("00000000000000000000000000000000")));
  const WorkToDo work = strange.Make(session, {.bits = 4, .parts = 2}, ids_, now_);
  EXPECT_FALSE(orders_.Accept(session, {work.seed, testing::Solve(work.order, work.seed)}, now_));
  auto bytes = base::DecodeBase64Url(done.seed).value();
  bytes[1] = 0;  // no bits
  EXPECT_FALSE(orders_.Accept(session, {base::EncodeBase64Url(bytes), done.counters}, now_));
  done.counters[0] ^= 1U;
  EXPECT_FALSE(orders_.Accept(session, done, now_));
  for (const char* text : {"", "A", "not base64!", "AAAA"}) {
    EXPECT_FALSE(orders_.Accept(session, {text, done.counters}, now_)) << text;
  }
}

TEST_F(WorkOrdersTest, WhatIsRememberedIsForgottenOnlyAfterItExpired) {
  const auto session = NewSession();
  const WorkDone done = Solved(session);
  ASSERT_TRUE(orders_.Accept(session, done, now_));
  for (int second = 1; second < 120; second += 7) {
    ASSERT_TRUE(orders_.Accept(session, Solved(session), now_ + seconds(second)));
    EXPECT_FALSE(orders_.Accept(session, done, now_ + seconds(second)));
  }
}

}  // namespace
}  // namespace obolus::app
