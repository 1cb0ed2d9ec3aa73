// submit_card where cards are limited: what a shopper sees, what counts, and what Commerce hears.
#include <gtest/gtest.h>

#include "app/hear_outcomes.h"
#include "support/app_stand.h"
#include "support/test_cards.h"
#include "support/work_solver.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;

class SubmitCardLimits : public ::testing::Test {
 protected:
  explicit SubmitCardLimits(bool remote = false) : stand_(remote) { Use({}); }

  ~SubmitCardLimits() override { stand_.store.Close(); }  // before what its listener refers to

  void Use(const LimitRules& rules, bool share = false) {
    limits_ = std::make_unique<CardTesting>(
        rules, base::SecretBytes(std::string_view("0123456789abcdef0123456789abcdef")), share,
        nullptr);
    stand_.services.card_testing = limits_.get();
    stand_.store.OnCommit(
        [this](const CommitNotice& notice) { HearOutcomes(stand_.services, notice); });
  }
  static std::string Payload(const std::string& pan) { return pan + "|7|2031|123"; }
  Result<SessionView> Submit(const std::string& key, const std::string& pan,
                             std::optional<WorkDone> work = std::nullopt) {
    return testing::Run<SessionView>(
        stand_.services, SubmitCardEntry{.key = key,
                                         .enc_payload = Payload(pan),
                                         .visitor = {.client = "203.0.113.1", .site = "203.0.113"},
                                         .work = std::move(work)});
  }
  void TryElsewhere(const std::string& pan, int times) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(Submit(stand_.OpenPayment().key, pan));
  }

  testing::AppStand stand_;
  std::unique_ptr<CardTesting> limits_;
  const std::string pan_ = testing::PanOf("40001234", 1);
};

class SubmitCardLimitsRemote : public SubmitCardLimits {
 protected:
  SubmitCardLimitsRemote() : SubmitCardLimits(true) {}
};

TEST_F(SubmitCardLimits, ACardThatWasTriedTooOftenIsRefusedAndTheSessionGoesOn) {
  TryElsewhere(pan_, 5);
  const auto opened = stand_.OpenPayment();
  const auto refused = Submit(opened.key, pan_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/result/enc_payload/account_number");
  EXPECT_EQ(refused.error().extensions,
            (std::vector<std::pair<std::string, std::int64_t>>{{"attempts_left", 4}}));
  EXPECT_TRUE(Submit(opened.key, testing::PanOf("51001234", 9))) << "another card";
}

TEST_F(SubmitCardLimits, ALimitNeverFailsTheSession) {
  TryElsewhere(pan_, 5);
  const auto opened = stand_.OpenPayment();
  for (int i = 0; i < 8; ++i) {
    EXPECT_FALSE(Submit(opened.key, pan_));
    stand_.clock.Advance(base::Millis(60'000));
  }
  EXPECT_EQ(stand_.Session(opened.session.id).state, SessionState::kOpen);
  EXPECT_TRUE(stand_.Events(opened.session.id).empty());
  EXPECT_TRUE(Submit(opened.key, testing::PanOf("51001234", 9)));
}

TEST_F(SubmitCardLimits, ATooBusyAddressIsToldToWaitAndNothingIsCounted) {
  LimitRules rules;
  rules.client = {.burst = 2, .per_hour = 60};
  rules.some_work.bits = 0;
  Use(rules);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Submit(stand_.OpenPayment().key, testing::RandomPan(i)));
  }
  const auto opened = stand_.OpenPayment();
  const auto refused = Submit(opened.key, testing::RandomPan(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kRateLimited);
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(60));
  EXPECT_EQ(refused.error().extensions, (std::vector<std::pair<std::string, std::int64_t>>{
                                            {"retry_after", 60}, {"attempts_left", 5}}));
  EXPECT_EQ(stand_.Session(opened.session.id).attempts, 0);
  stand_.clock.Advance(base::Millis(60'000));
  EXPECT_TRUE(Submit(opened.key, testing::RandomPan(3)));
}

TEST_F(SubmitCardLimits, TheSameSubmissionAgainIsNoOther) {
  const auto opened = stand_.OpenPayment();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Submit(opened.key, pan_));
}

TEST_F(SubmitCardLimits, ReplicasCountACardTogether) {
  Use({}, true);
  TryElsewhere(pan_, 3);
  Use({}, true);  // another process with the same store
  TryElsewhere(pan_, 2);
  const auto opened = stand_.OpenPayment();
  const auto refused = Submit(opened.key, pan_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/result/enc_payload/account_number");
  EXPECT_EQ(stand_.Session(opened.session.id).attempts, 1);
}

TEST_F(SubmitCardLimitsRemote, ALimitAndTheVaultRefuseInTheSameWords) {
  const auto submit = [&](const std::string& key) {
    auto answer = std::make_shared<std::promise<Result<SessionView>>>();
    Execute(stand_.services,
            SubmitCardEntry{.key = key, .enc_payload = Payload(pan_), .visitor = {"a", "b"}},
            [answer](Result<SessionView> view) { answer->set_value(std::move(view)); });
    return answer;
  };
  std::optional<base::Error> by_vault;
  for (int i = 0; i < 5; ++i) {
    const auto answer = submit(stand_.OpenPayment().key);
    // vault/guardian_vault says so of a card that Guardian refuses.
    stand_.vault.Take().done(base::Invalid("/account_number", "was refused"));
    by_vault = answer->get_future().get().error();
  }
  const auto by_limit = submit(stand_.OpenPayment().key)->get_future().get();
  EXPECT_EQ(stand_.vault.waiting(), 0U) << "the vault was not asked";
  ASSERT_FALSE(by_limit);
  EXPECT_EQ(by_limit.error().code, by_vault->code);
  EXPECT_EQ(by_limit.error().message, by_vault->message);
  EXPECT_EQ(by_limit.error().fields, by_vault->fields);
  EXPECT_EQ(by_limit.error().extensions, by_vault->extensions);
}

}  // namespace
}  // namespace obolus::app
