#include "domain/timeline.h"

#include <gtest/gtest.h>

namespace obolus::domain {
namespace {

TEST(Timeline, SidesReadBack) {
  for (auto side :
       {Side::kCommerce, Side::kShopper, Side::kProcessor, Side::kOperator, Side::kObolus}) {
    EXPECT_EQ(ParseSide(ToString(side)), side);
  }
  EXPECT_EQ(ParseSide("bank"), std::nullopt);
}

TEST(Timeline, BeginsWithTheOpeningAsTheSessionKnowsIt) {
  Session session;
  session.id.bytes[3] = 7;
  session.created_at = Timestamp(std::chrono::seconds(5));
  session.state = SessionState::kExpired;
  session.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  session.request_id = "request-1";
  const TimelineEntry entry = OpeningOf(session);
  EXPECT_EQ(entry.session_id, session.id);
  EXPECT_EQ(entry.at, session.created_at);
  EXPECT_EQ(entry.cause, (Cause{Side::kCommerce, "0af7651916cd43dd8448eb211c80319c", "request-1"}));
  EXPECT_EQ(entry.what, "open");
  EXPECT_EQ(entry.to, SessionState::kOpen);
}

}  // namespace
}  // namespace obolus::domain
