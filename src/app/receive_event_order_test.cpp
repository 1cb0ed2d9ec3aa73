// Commerce's events may come twice and in any order, also before the session that they are about:
// the sessions end in the same state (contract §3.2).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <span>
#include <sstream>

#include "app/return_from_challenge.h"
#include "app/start_challenge.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using domain::CommerceState;
using domain::SessionKind;
using domain::SessionState;
using testing::AppStand;
using testing::EventOf;

// Everything that may happen to one payment and its challenge.
enum class Step : std::uint8_t {
  kOpenPayment,
  kOpenTds,
  kSubmit,  // the shopper's acts
  kCancel,
  kStart,
  kReturn,
  kCancelTds,
  kVoid,  // Commerce's events
  kVoidTds,
  kVoidBoth,
  kVoidPaymentId,
  kVoidAgain,
  kAccepted,
  kAuthorized,
  kCompleted,
  kFailed,
  kAuthorizedTds,
  kComplete,
  kCompleteAgain,
  kCompleteFailed,
};
using enum Step;
using Steps = std::vector<Step>;

constexpr std::array kOpens = {kOpenPayment, kOpenTds};
constexpr std::array kActs = {kSubmit, kCancel, kStart, kReturn, kCancelTds};
constexpr std::array kEvents = {kVoid,          kVoidTds,       kVoidBoth,   kVoidPaymentId,
                                kVoidAgain,     kAccepted,      kAuthorized, kCompleted,
                                kFailed,        kAuthorizedTds, kComplete,   kCompleteAgain,
                                kCompleteFailed};

bool IsEvent(Step step) {
  return std::ranges::find(kEvents, step) != kEvents.end();
}

// One payment and its challenge; `Play` is one thing that happens to them.
class Story {
 public:
  void Play(Step step) {
    switch (step) {
      case kOpenPayment:
      case kOpenTds:
        return Open(step == kOpenTds);
      case kSubmit:
        return Act<SessionView>(SubmitCardEntry{PaymentKey(), testing::kGoodCard});
      case kCancel:
        return Act<SessionView>(CancelSession{PaymentKey()});
      case kStart:
        return Act<SessionView>(StartChallenge{TdsKey()});
      case kReturn:
        return Act<SessionView>(ReturnFromChallenge{TdsKey()});
      case kCancelTds:
        return Act<SessionView>(CancelSession{TdsKey()});
      default:
        return PlayTogether({&step, 1});
    }
  }

  // Events that come in one request: none waits for the one before.
  void PlayTogether(std::span<const Step> events) {
    std::vector<std::future<Result<Reception>>> receptions;
    for (const Step step : events) {
      auto promise = std::make_shared<std::promise<Result<Reception>>>();
      receptions.push_back(promise->get_future());
      ReceiveEvent(stand_.services, EventFor(step), [promise](Result<Reception> reception) {
        promise->set_value(std::move(reception));
      });
    }
    for (auto& reception : receptions) EXPECT_TRUE(reception.get());
  }

  // Nothing: it was never opened.
  std::optional<domain::Session> FindPayment() {
    return Find(SessionKind::kPayment, payment_terminal_);
  }
  std::optional<domain::Session> FindTds() { return Find(SessionKind::kTds, tds_terminal_); }
  domain::Session PaymentSession() { return FindPayment().value(); }
  domain::Session TdsSession() { return FindTds().value(); }
  std::size_t EventCount() { return stand_.Events().size(); }
  std::vector<std::string> EventTypes(const std::optional<domain::Session>& session) {
    return session ? stand_.EventTypes(session->id) : std::vector<std::string>();
  }

 private:
  CloudEvent EventFor(Step step) const {
    const base::json::value payment = base::json::value(base::ToString(payment_terminal_));
    const base::json::value tds = base::json::value(base::ToString(tds_terminal_));
    const auto changed = [&](const char* state) {
      return EventOf(state, "StateChanged", {{"terminal_id", payment}, {"state", state}});
    };
    const auto complete = [&](const char* id, const char* result) {
      return EventOf(id, "CompleteTDSSession", {{"tds_terminal_id", tds}, {"result", result}});
    };
    switch (step) {
      case kVoid:
        return EventOf("void", "SessionVoided", {{"terminal_id", payment}});
      case kVoidTds:
        return EventOf("void-tds", "SessionVoided", {{"tds_terminal_id", tds}});
      case kVoidBoth:
        return EventOf("void-both", "SessionVoided",
                       {{"terminal_id", payment}, {"tds_terminal_id", tds}});
      case kVoidPaymentId:
        return EventOf("void-id", "SessionVoided", {{"payment_id", base::ToString(payment_id_)}});
      case kVoidAgain:
        return EventOf("void-again", "SessionVoided", {{"terminal_id", payment}});
      case kAccepted:
        return changed("accepted");
      case kAuthorized:
        return changed("authorized");
      case kCompleted:
        return changed("completed");
      case kFailed:
        return changed("failed");
      case kAuthorizedTds:
        return EventOf("authorized-tds", "StateChanged",
                       {{"tds_terminal_id", tds}, {"state", "authorized"}});
      case kComplete:
        return complete("complete", "SUCCESS");
      case kCompleteAgain:
        return complete("complete-again", "SUCCESS");
      default:
        return complete("complete-failed", "FAILED");
    }
  }

  void Open(bool tds) {
    OpenSession command;
    command.kind = tds ? SessionKind::kTds : SessionKind::kPayment;
    command.terminal_id = tds ? tds_terminal_ : payment_terminal_;
    if (tds) {
      command.payment_terminal_id = payment_terminal_;
      command.challenge = domain::HostedChallenge{"https://bank.example/c"};
    } else {
      command.payment.id = base::ToString(payment_id_);
    }
    // A terminal that has ended meanwhile is refused; that is no change.
    (void)stand_.Open(std::move(command));
  }
  // Before the session is open, nobody has its key.
  template <class T, class Command>
  void Act(Command command) {
    if (!command.key.empty()) (void)testing::Run<T>(stand_.services, std::move(command));
  }
  std::string PaymentKey() { return KeyOf(KeyPurpose::kPayment, FindPayment()); }
  std::string TdsKey() { return KeyOf(KeyPurpose::kTds, FindTds()); }
  std::string KeyOf(KeyPurpose purpose, const std::optional<domain::Session>& session) const {
    return session ? stand_.keys.Make(purpose, session->id) : "";
  }
  std::optional<domain::Session> Find(SessionKind kind, const Uuid& terminal_id) {
    using Found = std::optional<domain::Session>;
    return testing::Await<Found>([&](base::Done<Found> done) {
             Read<Found>(
                 stand_.store,
                 [=](Transaction& tx) { return tx.FindByTerminal(kind, terminal_id); },
                 std::move(done));
           })
        .value();
  }

  AppStand stand_;
  const Uuid payment_terminal_ = stand_.ids.NewUuid();
  const Uuid tds_terminal_ = stand_.ids.NewUuid();
  const Uuid payment_id_ = stand_.ids.NewUuid();
};

std::string Name(const Steps& steps) {
  std::string name;
  for (const auto step : steps) name += std::to_string(static_cast<int>(step)) + " ";
  return name;
}

template <class Check>
void ForEveryOrder(Steps steps, Check check) {
  std::ranges::sort(steps);
  do {
    SCOPED_TRACE(Name(steps));
    Story story;
    for (const auto step : steps) story.Play(step);
    check(story);
  } while (std::ranges::next_permutation(steps).found);
}

TEST(ReceiveEventOrder, TheSessionsMayOpenBeforeBetweenOrAfterTheEvents) {
  ForEveryOrder({kOpenPayment, kOpenTds, kVoid, kAuthorized, kComplete}, [](Story& story) {
    EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
    EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAuthorized);
    EXPECT_EQ(story.TdsSession().state, SessionState::kSucceeded);
    EXPECT_EQ(story.EventCount(), 0U);
  });
}

TEST(ReceiveEventOrder, AVoidOfBothSessionsReachesBothWheneverTheyOpen) {
  ForEveryOrder({kOpenPayment, kOpenTds, kVoidBoth, kAccepted}, [](Story& story) {
    EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
    EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAccepted);
    EXPECT_EQ(story.TdsSession().state, SessionState::kVoided);
  });
}

TEST(ReceiveEventOrder, DuplicatesChangeNothing) {
  ForEveryOrder({kOpenPayment, kOpenPayment, kVoid, kVoid, kAuthorized, kAuthorized},
                [](Story& story) {
                  EXPECT_EQ(story.PaymentSession().state, SessionState::kVoided);
                  EXPECT_EQ(story.PaymentSession().commerce_state, CommerceState::kAuthorized);
                });
}

// What became of both sessions. Ids and versions tell of the way, not of the end.
struct Ends {
  std::optional<domain::Session> payment;
  std::optional<domain::Session> tds;
  std::vector<std::string> payment_events;
  std::vector<std::string> tds_events;
  bool operator==(const Ends&) const = default;
};

Ends EndsOf(Story& story) {
  Ends ends{story.FindPayment(), story.FindTds(), {}, {}};
  ends.payment_events = story.EventTypes(ends.payment);
  ends.tds_events = story.EventTypes(ends.tds);
  for (auto* session : {&ends.payment, &ends.tds}) {
    if (!*session) continue;
    (*session)->id = {};
    (*session)->version = 0;
    if ((*session)->card_session) (*session)->card_session->tds_return_url.clear();
    if ((*session)->card_session) (*session)->card_session->id.clear();
  }
  return ends;
}

// The rules in a few lines, written apart from the machine: what an end depends on. Only the races
// between the shopper and Commerce, and the first of two outcomes, depend on an order.
class Expected {
 public:
  void See(Step step) {
    const bool payment_void =
        step == kVoid || step == kVoidBoth || step == kVoidPaymentId || step == kVoidAgain;
    payment_voided_ = payment_voided_ || payment_void;
    tds_voided_ = tds_voided_ || step == kVoidTds || step == kVoidBoth;
    payment_open_ = payment_open_ || step == kOpenPayment;
    tds_open_ = tds_open_ || step == kOpenTds;
    const bool payment_acts = payment_open_ && !payment_voided_ && !payment_end_;
    if (step == kSubmit && payment_acts) payment_end_ = SessionState::kCreated;
    if (step == kCancel && payment_acts) payment_end_ = SessionState::kCancelled;
    if (step == kComplete || step == kCompleteAgain || step == kCompleteFailed) {
      const bool success = step != kCompleteFailed;
      if (!outcome_) outcome_ = success ? SessionState::kSucceeded : SessionState::kFailed;
    }
    if (tds_open_ && !tds_voided_ && !outcome_) {
      started_ = started_ || step == kStart;
      returned_ = returned_ || step == kReturn || step == kCancelTds;
    }
  }

  void Check(const Ends& ends) const {
    RC_ASSERT(ends.payment.has_value() == payment_open_);
    RC_ASSERT(ends.tds.has_value() == tds_open_);
    if (payment_open_) {
      const auto left = payment_voided_ ? SessionState::kVoided : SessionState::kOpen;
      RC_ASSERT(ends.payment->state == payment_end_.value_or(left));
      RC_ASSERT(ends.payment->voided_after_end ==
                (payment_voided_ && payment_end_ == SessionState::kCreated));
      RC_ASSERT(ends.payment_events.size() == (payment_end_ ? 1U : 0U));
    }
    if (!tds_open_) return;
    const auto left = tds_voided_ ? SessionState::kVoided
                      : returned_ ? SessionState::kReturned
                      : started_  ? SessionState::kChallenged
                                  : SessionState::kOpen;
    RC_ASSERT(ends.tds->state == outcome_.value_or(left));
    RC_ASSERT(ends.tds->voided_after_end == (tds_voided_ && outcome_.has_value()));
    RC_ASSERT(ends.tds_events.size() == (returned_ ? 1U : 0U));
  }

 private:
  bool payment_open_ = false, tds_open_ = false;
  bool payment_voided_ = false, tds_voided_ = false;
  bool started_ = false, returned_ = false;
  std::optional<SessionState> payment_end_, outcome_;
};

// Events that follow one another may come in one request: `together` says of which.
void PlayAll(Story& story, const Steps& steps, std::uint64_t together) {
  for (std::size_t begin = 0; begin < steps.size();) {
    std::size_t end = begin + 1;
    while (IsEvent(steps[begin]) && end < steps.size() && IsEvent(steps[end]) &&
           (together >> (end % 64) & 1) != 0) {
      ++end;
    }
    if (IsEvent(steps[begin])) {
      story.PlayTogether(std::span(steps).subspan(begin, end - begin));
    } else {
      story.Play(steps[begin]);
    }
    begin = end;
  }
}

// `steps` in an order of rapidcheck's choice.
Steps Shuffled(const Steps& steps) {
  const auto places =
      *rc::gen::container<std::vector<int>>(steps.size(), rc::gen::arbitrary<int>());
  std::vector<std::size_t> order(steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(places[i], i); });
  Steps shuffled;
  for (const std::size_t i : order) shuffled.push_back(steps[i]);
  return shuffled;
}

// Both sessions open, once or more; of the rest anything, any number of times.
Steps SomeSteps(Steps rest) {
  Steps steps(kOpens.begin(), kOpens.end());
  rest.insert(rest.end(), kOpens.begin(), kOpens.end());
  const auto more = *rc::gen::container<Steps>(rc::gen::elementOf(rest));
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

// OBOLUS_PERMUTATIONS says how many cases; the seed is printed, and taken from RC_PARAMS.
template <class F>
void CheckManyOrders(F property) {
  const char* wanted = std::getenv("OBOLUS_PERMUTATIONS");
  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = wanted != nullptr ? std::atoi(wanted) : 2'500;
  params.maxSize = 24;
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto result = rc::detail::checkTestable(
      std::move(property), rc::detail::TestMetadata{info->name(), info->name()}, params);
  std::ostringstream text;
  rc::detail::printResultMessage(result, text);
  std::cout << text.str() << "\nseed " << params.seed << std::endl;
  EXPECT_TRUE(result.template is<rc::detail::SuccessResult>()) << text.str();
}

TEST(ReceiveEventOrderProperty, AnyOrderWithDuplicatesAndTheShopperBetweenEndsAsTheRulesSay) {
  CheckManyOrders([] {
    Steps rest(kEvents.begin(), kEvents.end());
    rest.insert(rest.end(), kActs.begin(), kActs.end());
    const Steps steps = Shuffled(SomeSteps(rest));
    Story story;
    PlayAll(story, steps, *rc::gen::arbitrary<std::uint64_t>());
    Expected expected;
    for (const Step step : steps) expected.See(step);
    expected.Check(EndsOf(story));
  });
}

TEST(ReceiveEventOrderProperty, TwoOrdersOfTheSameEventsEndInTheSameSessions) {
  CheckManyOrders([] {
    Steps rest(kEvents.begin(), kEvents.end());
    std::erase(rest, *rc::gen::element(kCompleteFailed, kComplete));
    if (std::ranges::find(rest, kComplete) == rest.end()) std::erase(rest, kCompleteAgain);
    Steps steps = SomeSteps(rest);
    const bool card = *rc::gen::arbitrary<bool>();
    const auto play = [&] {
      Story story;
      story.Play(kOpenPayment);
      if (card) story.Play(kSubmit);
      PlayAll(story, Shuffled(steps), *rc::gen::arbitrary<std::uint64_t>());
      return EndsOf(story);
    };
    RC_ASSERT(play() == play());
  });
}

}  // namespace
}  // namespace obolus::app
