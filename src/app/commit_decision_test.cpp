// The timeline that use cases leave behind.
#include "app/commit_decision.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/cancel_session.h"
#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using domain::SessionState;
using domain::Side;
using testing::AppStand;

const domain::Cause kShopper{Side::kShopper, "0af7651916cd43dd8448eb211c80319c", "request-9"};

template <class Command>
void Do(AppStand& stand, Command command) {
  EXPECT_TRUE(testing::Run<SessionView>(stand.services, std::move(command)));
}

std::vector<std::string> WordsOf(const std::vector<domain::TimelineEntry>& timeline) {
  std::vector<std::string> words;
  for (const auto& entry : timeline) words.push_back(entry.what);
  return words;
}

TEST(Timeline, TellsEachChangeAndWhatChangedNothing) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  Do(stand, StartChallenge{opened.key, kShopper, {{"in", "frame"}}});
  Do(stand, StartChallenge{opened.key, kShopper});
  Do(stand, ReturnFromChallenge{opened.key, kShopper});
  Do(stand, ReturnFromChallenge{opened.key, kShopper});
  stand.clock.Advance(std::chrono::seconds(600));
  stand.Sweep();
  Do(stand, ReturnFromChallenge{opened.key, kShopper});
  const auto timeline = stand.Timeline(opened.session.id);
  EXPECT_EQ(WordsOf(timeline),
            (std::vector<std::string>{"start_challenge", "start_again", "return", "return_again",
                                      "expire", "return_too_late"}));
  EXPECT_EQ(timeline[0].cause, kShopper);
  EXPECT_EQ(timeline[0].details, (domain::Details{{"in", "frame"}}));
  EXPECT_TRUE(timeline[0].changed && !timeline[1].changed);
  EXPECT_EQ(timeline[2].from, SessionState::kChallenged);
  EXPECT_EQ(timeline[2].to, SessionState::kReturned);
  EXPECT_EQ(timeline[2].event, domain::OutboundEvent::kTdsResult);
  EXPECT_EQ(timeline[4].cause.side, Side::kObolus);
}

TEST(Timeline, AContraryOutcomeStandsBesideTheFirst) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  for (const char* result : {"SUCCESS", "FAILED"}) {
    const auto id = base::ToString(opened.session.terminal_id);
    EXPECT_TRUE(stand.Receive(testing::EventOf(result, "CompleteTDSSession",
                                               {{"result", result}, {"tds_terminal_id", id}})));
  }
  const auto timeline = stand.Timeline(opened.session.id);
  ASSERT_EQ(WordsOf(timeline), (std::vector<std::string>{"succeed", "conflict"}));
  const auto& details = timeline[1].details;
  EXPECT_NE(std::ranges::find(details, std::pair<std::string, std::string>("result", "FAILED")),
            details.end());
  EXPECT_EQ(timeline[1].to, SessionState::kSucceeded);
}

TEST(Timeline, IsBoundedAndStillTakesTheEnd) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  for (std::size_t i = 0; i < kMostNotes + 5; ++i) {
    Do(stand, StartChallenge{opened.key, kShopper});
  }
  EXPECT_EQ(stand.Timeline(opened.session.id).size(), kMostNotes);
  Do(stand, CancelSession{opened.key, kShopper});
  const auto timeline = stand.Timeline(opened.session.id);
  ASSERT_EQ(timeline.size(), kMostNotes + 1);
  EXPECT_EQ(timeline.back().what, "cancel");
}

TEST(Timeline, ALongDetailIsCutBetweenCharacters) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  const std::string text = std::string(domain::kLongestDetail - 1, 'a') + "\xc3\xa4" + "b";
  Do(stand, StartChallenge{opened.key, kShopper, {{"after", text}}});
  EXPECT_EQ(stand.Timeline(opened.session.id)[0].details[0].second,
            std::string(domain::kLongestDetail - 1, 'a'));
}

}  // namespace
}  // namespace obolus::app
