// Commerce's events may come twice and in any order, also before the session that they are about:
// the sessions end in the same state (contract §3.2).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using domain::CommerceState;
using domain::SessionState;
using testing::AppStand;
using testing::EventOf;

// Everything that Commerce says of one payment; `Play` is one thing said.
class Story {
 public:
  enum Step { kOpenPayment, kOpenTds, kVoid, kVoidBoth, kAccepted, kAuthorized, kComplete };

  void Play(Step step) {
    switch (step) {
      case kOpenPayment:
        return Open(domain::SessionKind::kPayment, payment_terminal_);
      case kOpenTds:
        return Open(domain::SessionKind::kTds, tds_terminal_);
      case kVoid:
        return Say("void", "SessionVoided", {{"terminal_id", Payment()}});
      case kVoidBoth:
        return Say("void-both", "SessionVoided",
                   {{"terminal_id", Payment()}, {"tds_terminal_id", Tds()}});
      case kAccepted:
        return Say("accepted", "StateChanged", {{"terminal_id", Payment()}, {"state", "accepted"}});
      case kAuthorized:
        return Say("authorized", "StateChanged",
                   {{"terminal_id", Payment()}, {"state", "authorized"}});
      case kComplete:
        return Say("complete", "CompleteTDSSession",
                   {{"tds_terminal_id", Tds()}, {"result", "SUCCESS"}});
    }
  }

  void TakeCard() {
    const auto payment = Find(domain::SessionKind::kPayment, payment_terminal_);
    ASSERT_TRUE(stand_.Submit(stand_.keys.Make(KeyPurpose::kPayment, payment.id)));
  }

  domain::Session PaymentSession() {
    return Find(domain::SessionKind::kPayment, payment_terminal_);
  }
  domain::Session TdsSession() { return Find(domain::SessionKind::kTds, tds_terminal_); }
  std::size_t EventCount() { return stand_.Events().size(); }

 private:
  std::string Payment() const { return base::ToString(payment_terminal_); }
  std::string Tds() const { return base::ToString(tds_terminal_); }

  void Open(domain::SessionKind kind, const Uuid& terminal_id) {
    OpenSession command;
    command.kind = kind;
    command.terminal_id = terminal_id;
    if (kind == domain::SessionKind::kTds) command.payment_terminal_id = payment_terminal_;
    // A terminal that has ended meanwhile is refused; that is no change.
    (void)stand_.Open(std::move(command));
  }
  void Say(const char* id, const char* type, base::json::value data) {
    ASSERT_TRUE(stand_.Receive(EventOf(id, type, std::move(data))));
  }
  domain::Session Find(domain::SessionKind kind, const Uuid& terminal_id) {
    return testing::Await<domain::Session>([&](base::Done<domain::Session> done) {
             Read<domain::Session>(
                 stand_.store,
                 [=](Transaction& tx) -> Result<domain::Session> {
                   return tx.FindByTerminal(kind, terminal_id).value().value();
                 },
                 std::move(done));
           })
        .value();
  }

  AppStand stand_;
  const Uuid payment_terminal_ = stand_.ids.NewUuid();
  const Uuid tds_terminal_ = stand_.ids.NewUuid();
};

std::string Name(const std::vector<Story::Step>& steps) {
  std::string name;
  for (const auto step : steps) name += std::to_string(step) + " ";
  return name;
}

template <class Check>
void ForEveryOrder(std::vector<Story::Step> steps, Check check) {
  std::ranges::sort(steps);
  do {
    SCOPED_TRACE(Name(steps));
    Story story;
    for (const auto step : steps) story.Play(step);
    check(story);
  } while (std::ranges::next_permutation(steps).found);
}

TEST(ReceiveEventOrder, TheSessionsMayOpenBeforeBetweenOrAfterTheEvents) {
  ForEveryOrder(
      {Story::kOpenPayment, Story::kOpenTds, Story::kVoid, Story::kAuthorized, Story::kComplete},
      [](Story& story) {
        EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
        EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAuthorized);
        EXPECT_EQ(story.TdsSession().state, SessionState::kSucceeded);
        EXPECT_EQ(story.EventCount(), 0U);
      });
}

TEST(ReceiveEventOrder, AVoidOfBothSessionsReachesBothWheneverTheyOpen) {
  ForEveryOrder({Story::kOpenPayment, Story::kOpenTds, Story::kVoidBoth, Story::kAccepted},
                [](Story& story) {
                  EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
                  EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAccepted);
                  EXPECT_EQ(story.TdsSession().state, SessionState::kVoided);
                });
}

TEST(ReceiveEventOrder, DuplicatesChangeNothing) {
  ForEveryOrder({Story::kOpenPayment, Story::kOpenPayment, Story::kVoid, Story::kVoid,
                 Story::kAuthorized, Story::kAuthorized},
                [](Story& story) {
                  EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
                  EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAuthorized);
                });
}

RC_GTEST_PROP(ReceiveEventOrderProperty, AfterTheCardAnyOrderWithDuplicatesConverges, ()) {
  std::vector<Story::Step> steps = {Story::kOpenTds, Story::kVoid, Story::kAccepted,
                                    Story::kAuthorized, Story::kComplete};
  const auto again = *rc::gen::container<std::vector<Story::Step>>(rc::gen::elementOf(steps));
  steps.insert(steps.end(), again.begin(), again.end());
  const auto places =
      *rc::gen::container<std::vector<int>>(steps.size(), rc::gen::arbitrary<int>());
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(places[i], i); });

  Story story;
  story.Play(Story::kOpenPayment);
  story.TakeCard();
  for (const std::size_t i : order) story.Play(steps[i]);
  const auto payment = story.PaymentSession();
  RC_ASSERT(payment.state == SessionState::kCreated);
  RC_ASSERT(payment.voided_after_end);
  RC_ASSERT(payment.commerce_state == CommerceState::kAuthorized);
  RC_ASSERT(story.TdsSession().state == SessionState::kSucceeded);
  RC_ASSERT(story.EventCount() == 1U);
}

}  // namespace
}  // namespace obolus::app
