// Exactly one of those who race for a session wins, everybody is told so, and Commerce hears of one
// outcome at most. OBOLUS_RACES says how many races; the seed is printed.
#include "races/session_races.h"

#include <algorithm>

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"

namespace obolus::races {
namespace {

using app::Reception;
using app::SessionView;
using domain::SessionState;
using testing::EventOf;

constexpr char kOtherCard[] = "5555555555554444|8|2032|321";

// The timeline tells one story, each step of it a row of the table from where the last one ended,
// and it is the one that Commerce was told.
void CheckTimeline(const domain::Session& session, const std::vector<std::string>& events,
                   const std::vector<domain::TimelineEntry>& timeline) {
  ASSERT_FALSE(timeline.empty());
  SessionState state = SessionState::kOpen;
  std::vector<std::string> told;
  for (const domain::TimelineEntry& entry : timeline) {
    EXPECT_EQ(entry.from, state) << entry.what;
    if (!entry.changed) EXPECT_EQ(entry.from, entry.to) << entry.what;
    state = entry.to;
    if (entry.event) told.emplace_back(ToString(*entry.event));
  }
  EXPECT_EQ(state, session.state);
  EXPECT_EQ(told, events);
}

std::size_t CountOf(const std::vector<domain::TimelineEntry>& timeline, std::string_view what) {
  return static_cast<std::size_t>(std::ranges::count(timeline, what, &domain::TimelineEntry::what));
}

struct PaymentAnswers {
  Answer<SessionView> card;
  Answer<SessionView> other_card;
  Answer<SessionView> card_again;
  Answer<SessionView> cancelled;
  Answer<Reception> voided;
  Answer<app::ExpireSessions::Swept> swept;
};

// Who was told that he won is who won, and Commerce is told exactly that.
void CheckPayment(const domain::Session& session, const std::vector<std::string>& events,
                  PaymentAnswers& answers) {
  const bool created = session.state == SessionState::kCreated;
  const bool same_card = answers.card.Succeeded() || answers.card_again.Succeeded();
  EXPECT_EQ(created, same_card || answers.other_card.Succeeded());
  EXPECT_FALSE(same_card && answers.other_card.Succeeded()) << "two cards were accepted";
  EXPECT_EQ(session.state == SessionState::kCancelled, answers.cancelled.Succeeded());
  ASSERT_TRUE(answers.voided.Succeeded());
  const bool voided = session.state == SessionState::kVoided;
  EXPECT_EQ(answers.voided.Get().value() == Reception::kApplied, voided || created);
  EXPECT_EQ(session.voided_after_end, created);
  EXPECT_TRUE(IsEnd(session.kind, session.state)) << "somebody must win";
  EXPECT_EQ(session.version, created ? 3 : 2);
  std::vector<std::string> expected;
  if (created) expected = {"CardSessionCreated"};
  if (!created && !voided) expected = {"CardSessionFailed"};
  EXPECT_EQ(events, expected);
}

TEST_P(SessionRaces, OneContenderEndsAPaymentSessionAndCommerceHearsOfOneOutcome) {
  for (std::size_t round = 0; round < Rounds() && !HasFailure(); ++round) {
    const auto opened = OpenRound(domain::SessionKind::kPayment);
    std::vector<PaymentAnswers> answers(kRacesARound);
    Race(6, kRacesARound, seed_ + round * 100,
         [&](std::size_t number, std::size_t race, auto& dice) {
           const std::string& key = opened[race].key;
           const app::Services& services = stand_->Replica(number + race);
           PaymentAnswers& to = answers[race];
           switch (number) {
             case 0:
               return to.card.Ask([&](auto done) {
                 app::Execute(services, app::SubmitCardEntry{key, testing::kGoodCard},
                              std::move(done));
               });
             case 1:
               return to.other_card.Ask([&](auto done) {
                 app::Execute(services, app::SubmitCardEntry{key, kOtherCard}, std::move(done));
               });
             case 2:
               return to.card_again.Ask([&](auto done) {
                 app::Execute(services, app::SubmitCardEntry{key, testing::kGoodCard},
                              std::move(done));
               });
             case 3:
               return to.cancelled.Ask([&](auto done) {
                 app::Execute(services, app::CancelSession{key}, std::move(done));
               });
             case 4:
               return to.voided.Ask([&](auto done) {
                 app::ReceiveEvent(services,
                                   EventOf("void " + key, "SessionVoided", {{"session_key", key}}),
                                   std::move(done));
               });
             default:
               return RunOutOfTime(race, dice, to.swept);
           }
         });
    for (std::size_t race = 0; race < kRacesARound; ++race) {
      ASSERT_TRUE(answers[race].swept.Succeeded());
      // All have answered once these have: what is stored is final.
      answers[race].card.Get();
      answers[race].other_card.Get();
      answers[race].card_again.Get();
      answers[race].cancelled.Get();
      answers[race].voided.Get();
      const auto& id = opened[race].session.id;
      const auto session = stand_->Stored(id);
      SCOPED_TRACE("race " + std::to_string(race) + ": " + std::string(ToString(session.state)));
      ++ends_[session.state];
      const auto events = stand_->EventTypes(id);
      CheckPayment(session, events, answers[race]);
      CheckTimeline(session, events, stand_->Timeline(id));
    }
    EndRound();
  }
  ExpectWinners({SessionState::kCreated, SessionState::kCancelled, SessionState::kVoided,
                 SessionState::kExpired});
}

struct TdsAnswers {
  Answer<SessionView> started;
  Answer<SessionView> returned;
  Answer<SessionView> cancelled;
  Answer<Reception> succeeded;
  Answer<Reception> failed;
  Answer<Reception> voided;
  Answer<app::ExpireSessions::Swept> swept;
};

void CheckChallenge(const domain::Session& session, const std::vector<std::string>& events,
                    TdsAnswers& answers) {
  const auto kept = [](Answer<Reception>& answer) {
    return answer.Succeeded() && answer.Get().value() == Reception::kApplied;
  };
  ASSERT_TRUE(answers.succeeded.Succeeded() && answers.failed.Succeeded());
  const bool expired = session.state == SessionState::kExpired;
  EXPECT_TRUE(IsEnd(session.kind, session.state));
  EXPECT_EQ(kept(answers.succeeded), session.state == SessionState::kSucceeded);
  EXPECT_EQ(kept(answers.failed), session.state == SessionState::kFailed);
  EXPECT_EQ(kept(answers.voided), !expired);
  EXPECT_EQ(session.voided_after_end, !expired);
  const bool returned = answers.returned.Succeeded() &&
                        answers.returned.Get()->session.state == SessionState::kReturned;
  EXPECT_LE(events.size(), 1U);
  if (returned || answers.cancelled.Succeeded() || expired) {
    EXPECT_EQ(events, std::vector<std::string>{"TDSResult"});
  }
}

// Of two contrary outcomes the first stands; the other is told apart, and on record once.
void CheckConflict(const domain::Session& session,
                   const std::vector<domain::TimelineEntry>& timeline, TdsAnswers& answers) {
  const bool expired = session.state == SessionState::kExpired;
  const std::size_t conflicts = expired ? 0 : 1;
  EXPECT_EQ(CountOf(timeline, "conflict"), conflicts);
  const bool first = session.state == SessionState::kSucceeded;
  const Reception second = first ? answers.failed.Get().value() : answers.succeeded.Get().value();
  EXPECT_EQ(second == Reception::kConflict, !expired);
  EXPECT_EQ(CountOf(timeline, "succeed") + CountOf(timeline, "fail"), conflicts);
  EXPECT_LE(CountOf(timeline, "void"), 1U);
}

TEST_P(SessionRaces, AChallengeEndsWithTheFirstOutcomeAndItsVoidOrWithTime) {
  for (std::size_t round = 0; round < Rounds() && !HasFailure(); ++round) {
    const auto opened = OpenRound(domain::SessionKind::kTds);
    std::vector<TdsAnswers> answers(kRacesARound);
    Race(7, kRacesARound, seed_ + round * 100,
         [&](std::size_t number, std::size_t race, auto& dice) {
           const std::string& key = opened[race].key;
           const app::Services& services = stand_->Replica(number + race);
           const base::json::value terminal(base::ToString(opened[race].session.terminal_id));
           const auto say = [&](const char* type, const char* result, Answer<Reception>& answer) {
             answer.Ask([=, &services](auto done) {
               app::ReceiveEvent(services,
                                 EventOf(type + key + result, type,
                                         {{"tds_terminal_id", terminal}, {"result", result}}),
                                 std::move(done));
             });
           };
           TdsAnswers& to = answers[race];
           switch (number) {
             case 0:
               return to.started.Ask([&](auto done) {
                 app::Execute(services, app::StartChallenge{key}, std::move(done));
               });
             case 1:
               return to.returned.Ask([&](auto done) {
                 app::Execute(services, app::ReturnFromChallenge{key}, std::move(done));
               });
             case 2:
               return to.cancelled.Ask([&](auto done) {
                 app::Execute(services, app::CancelSession{key}, std::move(done));
               });
             case 3:
               return say("CompleteTDSSession", "SUCCESS", to.succeeded);
             case 4:
               return say("CompleteTDSSession", "FAILED", to.failed);
             case 5:
               return say("SessionVoided", "", to.voided);
             default:
               return RunOutOfTime(race, dice, to.swept);
           }
         });
    for (std::size_t race = 0; race < kRacesARound; ++race) {
      TdsAnswers& to = answers[race];
      EXPECT_TRUE(to.started.Succeeded() && to.swept.Succeeded() && to.voided.Succeeded());
      to.returned.Get();
      to.cancelled.Get();
      to.succeeded.Get();
      to.failed.Get();
      const auto& id = opened[race].session.id;
      const auto session = stand_->Stored(id);
      SCOPED_TRACE("race " + std::to_string(race) + ": " + std::string(ToString(session.state)));
      ++ends_[session.state];
      const auto events = stand_->EventTypes(id);
      const auto timeline = stand_->Timeline(id);
      CheckChallenge(session, events, to);
      CheckTimeline(session, events, timeline);
      CheckConflict(session, timeline, to);
      conflicts_ += CountOf(timeline, "conflict");
    }
    EndRound();
  }
  std::cout << "races: " << conflicts_ << " second outcomes were contrary, each on record once"
            << std::endl;
  EXPECT_GT(conflicts_, 0U);
  ExpectWinners({SessionState::kSucceeded, SessionState::kFailed, SessionState::kExpired});
}

struct OpeningAnswers {
  Answer<app::OpenedSession> opened;
  Answer<app::OpenedSession> opened_again;
  Answer<Reception> voided;
  Answer<Reception> noted;
};

// An event that finds no session is kept for it; a session that opens looks for such events.
// Neither may miss the other.
TEST_P(SessionRaces, AnEventThatRacesWithTheOpeningOfItsSessionReachesIt) {
  for (std::size_t round = 0; round < Rounds() && !HasFailure(); ++round) {
    std::vector<base::Uuid> terminals;
    for (std::size_t i = 0; i < kRacesARound; ++i) terminals.push_back(stand_->ids.NewUuid());
    std::vector<OpeningAnswers> answers(kRacesARound);
    Race(4, kRacesARound, seed_ + round * 100, [&](std::size_t number, std::size_t race, auto&) {
      const app::Services& services = stand_->Replica(number + race);
      const std::string terminal = base::ToString(terminals[race]);
      OpeningAnswers& to = answers[race];
      if (number < 2) {
        app::OpenSession command;
        command.terminal_id = terminals[race];
        auto& opened = number == 0 ? to.opened : to.opened_again;
        return opened.Ask(
            [command, &services](auto done) { app::Execute(services, command, std::move(done)); });
      }
      const base::json::value about{{"terminal_id", terminal}, {"state", "accepted"}};
      if (number == 2) {
        return to.voided.Ask([=, &services](auto done) {
          app::ReceiveEvent(services, EventOf("void " + terminal, "SessionVoided", about),
                            std::move(done));
        });
      }
      to.noted.Ask([=, &services](auto done) {
        app::ReceiveEvent(services, EventOf("state " + terminal, "StateChanged", about),
                          std::move(done));
      });
    });
    for (OpeningAnswers& to : answers) {
      ASSERT_TRUE(to.voided.Succeeded() && to.noted.Succeeded());
      ASSERT_TRUE(to.opened.Succeeded() || to.opened_again.Succeeded());
      if (to.opened.Succeeded() && to.opened_again.Succeeded()) {
        EXPECT_EQ(to.opened.Get()->session.id, to.opened_again.Get()->session.id);
      }
      auto& first = to.opened.Succeeded() ? to.opened : to.opened_again;
      const auto session = stand_->Stored(first.Get()->session.id);
      EXPECT_EQ(session.state, SessionState::kVoided);
      EXPECT_EQ(session.commerce_state, domain::CommerceState::kAccepted);
      const bool before = to.voided.Get().value() == Reception::kUnmatched;
      ++(before ? voided_before_ : voided_after_);
    }
  }
  std::cout << "races: " << voided_before_ << " voids before, " << voided_after_
            << " after the opening" << std::endl;
  EXPECT_GT(voided_before_, 0U);
  EXPECT_GT(voided_after_, 0U);
}

}  // namespace
}  // namespace obolus::races
