#include "app/cloud_event.h"

#include <gtest/gtest.h>

#include "base/trace.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::OutboundEvent;
using testing::AppStand;
using testing::EventOf;

domain::Session TakenSession(AppStand& stand) {
  domain::Session session;
  session.id = stand.ids.NewOrderedUuid(stand.clock.Now());
  session.terminal_id = stand.ids.NewUuid();
  session.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  session.card_session = domain::CardSession{
      .id = "card-1",
      .provider = "embedded",
      .tds_return_url = "https://pay.example/3ds/return/ret_x",
      .valid_until = stand.clock.Now() + std::chrono::hours(24),
      .card = {"", domain::CardNetwork::kAmericanExpress, 7, 2031, "378282", "0005"}};
  return session;
}

base::json::value BodyOf(const OutboxEvent& event) {
  return base::ParseJson(event.body).value();
}

TEST(CloudEvent, CardSessionCreatedCarriesTheMaskedCard) {
  AppStand stand;
  const auto session = TakenSession(stand);
  const auto event =
      FreezeEvent(OutboundEvent::kCardSessionCreated, session, stand.services, stand.clock.Now());
  EXPECT_EQ(event.type, "CardSessionCreated");
  EXPECT_EQ(event.session_id, session.id);
  EXPECT_EQ(event.subject, base::ToString(session.terminal_id));
  EXPECT_EQ(BodyOf(event), base::json::value({
                               {"terminal_id", base::ToString(session.terminal_id)},
                               {"card_session",
                                {{"id", "card-1"},
                                 {"provider", "embedded"},
                                 {"tds_return_url", "https://pay.example/3ds/return/ret_x"},
                                 {"valid_until", "2026-11-23T00:00:00.000Z"},
                                 {"data",
                                  {{"card_holder", nullptr},
                                   {"card_network", "AMERICAN_EXPRESS"},
                                   {"expiration_month", 7},
                                   {"expiration_year", 2031},
                                   {"first_six", "378282"},
                                   {"last_four", "0005"}}}}},
                           }));
}

TEST(CloudEvent, CardSessionFailedCarriesTheReason) {
  AppStand stand;
  auto session = TakenSession(stand);
  session.failure = domain::FailureCode::kCancelledByShopper;
  const auto body = BodyOf(
      FreezeEvent(OutboundEvent::kCardSessionFailed, session, stand.services, stand.clock.Now()));
  EXPECT_EQ(base::FindString(body, "/terminal_id"), base::ToString(session.terminal_id));
  EXPECT_EQ(base::FindString(body, "/reason/code"), "CANCELLED_BY_SHOPPER");
  EXPECT_EQ(base::FindString(body, "/reason/message"),
            domain::MessageOf(domain::FailureCode::kCancelledByShopper));
}

TEST(CloudEvent, TdsResultCarriesNoOutcome) {
  AppStand stand;
  auto session = TakenSession(stand);
  session.kind = domain::SessionKind::kTds;
  session.payment_terminal_id = stand.ids.NewUuid();
  const auto now = stand.clock.Now();
  const auto event = FreezeEvent(OutboundEvent::kTdsResult, session, stand.services, now);
  EXPECT_EQ(event.type, "TDSResult");
  EXPECT_EQ(BodyOf(event),
            base::json::value({{"tds_terminal_id", base::ToString(session.terminal_id)}}));
}

TEST(CloudEvent, TdsResultNamesThePaymentWhenConfigured) {
  AppStand stand;
  stand.services.settings.terminal_id_in_tds_result = true;
  auto session = TakenSession(stand);
  session.kind = domain::SessionKind::kTds;
  const auto now = stand.clock.Now();
  const auto alone = BodyOf(FreezeEvent(OutboundEvent::kTdsResult, session, stand.services, now));
  EXPECT_EQ(base::FindPointer(alone, "/terminal_id"), nullptr);
  session.payment_terminal_id = stand.ids.NewUuid();
  const auto body = BodyOf(FreezeEvent(OutboundEvent::kTdsResult, session, stand.services, now));
  EXPECT_EQ(base::FindString(body, "/terminal_id"), base::ToString(*session.payment_terminal_id));
}

TEST(CloudEvent, IsDueAtOnceAndPending) {
  AppStand stand;
  const auto now = stand.clock.Now();
  const auto event =
      FreezeEvent(OutboundEvent::kTdsResult, TakenSession(stand), stand.services, now);
  EXPECT_EQ(event.status, EventStatus::kPending);
  EXPECT_EQ(event.attempts, 0);
  EXPECT_EQ(event.time, now);
  EXPECT_EQ(event.due_at, now);
  EXPECT_EQ(event.first_due_at, now);
  EXPECT_EQ(event.settled_at, std::nullopt);
}

TEST(CloudEvent, ContinuesTheTraceOfItsSession) {
  AppStand stand;
  const auto session = TakenSession(stand);
  const auto event =
      FreezeEvent(OutboundEvent::kTdsResult, session, stand.services, stand.clock.Now());
  const auto trace = base::ParseTraceParent(event.traceparent);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(trace->parent_id, "b7ad6b7169203331");
}

TEST(CloudEvent, WithoutATraceBeginsOne) {
  AppStand stand;
  auto session = TakenSession(stand);
  session.traceparent = "nonsense";
  const auto event =
      FreezeEvent(OutboundEvent::kTdsResult, session, stand.services, stand.clock.Now());
  EXPECT_TRUE(base::ParseTraceParent(event.traceparent));
}

TEST(InterpretEvent, CompleteTdsSessionNeedsItsMembers) {
  const auto interpreted = Interpret(EventOf("1", "CompleteTDSSession", nullptr));
  ASSERT_FALSE(interpreted);
  EXPECT_EQ(interpreted.error().code, ErrorCode::kInvalid);
  ASSERT_EQ(interpreted.error().fields.size(), 2U);
  EXPECT_EQ(interpreted.error().fields[0].pointer, "/data/result");
  EXPECT_EQ(interpreted.error().fields[1].pointer, "/data/tds_terminal_id");
}

TEST(InterpretEvent, CompleteTdsSessionReadsItsResult) {
  AppStand stand;
  const auto id = stand.ids.NewUuid();
  for (const auto& [text, success] : {std::pair("SUCCESS", true), std::pair("FAILED", false)}) {
    const auto interpreted = Interpret(EventOf(
        "1", "CompleteTDSSession", {{"result", text}, {"tds_terminal_id", base::ToString(id)}}));
    ASSERT_TRUE(interpreted);
    const auto complete = std::get<domain::CompleteTdsSession>(interpreted->event);
    EXPECT_EQ(complete.success, success);
    EXPECT_EQ(complete.tds_terminal_id, id);
  }
  EXPECT_FALSE(
      Interpret(EventOf("1", "CompleteTDSSession",
                        {{"result", "success"}, {"tds_terminal_id", base::ToString(id)}})));
}

TEST(InterpretEvent, CompleteTdsSessionIsAboutItsTdsTerminalOnly) {
  AppStand stand;
  const auto id = stand.ids.NewUuid();
  auto event = EventOf("1", "CompleteTDSSession",
                       {{"result", "SUCCESS"},
                        {"tds_terminal_id", base::ToString(id)},
                        {"terminal_id", base::ToString(stand.ids.NewUuid())}});
  event.subject = base::ToString(stand.ids.NewUuid());
  EXPECT_EQ(Interpret(event)->subjects, std::vector{id});
}

TEST(InterpretEvent, SessionVoidedIsAboutEveryIdItNames) {
  AppStand stand;
  std::vector<Uuid> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(stand.ids.NewUuid());
  auto event = EventOf("1", "SessionVoided",
                       {{"payment_id", base::ToString(ids[3])},
                        {"session_id", base::ToString(ids[2])},
                        {"terminal_id", base::ToString(ids[1])},
                        {"tds_terminal_id", base::ToString(ids[0])},
                        {"session_key", "pay_x"}});
  event.subject = base::ToString(ids[4]);
  const auto interpreted = Interpret(event);
  ASSERT_TRUE(interpreted);
  EXPECT_TRUE(std::holds_alternative<domain::SessionVoided>(interpreted->event));
  EXPECT_EQ(interpreted->subjects, ids);
  EXPECT_EQ(interpreted->session_key, "pay_x");
}

TEST(InterpretEvent, NamesEachIdOnceAndSkipsWhatIsNone) {
  AppStand stand;
  const auto id = base::ToString(stand.ids.NewUuid());
  auto event = EventOf("1", "SessionVoided",
                       {{"terminal_id", id}, {"session_id", id}, {"payment_id", "order 7"}});
  event.subject = "a subject that is no id";
  EXPECT_EQ(Interpret(event)->subjects.size(), 1U);
}

TEST(InterpretEvent, StateChangedNeedsAKnownState) {
  for (const char* state : {"accepted", "authorized", "completed", "failed"}) {
    const auto interpreted = Interpret(EventOf("1", "StateChanged", {{"state", state}}));
    ASSERT_TRUE(interpreted);
    EXPECT_EQ(domain::ToString(std::get<domain::StateChanged>(interpreted->event).state), state);
  }
  const auto unknown = Interpret(EventOf("1", "StateChanged", {{"state", "paid"}}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().fields.at(0).pointer, "/data/state");
}

TEST(InterpretEvent, AnythingElseIsUnknownWhateverItCarries) {
  for (const auto& data :
       {base::json::value(nullptr), base::json::value(7), base::json::value({{"state", "paid"}})}) {
    const auto interpreted = Interpret(EventOf("1", "PaymentRefunded", data));
    ASSERT_TRUE(interpreted);
    EXPECT_TRUE(std::holds_alternative<domain::UnknownEvent>(interpreted->event));
  }
}

}  // namespace
}  // namespace obolus::app
