#include "app/show_history.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using testing::AppStand;
using testing::Await;

constexpr char kPaymentId[] = "019a0000-1111-4222-8333-444455556666";
constexpr char kTerminal[] = "019a0000-2222-4222-8333-444455556666";

Result<SessionHistory> Show(AppStand& stand, const Uuid& id) {
  return Await<SessionHistory>(
      [&](base::Done<SessionHistory> done) { ShowHistory(stand.services, id, std::move(done)); });
}

std::vector<std::string> Words(const SessionHistory& history) {
  std::vector<std::string> words;
  for (const auto& entry : history.timeline) words.push_back(entry.what);
  return words;
}

TEST(ShowHistory, BeginsWithTheOpeningAndHasItsEventsOldestFirst) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  const auto history = Show(stand, opened.session.id);
  ASSERT_TRUE(history);
  EXPECT_EQ(history->session.state, domain::SessionState::kCreated);
  EXPECT_EQ(Words(*history), (std::vector<std::string>{"open", "accept"}));
  ASSERT_EQ(history->events.size(), 1U);
  EXPECT_EQ(history->events[0].type, "CardSessionCreated");
  EXPECT_EQ(history->related_id, std::nullopt);
}

TEST(ShowHistory, FindsASessionByItsTerminalAndByItsPayment) {
  AppStand stand;
  OpenSession command;
  command.terminal_id = base::ParseUuid(kTerminal).value();
  command.payment.id = kPaymentId;
  const auto opened = stand.Open(std::move(command)).value();
  for (const char* id : {kTerminal, kPaymentId}) {
    const auto history = Show(stand, base::ParseUuid(id).value());
    ASSERT_TRUE(history) << id;
    EXPECT_EQ(history->session.id, opened.session.id) << id;
  }
}

TEST(ShowHistory, NamesTheChallengeOfAPaymentAndThePaymentOfAChallenge) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto challenge = stand.OpenTds(payment.session.terminal_id);
  EXPECT_EQ(Show(stand, payment.session.id)->related_id, challenge.session.id);
  EXPECT_EQ(Show(stand, challenge.session.id)->related_id, payment.session.id);
  const auto alone = stand.OpenTds();
  EXPECT_EQ(Show(stand, alone.session.id)->related_id, std::nullopt);
}

TEST(ShowHistory, SaysThatNothingHasTheId) {
  AppStand stand;
  const auto unknown = Show(stand, stand.ids.NewUuid());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(unknown.error().message, "no session, terminal or payment has this id");
}

}  // namespace
}  // namespace obolus::app
