#include "app/return_from_challenge.h"

#include <gtest/gtest.h>

#include "app/start_challenge.h"
#include "base/encoding.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using testing::AppStand;
using testing::EventOf;

Result<SessionView> Return(AppStand& stand, const std::string& key) {
  return testing::Run<SessionView>(stand.services, ReturnFromChallenge{key});
}

TEST(ReturnFromChallenge, TellsCommerceOnce) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  ASSERT_TRUE(testing::Run<SessionView>(stand.services, StartChallenge{opened.key}));
  const auto returned = Return(stand, opened.key);
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->session.state, SessionState::kReturned);
  EXPECT_EQ(returned->challenge_key, opened.key);
  const auto again = Return(stand, opened.key);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->session, returned->session);
  EXPECT_EQ(stand.EventTypes(opened.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(ReturnFromChallenge, ComesByTheCardsReturnUrl) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto created = stand.Submit(payment.key);
  ASSERT_TRUE(created);
  const std::string url = created->session.card_session->tds_return_url;
  const std::string prefix = "https://pay.example/3ds/return/";
  ASSERT_EQ(url.substr(0, prefix.size()), prefix);
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  const auto returned = Return(stand, url.substr(prefix.size()));
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->session.id, tds.session.id);
  EXPECT_EQ(returned->session.state, SessionState::kReturned);
  EXPECT_EQ(returned->challenge_key, tds.key);
  EXPECT_EQ(stand.EventTypes(tds.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(ReturnFromChallenge, WithoutAThreeDsSessionShowsThePayment) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  const auto returned = Return(stand, stand.keys.Make(KeyPurpose::kReturn, payment.session.id));
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->session.id, payment.session.id);
  EXPECT_EQ(returned->session.state, SessionState::kCreated);
}

TEST(ReturnFromChallenge, LateChangesNothing) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  stand.clock.Advance(std::chrono::seconds(600));
  const auto late = Return(stand, opened.key);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->session.state, SessionState::kOpen);
  EXPECT_TRUE(late->IsExpired());
  EXPECT_TRUE(stand.Events().empty());
}

TEST(ReturnFromChallenge, AfterTheOutcomeChangesNothing) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  ASSERT_TRUE(stand.Receive(EventOf(
      "1", "CompleteTDSSession",
      {{"result", "FAILED"}, {"tds_terminal_id", base::ToString(opened.session.terminal_id)}})));
  const auto returned = Return(stand, opened.key);
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->session.state, SessionState::kFailed);
  EXPECT_TRUE(stand.Events().empty());
}

TEST(ReturnFromChallenge, NeedsAReturnAddressOfOurs) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  for (const std::string& key : {payment.key, std::string("ret_x"), std::string(),
                                 stand.keys.Make(KeyPurpose::kReturn, stand.ids.NewUuid())}) {
    const auto returned = Return(stand, key);
    ASSERT_FALSE(returned) << key;
    EXPECT_EQ(returned.error().code, ErrorCode::kNotFound);
  }
}

domain::Details DetailsOf(AppStand& stand, const base::Uuid& id, std::string_view what) {
  const auto timeline = testing::Await<std::vector<domain::TimelineEntry>>([&](auto done) {
                          ShowTimeline(stand.services, id, std::move(done));
                        }).value();
  for (const auto& entry : timeline) {
    if (entry.what == what) return entry.details;
  }
  ADD_FAILURE() << "nothing on the timeline is " << what;
  return {};
}

std::string Detail(const domain::Details& details, std::string_view name) {
  for (const auto& [known, value] : details) {
    if (known == name) return value;
  }
  return "(none)";
}

TEST(ReturnFromChallenge, IsDescribedOnTheTimelineAndBelievedNothing) {
  AppStand stand;
  OpenSession command;
  command.kind = domain::SessionKind::kTds;
  const std::string creq = base::EncodeBase64Url(
      base::AsBytes(R"({"messageType":"CReq","acsTransID":"a-1","threeDSServerTransID":"s-1"})"));
  command.challenge = domain::EmvChallenge{"https://acs.example", creq, "data"};
  const auto opened = stand.Open(std::move(command)).value();
  domain::ChallengeReport report{.form = domain::ReportForm::kCres, .trans_status = "Y"};
  report.ids = {"A-2", "s-1"};
  report.session_data = "data";
  const auto returned =
      testing::Run<SessionView>(stand.services, ReturnFromChallenge{opened.key, {}, report});
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->session.state, SessionState::kReturned) << "whatever it says";
  const auto details = DetailsOf(stand, opened.session.id, "return");
  EXPECT_EQ(Detail(details, "form"), "cres");
  EXPECT_EQ(Detail(details, "trans_status"), "Y");
  EXPECT_EQ(Detail(details, "foreign"), "yes");
  EXPECT_EQ(Detail(details, "session_data"), "same");
  report.ids = {"a-1", "s-1"};
  testing::Run<SessionView>(stand.services, ReturnFromChallenge{opened.key, {}, report}).value();
  EXPECT_EQ(Detail(DetailsOf(stand, opened.session.id, "return_again"), "foreign"), "no");
}

TEST(ReturnFromChallenge, CanBeLookedAtWithoutHappening) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  const std::string token = stand.keys.Make(KeyPurpose::kReturn, payment.session.id);
  const auto show = [&](const std::string& key) {
    return testing::Await<SessionView>(
        [&](auto done) { ShowReturned(stand.services, key, std::move(done)); });
  };
  EXPECT_EQ(show(token).value().session.id, payment.session.id);
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  EXPECT_EQ(show(token).value().session.id, tds.session.id);
  EXPECT_EQ(show(token).value().session.state, SessionState::kOpen);
  EXPECT_EQ(show(tds.key).value().session.id, tds.session.id);
  EXPECT_EQ(show(payment.key).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obolus::app
