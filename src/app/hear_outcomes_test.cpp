#include "app/hear_outcomes.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/app_stand.h"
#include "support/test_cards.h"

namespace obolus::app {
namespace {

class HearOutcomesTest : public ::testing::Test {
 protected:
  HearOutcomesTest() {
    stand_.services.card_testing = &limits_;
    stand_.store.OnCommit([this](const CommitNotice& notice) {
      if (hears_) HearOutcomes(stand_.services, notice);
    });
  }
  ~HearOutcomesTest() override { stand_.store.Close(); }  // before what its listener refers to
  static LimitRules Rules() {
    LimitRules rules;
    rules.client = {.burst = 2, .per_hour = 0};
    rules.some_work.bits = 0;
    return rules;
  }
  Result<SessionView> Submit(const OpenedSession& opened, int card) {
    return testing::Run<SessionView>(
        stand_.services,
        SubmitCardEntry{.key = opened.key,
                        .enc_payload = testing::RandomPan(card) + "|7|2031|123",
                        .visitor = {.client = "203.0.113.1", .site = "203.0.113"}});
  }
  void Say(const OpenedSession& opened, const char* state) {
    ASSERT_TRUE(stand_.Receive(testing::EventOf(
        std::to_string(++said_), "StateChanged",
        {{"state", state}, {"terminal_id", base::ToString(opened.session.terminal_id)}})));
  }

  // What Commerce said is looked up on the store's thread, a moment later.
  bool IsSettled(const OpenedSession& opened) {
    for (int i = 0; i < 500 && limits_.IsAwaited(opened.session.id); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return !limits_.IsAwaited(opened.session.id);
  }

  testing::AppStand stand_;
  CardTesting limits_{Rules(), base::SecretBytes(std::string_view("0123456789abcdef")), false,
                      nullptr};
  bool hears_ = true;
  int said_ = 0;
};

TEST_F(HearOutcomesTest, ApprovedPaymentsMakeRoom) {
  for (int i = 0; i < 20; ++i) {
    const auto opened = stand_.OpenPayment();
    ASSERT_TRUE(Submit(opened, i)) << i;
    EXPECT_TRUE(limits_.IsAwaited(opened.session.id));
    Say(opened, "accepted");
    EXPECT_TRUE(limits_.IsAwaited(opened.session.id)) << "that is not the end";
    Say(opened, "authorized");
    EXPECT_TRUE(IsSettled(opened));
  }
}

TEST_F(HearOutcomesTest, FailedPaymentsMakeNone) {
  for (int i = 0; i < 2; ++i) {
    const auto opened = stand_.OpenPayment();
    ASSERT_TRUE(Submit(opened, i));
    Say(opened, "failed");
    EXPECT_TRUE(IsSettled(opened));
  }
  EXPECT_FALSE(Submit(stand_.OpenPayment(), 3));
}

TEST_F(HearOutcomesTest, WhatAnotherReplicaWasToldIsLookedUp) {
  hears_ = false;  // the event came to the other one
  const auto opened = stand_.OpenPayment();
  ASSERT_TRUE(Submit(opened, 1));
  Say(opened, "authorized");
  ASSERT_TRUE(limits_.IsAwaited(opened.session.id));
  CommitNotice notice;
  notice.sessions = {{.id = opened.session.id}};
  notice.elsewhere = true;
  HearOutcomes(stand_.services, notice);
  testing::Await<SessionView>([&](auto done) {  // a later read comes after the earlier
    ShowSession(stand_.services, opened.key, std::move(done));
  });
  EXPECT_TRUE(IsSettled(opened));
}

}  // namespace
}  // namespace obolus::app
