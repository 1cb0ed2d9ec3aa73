#include "app/forward_card.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"
#include "support/fake_codes.h"
#include "support/recording_audit_log.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::AuditKind;
using testing::AppStand;
using testing::EventOf;

// Sends nothing; tells what it was given, and when, as seen by the audit log.
class FakeForwarder final : public CardForwarder {
 public:
  explicit FakeForwarder(testing::RecordingAuditLog& audit) : audit_(audit) {}

  struct FakeCall final : Prepared {
    bool UsesSecurityCode() const override { return uses; }
    std::string Fields() const override { return "account_number"; }
    std::string Destination() const override { return "https://processor.example/v1"; }
    const std::string& Method() const override { return method; }
    bool uses = false;
    std::string method = "POST";
  };

  Result<std::unique_ptr<Prepared>> Prepare(ForwardCall call) const override {
    if (call.url.empty()) return base::Fail(ErrorCode::kForbidden, "no destination");
    auto prepared = std::make_unique<FakeCall>();
    prepared->uses = call.body == "code";
    return prepared;
  }
  void Send(std::unique_ptr<Prepared>, SealedCard card, std::optional<base::SecretBytes> code,
            base::Done<ForwardOutcome> done) override {
    ++sent;
    sent_card = card;
    sent_code = code ? std::string(code->text()) : "none";
    records_before = audit_.records.size();
    done(outcome);
  }

  Result<ForwardOutcome> outcome =
      ForwardOutcome{.kind = ForwardOutcome::Kind::kAnswered, .status = 200, .body = "ok"};
  int sent = 0;
  SealedCard sent_card;
  std::string sent_code;
  std::size_t records_before = 0;

 private:
  testing::RecordingAuditLog& audit_;
};

class ForwardCardTest : public ::testing::Test {
 protected:
  ForwardCardTest() {
    stand_.services.codes = &codes_;
    const auto opened = stand_.OpenPayment();
    const auto view = stand_.Submit(opened.key).value();
    session_ = view.session;
    card_id_ = session_.card_session->id;
    audit_.records.clear();  // that the card was stored
  }
  Result<ForwardOutcome> Forward(const std::string& body = "code", std::string card_id = "") {
    return testing::Await<ForwardOutcome>([&](base::Done<ForwardOutcome> done) {
      Execute(with_,
              {.card_id = card_id.empty() ? card_id_ : card_id,
               .call = {.method = "POST", .url = "https://x", .headers = {}, .body = body},
               .actor = "cn:processor",
               .origin = "192.0.2.1"},
              std::move(done));
    });
  }
  ErrorCode RefusalOf(const Result<ForwardOutcome>& outcome) {
    EXPECT_FALSE(outcome);
    EXPECT_EQ(audit_.records.back().kind, AuditKind::kForwardRefused);
    EXPECT_FALSE(audit_.records.back().success);
    return outcome ? ErrorCode::kInternal : outcome.error().code;
  }
  void Hear(const std::string& type, base::json::object data) {
    data["terminal_id"] = base::ToString(session_.terminal_id);
    ASSERT_TRUE(stand_.Receive(EventOf("event" + std::to_string(++events_), type, data)));
  }

  testing::FakeCodes codes_;
  AppStand stand_;
  testing::RecordingAuditLog& audit_ = stand_.audit;
  FakeForwarder forwarder_{audit_};
  ForwardLimits limits_{{.per_caller_per_s = 100, .per_card_per_h = 5}};
  const ForwardServices with_{stand_.services, forwarder_, limits_};
  domain::Session session_;
  std::string card_id_;
  int events_ = 0;
};

TEST_F(ForwardCardTest, TheRecordIsWrittenBeforeTheCardLeavesAndTheOutcomeAfterwards) {
  const auto outcome = Forward();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->body, "ok");
  EXPECT_EQ(forwarder_.sent_code, "123");
  EXPECT_EQ(base::ToString(forwarder_.sent_card.id), card_id_);
  EXPECT_EQ(forwarder_.records_before, 1u) << "the record of the intent";
  ASSERT_EQ(audit_.records.size(), 2u);
  const domain::Details call = {{"destination", "https://processor.example/v1"},
                                {"method", "POST"},
                                {"fields", "account_number"}};
  domain::Details begun = call;
  begun.emplace_back("outcome", "begun");
  domain::Details answered = call;
  answered.insert(answered.end(), {{"outcome", "answered"}, {"status", "200"}});
  EXPECT_EQ(audit_.records[0],
            (domain::AuditRecord{AuditKind::kCardForwarded, true, "cn:processor", "192.0.2.1",
                                 "card_session:" + card_id_, begun}));
  EXPECT_EQ(audit_.records[1].details, answered);
  const auto timeline = stand_.Timeline(session_.id);
  EXPECT_EQ(timeline.back().what, "card_forwarded");
}

TEST_F(ForwardCardTest, WhatCannotBeRecordedIsNotSentAndTheCodeStays) {
  audit_.is_full = true;
  EXPECT_EQ(RefusalOf(Forward()), ErrorCode::kUnavailable);
  EXPECT_EQ(forwarder_.sent, 0);
  audit_.is_full = false;
  EXPECT_TRUE(Forward());
  EXPECT_EQ(forwarder_.sent_code, "123");
}

TEST_F(ForwardCardTest, ASecurityCodeIsSentOnce) {
  EXPECT_TRUE(Forward());
  const auto again = Forward();
  EXPECT_EQ(RefusalOf(again), ErrorCode::kConflict);
  EXPECT_EQ(again.error().extensions.at(0).second, 1) << "it was used";
  EXPECT_TRUE(Forward("without")) << "the card itself may be sent again";
  EXPECT_EQ(forwarder_.sent_code, "none");
}

TEST_F(ForwardCardTest, ACodeThatIsNotHereIsToldFromOneThatWasUsed) {
  codes_.cards.clear();  // the process has restarted
  const auto refused = Forward();
  EXPECT_EQ(RefusalOf(refused), ErrorCode::kConflict);
  EXPECT_EQ(refused.error().extensions.at(0),
            (std::pair<std::string, std::int64_t>(kCodeWasUsed, 0)));
  EXPECT_EQ(forwarder_.sent, 0);
}

TEST_F(ForwardCardTest, ACardThatIsNotThereCannotBeSent) {
  for (const char* id : {"tok_1", "01234567-89ab-4def-8123-456789abcdef"}) {
    EXPECT_EQ(RefusalOf(Forward("code", id)), ErrorCode::kNotFound) << id;
  }
}

TEST_F(ForwardCardTest, ACardWhosePaymentIsOverIsGone) {
  Hear("SessionVoided", {});
  EXPECT_EQ(RefusalOf(Forward()), ErrorCode::kNotFound);
}

TEST_F(ForwardCardTest, ACardWhoseTimeIsOverIsNotSent) {
  stand_.clock.Advance(session_.card_session->valid_until - stand_.clock.Now());
  EXPECT_EQ(RefusalOf(Forward()), ErrorCode::kExpired);
}

TEST_F(ForwardCardTest, ACallThatNoDestinationAllowsTouchesNoCard) {
  const auto refused = testing::Await<ForwardOutcome>([&](base::Done<ForwardOutcome> done) {
    Execute(with_, {.card_id = card_id_, .call = {}, .actor = "cn:x", .origin = ""},
            std::move(done));
  });
  EXPECT_EQ(RefusalOf(refused), ErrorCode::kForbidden);
  EXPECT_EQ(audit_.records.size(), 1u);
  EXPECT_TRUE(Forward()) << "the code is still there";
}

TEST_F(ForwardCardTest, ARecordThatDoesNotOpenIsSuspicious) {
  forwarder_.outcome = base::Fail(ErrorCode::kMalformed, "the sealed card does not open");
  const auto outcome = Forward();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kInternal);
  EXPECT_EQ(audit_.records.back().kind, AuditKind::kTamperSuspected);
}

TEST_F(ForwardCardTest, OneCardIsSentSoManyTimesAnHour) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Forward("without"));
  const auto refused = Forward("without");
  EXPECT_EQ(RefusalOf(refused), ErrorCode::kRateLimited);
  EXPECT_EQ(refused.error().retry_after, std::chrono::hours(1));
  stand_.clock.Advance(std::chrono::hours(1));
  EXPECT_TRUE(Forward("without"));
}

TEST(ForwardLimits, OneCallerHasSoManyCallsASecond) {
  ForwardLimits limits({.per_caller_per_s = 2, .per_card_per_h = 100});
  const auto now = base::FromMillis(1'000'000);
  EXPECT_FALSE(limits.Admit("a", "1", now));
  EXPECT_FALSE(limits.Admit("a", "2", now));
  EXPECT_EQ(limits.Admit("a", "3", now), std::chrono::seconds(1));
  EXPECT_FALSE(limits.Admit("b", "3", now));
  EXPECT_FALSE(limits.Admit("a", "3", now + base::Millis(1'000)));
}

}  // namespace
}  // namespace obolus::app
