#include "http/timeline_json.h"

#include <gtest/gtest.h>

namespace obolus::http {
namespace {

using domain::SessionState;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";

base::Timestamp At(int ms) {
  return base::ParseTime("2026-11-25T03:00:00.000Z").value() + base::Millis(ms);
}

// Opened, returned at +1000, completed at +3000; its TDSResult is pending.
app::SessionHistory Returned() {
  app::SessionHistory history;
  history.session.created_at = At(0);
  history.session.traceparent = std::string("00-") + kTrace + "-b7ad6b7169203331-01";
  history.session.request_id = "request-1";
  domain::TimelineEntry returned;
  returned.at = At(1000);
  returned.cause = {domain::Side::kShopper, "", ""};
  returned.what = "return";
  returned.from = SessionState::kChallenged;
  returned.to = SessionState::kReturned;
  returned.event = domain::OutboundEvent::kTdsResult;
  returned.changed = true;
  returned.details = {{"came", "cres"}};
  domain::TimelineEntry succeeded;
  succeeded.at = At(3000);
  succeeded.cause = {domain::Side::kCommerce, kTrace, "request-2"};
  succeeded.what = "succeed";
  succeeded.from = SessionState::kReturned;
  succeeded.to = SessionState::kSucceeded;
  succeeded.changed = true;
  history.timeline = {domain::OpeningOf(history.session), returned, succeeded};
  app::OutboxEvent event;
  event.type = "TDSResult";
  event.traceparent = history.session.traceparent;
  event.request_id = "request-1";
  event.time = At(1000);
  event.due_at = At(9000);
  event.attempts = 2;
  event.last_error = "the bridge answered 503";
  history.events = {event};
  return history;
}

std::vector<std::string> Words(const base::json::array& timeline) {
  std::vector<std::string> words;
  for (const auto& entry : timeline) words.push_back(base::FindString(entry, "/what").value());
  return words;
}

TEST(RenderTimeline, ShowsAnEntryWithAllThatIsKnownOfIt) {
  const auto timeline = RenderTimeline(Returned());
  EXPECT_EQ(base::ToText(timeline[0]),
            R"({"at":"2026-11-25T03:00:00.000Z","side":"commerce","what":"open","from":"open",)"
            R"("to":"open","changed":false,"event":null,"details":{},)"
            R"("trace_id":"0af7651916cd43dd8448eb211c80319c","request_id":"request-1"})");
  EXPECT_EQ(base::ToText(timeline[1]),
            R"({"at":"2026-11-25T03:00:01.000Z","side":"shopper","what":"return",)"
            R"("from":"challenged","to":"returned","changed":true,"event":"TDSResult",)"
            R"("details":{"came":"cres"},"trace_id":null,"request_id":null})");
}

TEST(RenderTimeline, ShowsAPendingEventAfterWhatCommittedIt) {
  const auto timeline = RenderTimeline(Returned());
  ASSERT_EQ(Words(timeline),
            (std::vector<std::string>{"open", "return", "event_pending", "succeed"}));
  EXPECT_EQ(base::ToText(timeline[2]),
            R"({"at":"2026-11-25T03:00:01.000Z","side":"obolus","what":"event_pending",)"
            R"("from":"returned","to":"returned","changed":false,"event":"TDSResult",)"
            R"("details":{"type":"TDSResult","id":"00000000-0000-0000-0000-000000000000",)"
            R"("attempts":"2","due_at":"2026-11-25T03:00:09.000Z",)"
            R"("last_error":"the bridge answered 503"},)"
            R"("trace_id":"0af7651916cd43dd8448eb211c80319c","request_id":"request-1"})");
}

TEST(RenderTimeline, ShowsASettledEventWhereItWasSettled) {
  auto history = Returned();
  history.events[0].status = app::EventStatus::kDelivered;
  history.events[0].settled_at = At(2000);
  EXPECT_EQ(Words(RenderTimeline(history)),
            (std::vector<std::string>{"open", "return", "event_delivered", "succeed"}));
  history.events[0].status = app::EventStatus::kParked;
  history.events[0].settled_at = At(4000);
  const auto timeline = RenderTimeline(history);
  EXPECT_EQ(Words(timeline),
            (std::vector<std::string>{"open", "return", "succeed", "event_parked"}));
  EXPECT_EQ(base::FindString(timeline[3], "/from"), "succeeded");
  EXPECT_EQ(base::FindString(timeline[3], "/details/last_error"), "the bridge answered 503");
}

TEST(RenderTimeline, NeverShowsADeliveryBeforeWhatCommittedIt) {
  auto history = Returned();
  history.events[0].status = app::EventStatus::kDelivered;
  history.events[0].settled_at = At(500);  // by a replica whose clock is behind
  EXPECT_EQ(Words(RenderTimeline(history)),
            (std::vector<std::string>{"open", "return", "event_delivered", "succeed"}));
}

}  // namespace
}  // namespace obolus::http
