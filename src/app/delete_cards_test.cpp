#include "app/delete_cards.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"
#include "support/manual_scheduler.h"
#include "support/recording_audit_log.h"

namespace obolus::app {
namespace {

using base::Millis;
using std::chrono::hours;
using std::chrono::seconds;
using testing::AppStand;
using testing::EventOf;

// Says what the test tells it to.
class ScriptedVault final : public Vault {
 public:
  bool IsRemote() const override { return true; }
  void Keep(domain::Card, const Uuid&, Timestamp, std::string, base::Done<StoredCard>) override {}
  void Delete(const std::string& card_id, std::move_only_function<void(Status)> done) override {
    asked.push_back(card_id);
    done(answer);
  }

  Status answer{};
  std::vector<std::string> asked;
};

class DeleteCardsTest : public ::testing::Test {
 protected:
  // A payment whose card rests in the remote vault as `token`.
  domain::Session Created(const std::string& token) {
    const auto opened = stand_.OpenPayment();
    std::promise<Result<SessionView>> promise;
    auto answer = promise.get_future();
    Execute(stand_.services, SubmitCardEntry{opened.key, testing::kGoodCard},
            [&promise](Result<SessionView> view) { promise.set_value(std::move(view)); });
    stand_.vault.Take().done(StoredCard{token, "guardian", std::nullopt});
    return answer.get().value().session;
  }
  void Hear(const domain::Session& session, const std::string& type, base::json::object data) {
    data["terminal_id"] = base::ToString(session.terminal_id);
    ASSERT_TRUE(stand_.Receive(EventOf("event" + std::to_string(++events_), type, data)));
  }
  std::size_t Round() {
    return testing::Await<std::size_t>([&](auto done) { worker_.Round(std::move(done)); }).value();
  }

  AppStand stand_{true};
  ScriptedVault vault_;
  testing::RecordingAuditLog& audit_ = stand_.audit;
  testing::ManualScheduler scheduler_{stand_.clock};
  base::Metrics metrics_;
  DeleteCards worker_{stand_.services, vault_, scheduler_, metrics_, Millis(1'000)};
  int events_ = 0;
};

TEST_F(DeleteCardsTest, ACardIsDeletedWhenItsTimeIsOver) {
  const auto session = Created("tok_1");
  EXPECT_EQ(Round(), 0u);
  stand_.clock.Advance(session.card_session->valid_until - stand_.clock.Now() - Millis(1));
  EXPECT_EQ(Round(), 0u);
  stand_.clock.Advance(Millis(1));
  EXPECT_EQ(Round(), 1u);
  EXPECT_EQ(vault_.asked, std::vector<std::string>{"tok_1"});
  stand_.clock.Advance(hours(2));
  EXPECT_EQ(Round(), 0u) << "once";
}

TEST_F(DeleteCardsTest, ACardIsDeletedAtOnceWhenCommerceIsDoneWithIt) {
  for (const char* state : {"authorized", "completed", "failed"}) {
    const auto session = Created(std::string("tok_") + state);
    Hear(session, "StateChanged", {{"state", state}});
    EXPECT_EQ(Round(), 1u) << state;
  }
  const auto accepted = Created("tok_accepted");
  Hear(accepted, "StateChanged", {{"state", "accepted"}});
  EXPECT_EQ(Round(), 0u) << "the payment goes on";
  Hear(accepted, "SessionVoided", {});
  EXPECT_EQ(Round(), 1u);
  EXPECT_EQ(vault_.asked, (std::vector<std::string>{"tok_authorized", "tok_completed", "tok_failed",
                                                    "tok_accepted"}));
}

TEST_F(DeleteCardsTest, ACardThatCameTooLateForItsPaymentIsDeletedAtOnce) {
  const auto opened = stand_.OpenPayment();
  std::promise<Result<SessionView>> promise;
  auto answer = promise.get_future();
  Execute(stand_.services, SubmitCardEntry{opened.key, testing::kGoodCard},
          [&promise](Result<SessionView> view) { promise.set_value(std::move(view)); });
  auto call = stand_.vault.Take();
  Hear(opened.session, "SessionVoided", {});
  call.done(StoredCard{"tok_late", "guardian", std::nullopt});
  answer.wait();
  EXPECT_EQ(Round(), 1u);
  EXPECT_EQ(vault_.asked, std::vector<std::string>{"tok_late"});
}

TEST_F(DeleteCardsTest, AVaultThatIsDownIsAskedAgainAtGrowingIntervals) {
  Hear(Created("tok_1"), "SessionVoided", {});
  audit_.records.clear();  // that it was stored, and is of no more use
  vault_.answer = base::Fail(base::ErrorCode::kUnavailable, "down");
  Millis waited{0};
  for (const auto delay :
       {seconds(1), seconds(5), seconds(30), seconds(300), seconds(3'600), seconds(3'600)}) {
    EXPECT_EQ(Round(), 1u) << "after " << waited.count();
    stand_.clock.Advance(Millis(delay) - Millis(1));
    EXPECT_EQ(Round(), 0u);
    stand_.clock.Advance(Millis(1));
    waited += delay;
  }
  vault_.answer = {};
  EXPECT_EQ(Round(), 1u);
  EXPECT_EQ(Round(), 0u);
  ASSERT_EQ(audit_.records.size(), 1u);
  EXPECT_EQ(audit_.records.at(0).kind, domain::AuditKind::kCardDeleted);
  EXPECT_EQ(audit_.records.at(0).object, "card_session:tok_1");
}

TEST_F(DeleteCardsTest, AVaultThatNamesATimeIsLeftAloneUntilThen) {
  Hear(Created("tok_1"), "SessionVoided", {});
  base::Error busy{base::ErrorCode::kUnavailable, "busy", {}, seconds(120)};
  vault_.answer = std::unexpected(busy);
  EXPECT_EQ(Round(), 1u);
  stand_.clock.Advance(seconds(119));
  EXPECT_EQ(Round(), 0u);
  stand_.clock.Advance(seconds(1));
  EXPECT_EQ(Round(), 1u);
}

TEST_F(DeleteCardsTest, AfterAWeekItIsGivenUpAndSaidSo) {
  Hear(Created("tok_1"), "SessionVoided", {});
  audit_.records.clear();  // that it was stored, and is of no more use
  vault_.answer = base::Fail(base::ErrorCode::kUnauthorized, "the key is not known");
  EXPECT_EQ(Round(), 1u);
  stand_.clock.Advance(DeleteCards::kGiveUpAfter);
  EXPECT_EQ(Round(), 1u);
  stand_.clock.Advance(hours(2));
  EXPECT_EQ(Round(), 0u);
  ASSERT_EQ(audit_.records.size(), 1u);
  EXPECT_FALSE(audit_.records.at(0).success);
}

TEST_F(DeleteCardsTest, RoundsGoOnByThemselves) {
  Hear(Created("tok_1"), "SessionVoided", {});
  worker_.Start();
  for (int i = 0; i < 1'000 && vault_.asked.empty(); ++i) {
    std::this_thread::sleep_for(Millis(1));
  }
  for (int i = 0; i < 1'000 && scheduler_.waiting() == 0; ++i) {
    std::this_thread::sleep_for(Millis(1));
  }
  EXPECT_EQ(vault_.asked.size(), 1u);
  worker_.Stop();
  EXPECT_EQ(scheduler_.Advance(Millis(1'000)), 1u);
  EXPECT_EQ(scheduler_.waiting(), 0u);
}

}  // namespace
}  // namespace obolus::app
