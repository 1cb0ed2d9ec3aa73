#include "sandbox/payment.h"

#include <gtest/gtest.h>

#include <string>

#include "sandbox/processor.h"
#include "sandbox/server.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

const Finish kPaid{std::string(kResultSuccess), std::nullopt, std::nullopt};
const Finish kDeclined{std::string(kResultFailed), FailureReason{"DECLINED", "No."}, std::nullopt};
const Finish kChallenged{std::string(kResultChallenge), std::nullopt,
                         Challenge{"acs-1", "https://acs.example/", "creq", "data"}};

Payment PaymentOf(std::string_view flow) {
  PaymentFacts facts;
  facts.id = "payment-1";
  facts.terminal_id = "terminal-1";
  facts.tds_terminal_id = "tds-1";
  facts.amount = 4450;
  facts.currency_code = "EUR";
  return Payment(std::move(facts), ReadFlows({})->find(flow)->second);
}

CardSession Card() {
  return {"card-1", "https://obolus.example/3ds/return/x", json::object{{"last_four", "4242"}}};
}

// The effects in one line: "StateChanged(accepted) AskProcessor(StartSale)".
std::string Text(const Effects& effects) {
  std::string out;
  for (const auto& effect : effects) {
    if (!out.empty()) out += " ";
    if (std::holds_alternative<OpenCardSession>(effect)) out += "OpenCardSession";
    if (const auto* tds = std::get_if<OpenTdsSession>(&effect)) {
      out += "OpenTdsSession(" + tds->challenge.acs_trans_id + ")";
    }
    if (const auto* ask = std::get_if<AskProcessor>(&effect)) {
      out += "AskProcessor(" + ask->start_event_type + ")";
    }
    if (std::holds_alternative<AskChallengeOutcome>(effect)) out += "AskChallengeOutcome";
    if (const auto* event = std::get_if<TellObolus>(&effect)) {
      const json::value data(event->data);
      auto what = base::FindString(data, "/state");
      if (!what) what = base::FindString(data, "/result");
      out += event->type + "(" + what.value_or(event->subject) + ")";
    }
  }
  return out;
}

TEST(Payment, AsksForAPaymentMethodAsTheSeedShows) {
  auto payment = PaymentOf("sale");
  EXPECT_EQ(Text(payment.Begin()), "OpenCardSession");
  EXPECT_FALSE(payment.settled());
  payment.CardSessionOpened("pay_key");
  EXPECT_TRUE(payment.settled());
  EXPECT_EQ(base::ToText(payment.ToJson().at("processing")),
            R"({"status":"ACTION_REQUIRED","requirement":{"action":"SET_PAYMENT_METHOD",)"
            R"("message":"Please set the payment method.","options":[{"library":)"
            R"("CHECKOUT_EXPERIENCE","message":"Initialize the library with this key.",)"
            R"("session_key":"pay_key"}]}})");
}

TEST(Payment, ACardThatNeedsNoChallengeCompletesIt) {
  auto payment = PaymentOf("sale-with-3ds");
  payment.Begin();
  payment.CardSessionOpened("key");
  EXPECT_EQ(Text(payment.CardArrived(Card())),
            "StateChanged(accepted) AskProcessor(StartAuthentication)");
  EXPECT_EQ(Text(payment.ProcessorFinished(kPaid)), "AskProcessor(StartSale)");
  EXPECT_EQ(Text(payment.ProcessorFinished(kPaid)),
            "StateChanged(authorized) StateChanged(completed)");
  EXPECT_EQ(payment.status(), PaymentStatus::kCompleted);
}

TEST(Payment, AChallengeRedirectsAndThePassTellsObolusFirst) {
  auto payment = PaymentOf("sale-with-3ds");
  payment.Begin();
  payment.CardSessionOpened("key");
  payment.CardArrived(Card());
  EXPECT_EQ(Text(payment.ProcessorFinished(kChallenged)), "OpenTdsSession(acs-1)");
  payment.TdsSessionOpened("https://obolus.example/3ds/tds_1");
  EXPECT_EQ(base::ToText(payment.ToJson().at("processing")),
            R"({"status":"ACTION_REQUIRED","requirement":{"action":"REDIRECT","options":)"
            R"([{"url":"https://obolus.example/3ds/tds_1"}]}})");
  EXPECT_EQ(Text(payment.TdsResultArrived()), "AskChallengeOutcome");
  EXPECT_EQ(Text(payment.ChallengeEnded(kPaid)),
            "CompleteTDSSession(SUCCESS) AskProcessor(StartSale)");
  payment.ProcessorFinished(kPaid);
  EXPECT_EQ(payment.status(), PaymentStatus::kCompleted);
}

TEST(Payment, AFailedChallengeFailsItWithTheReason) {
  auto payment = PaymentOf("sale-with-3ds");
  payment.Begin();
  payment.CardSessionOpened("key");
  payment.CardArrived(Card());
  payment.ProcessorFinished(kChallenged);
  payment.TdsSessionOpened("https://obolus.example/3ds/tds_1");
  payment.TdsResultArrived();
  EXPECT_EQ(Text(payment.ChallengeEnded(kDeclined)),
            "CompleteTDSSession(FAILED) StateChanged(failed)");
  EXPECT_EQ(payment.status(), PaymentStatus::kFailed);
  EXPECT_EQ(base::ToText(payment.ToJson().at("failure_reasons")),
            R"([{"classifier":"DECLINED","message":"No."}])");
}

TEST(Payment, CardSessionFailedFailsItAndObolusIsToldNothing) {
  auto payment = PaymentOf("sale");
  payment.Begin();
  payment.CardSessionOpened("key");
  EXPECT_EQ(Text(payment.CardFailed("SESSION_EXPIRED", "Too late.")), "");
  EXPECT_EQ(payment.status(), PaymentStatus::kFailed);
}

TEST(Payment, AnythingAfterItsEndChangesNothing) {
  auto payment = PaymentOf("sale");
  payment.Begin();
  payment.CardSessionOpened("key");
  EXPECT_EQ(Text(payment.Voided()), "SessionVoided(terminal-1)");
  EXPECT_EQ(Text(payment.Voided()), "");
  EXPECT_EQ(Text(payment.CardArrived(Card())), "");
  EXPECT_EQ(Text(payment.CardFailed("X", "Y")), "");
  EXPECT_EQ(Text(payment.TdsResultArrived()), "");
  EXPECT_EQ(payment.status(), PaymentStatus::kVoided);
}

TEST(Payment, ASecondCardOrTdsResultChangesNothing) {
  auto payment = PaymentOf("sale-with-3ds");
  payment.Begin();
  payment.CardSessionOpened("key");
  payment.CardArrived(Card());
  EXPECT_EQ(Text(payment.CardArrived(Card())), "");
  payment.ProcessorFinished(kChallenged);
  payment.TdsSessionOpened("url");
  payment.TdsResultArrived();
  EXPECT_EQ(Text(payment.TdsResultArrived()), "");
}

TEST(Payment, TheCardMayComeBeforeTheAnswerThatOpenedItsSession) {
  auto payment = PaymentOf("sale");
  payment.Begin();
  EXPECT_EQ(Text(payment.CardArrived(Card())), "StateChanged(accepted) AskProcessor(StartSale)");
  EXPECT_EQ(Text(payment.CardSessionOpened("late")), "");
}

TEST(Payment, ACheckoutThatCannotBeReachedFailsIt) {
  auto payment = PaymentOf("sale");
  payment.Begin();
  payment.CardSessionRefused("The checkout cannot be reached.");
  EXPECT_EQ(payment.status(), PaymentStatus::kFailed);
  EXPECT_EQ(payment.ProcessingName(), "FAILED");
}

PaymentFacts FactsWith(std::string_view first_six, std::string_view last_four) {
  PaymentFacts facts;
  facts.amount = 4405;
  facts.currency_code = "EUR";
  facts.card = Card();
  facts.card->data = json::object{{"first_six", first_six}, {"last_four", last_four}};
  return facts;
}

TEST(Processor, DecidesByTheTestCard) {
  base::RandomIdSource ids;
  Processor processor(ids, "http://localhost/acs/challenge");
  const AskProcessor authentication{"StartAuthentication", {}};
  const AskProcessor sale{"StartSale", {}};
  EXPECT_EQ(processor.Start(FactsWith("424242", "4242"), authentication).result, kResultSuccess);
  EXPECT_EQ(processor.Start(FactsWith("424242", "4242"), sale).result, kResultSuccess);
  EXPECT_EQ(processor.Start(FactsWith("400000", "3220"), authentication).result, kResultChallenge);
  EXPECT_EQ(processor.Start(FactsWith("400000", "0002"), authentication).result, kResultSuccess);
  EXPECT_EQ(processor.Start(FactsWith("400000", "0002"), sale).reason->classifier, "DECLINED");
  EXPECT_EQ(processor.Start(FactsWith("400000", "9995"), sale).reason->classifier,
            "INSUFFICIENT_FUNDS");
  EXPECT_EQ(processor.Start(FactsWith("123456", "7890"), sale).result, kResultSuccess);
}

TEST(Processor, RefusesASaleWithoutTheChallengeThatTheBankWants) {
  base::RandomIdSource ids;
  Processor processor(ids, "http://localhost/acs/challenge");
  const AskProcessor sale{"StartSale", json::object{{"three_d_secure", "none"}}};
  EXPECT_EQ(processor.Start(FactsWith("400000", "3220"), sale).reason->classifier,
            "AUTHENTICATION_REQUIRED");
}

TEST(Processor, ItsRecordDecidesAndTheFirstDecisionStands) {
  base::RandomIdSource ids;
  Processor processor(ids, "http://localhost/acs/challenge");
  auto finish = processor.Start(FactsWith("400000", "3220"), {"StartAuthentication", {}});
  const std::string id = finish.challenge->acs_trans_id;
  EXPECT_EQ(processor.ChallengeOutcome(id).reason->classifier, "AUTHENTICATION_ABANDONED");
  EXPECT_TRUE(processor.Decide(id, AcsDecision::kCancel));
  EXPECT_FALSE(processor.Decide(id, AcsDecision::kPass));
  EXPECT_EQ(processor.ChallengeOutcome(id).reason->classifier, "AUTHENTICATION_CANCELLED");
  EXPECT_EQ(processor.FindRecord(id)->amount, "44.05 EUR");
}

}  // namespace
}  // namespace obolus::sandbox
