#include "http/session_json.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::http {
namespace {

using domain::CommerceState;
using domain::FailureCode;
using domain::SessionKind;
using domain::SessionState;
using std::chrono::seconds;

class SessionJson : public ::testing::Test {
 protected:
  app::SessionView Payment(SessionState state) {
    app::SessionView view{{}, std::nullopt, stand_.clock.Now()};
    domain::Session& session = view.session;
    session.id = stand_.ids.NewUuid();
    session.terminal_id = stand_.ids.NewUuid();
    session.state = state;
    session.created_at = stand_.clock.Now();
    session.expires_at = stand_.clock.Now() + seconds(900);
    session.continuation = {"https://shop.example/ok", "https://shop.example/no"};
    if (domain::IsEnd(session.kind, state)) session.ended_at = stand_.clock.Now();
    if (state == SessionState::kCreated) {
      session.card_session =
          domain::CardSession{.id = "card-1",
                              .provider = "embedded",
                              .tds_return_url = "",
                              .valid_until = session.expires_at,
                              .card = {"", domain::CardNetwork::kVisa, 7, 2031, "424242", "4242"}};
    }
    return view;
  }
  app::SessionView Tds(SessionState state) {
    app::SessionView view = Payment(state);
    view.session.kind = SessionKind::kTds;
    view.session.card_session.reset();
    view.session.challenge = domain::HostedChallenge{"https://acs.example"};
    view.challenge_key = "tds_x";
    return view;
  }

  base::json::value Render(const app::SessionView& view) const {
    return RenderState(stand_.services, view);
  }
  static void ExpectWait(const base::json::value& state) {
    EXPECT_EQ(state.at("next_action"), "wait");
    EXPECT_EQ(state.at("data"), base::json::value(base::json::object()));
    EXPECT_FALSE(state.as_object().contains("status"));
  }
  static void ExpectFailure(const base::json::value& state, std::string_view code) {
    EXPECT_TRUE(state.at("next_action").is_null());
    EXPECT_EQ(state.at("status"), "failure");
    EXPECT_EQ(state.at("data").at("reason_code").as_string(), code);
    EXPECT_FALSE(state.at("data").at("reason").as_string().empty());
  }
  static void ExpectSuccess(const base::json::value& state) {
    EXPECT_TRUE(state.at("next_action").is_null());
    EXPECT_EQ(state.at("status"), "success");
  }

  testing::AppStand stand_;
};

TEST_F(SessionJson, AnOpenPaymentAsksForACard) {
  const auto state = Render(Payment(SessionState::kOpen));
  EXPECT_EQ(state.at("next_action"), "tokenize_card");
  EXPECT_EQ(state.at("data").at("provider"), "obolus");
  EXPECT_EQ(state.at("data").at("base_url"), "https://pay.example");
  EXPECT_EQ(state.at("data").at("jwk"), base::json::value(stand_.envelope.RsaJwk()));
  EXPECT_EQ(state.at("data").at("jwk_ec"), base::json::value(stand_.envelope.EcJwk()));
  EXPECT_FALSE(state.as_object().contains("status"));
  EXPECT_TRUE(state.at("continue_url").is_null());
}

TEST_F(SessionJson, OffersTheNetworksThatTheSessionAllows) {
  auto view = Payment(SessionState::kOpen);
  EXPECT_EQ(Render(view).at("data").at("allowed_schemes").as_array().size(),
            domain::NetworkSpellings().size());
  view.session.allowed_networks = {domain::CardNetwork::kAmericanExpress,
                                   domain::CardNetwork::kVisa};
  EXPECT_EQ(Render(view).at("data").at("allowed_schemes"),
            base::json::value({"visa", "americanexpress"}));
}

TEST_F(SessionJson, ShowsWhatTheShopperMayKnow) {
  auto view = Payment(SessionState::kOpen);
  view.session.payment = {"pay-1", 4200, "EUR", "order-7", "customer-1", true};
  view.session.merchant.name = "Shop";
  view.session.locale = "de";
  view.session.attempts = 2;
  view.session.commerce_state = CommerceState::kAccepted;
  const auto state = Render(view);
  EXPECT_EQ(state.at("terminal_id").as_string(), base::ToString(view.session.terminal_id));
  EXPECT_EQ(state.at("expires_at"), "2026-11-22T00:15:00.000Z");
  EXPECT_EQ(state.at("expires_in").as_int64(), 900);
  EXPECT_EQ(
      state.at("payment"),
      base::json::value({{"amount", 4200}, {"currency_code", "EUR"}, {"order_id", "order-7"}}))
      << "and nothing about the customer";
  EXPECT_EQ(state.at("merchant"), base::json::value({{"name", "Shop"}}));
  EXPECT_EQ(state.at("locale"), "de");
  EXPECT_EQ(state.at("commerce_state"), "accepted");
  EXPECT_EQ(state.at("attempts_left").as_int64(), 3);
}

TEST_F(SessionJson, WhatIsAbsentIsNull) {
  const auto state = Render(Payment(SessionState::kOpen));
  for (const char* member : {"payment", "merchant", "locale", "continue_url", "commerce_state"}) {
    EXPECT_TRUE(state.at(member).is_null()) << member;
  }
}

TEST_F(SessionJson, ACoolDownIsShownUntilItIsOver) {
  stand_.services.settings.policy.cool_downs = {seconds(5)};
  auto view = Payment(SessionState::kOpen);
  EXPECT_TRUE(Render(view).at("retry_after").is_null());
  view.session.attempts = 1;
  view.session.refused_at = view.now;
  EXPECT_EQ(Render(view).at("retry_after").as_int64(), 5);
  view.now += seconds(5);
  EXPECT_TRUE(Render(view).at("retry_after").is_null());
}

TEST_F(SessionJson, WithoutALimitThereIsNoNumberOfAttempts) {
  stand_.services.settings.policy.max_attempts = 0;
  EXPECT_TRUE(Render(Payment(SessionState::kOpen)).at("attempts_left").is_null());
}

TEST_F(SessionJson, TheTimeLeftIsNeverNegative) {
  auto view = Payment(SessionState::kOpen);
  view.now += seconds(1'000);
  EXPECT_EQ(Render(view).at("expires_in").as_int64(), 0);
}

TEST_F(SessionJson, ASubmittedPaymentWaits) {
  ExpectWait(Render(Payment(SessionState::kSubmitted)));
}

TEST_F(SessionJson, ATakenCardIsASuccess) {
  const auto state = Render(Payment(SessionState::kCreated));
  ExpectSuccess(state);
  EXPECT_EQ(state.at("data").at("token_id"), "card-1");
}

TEST_F(SessionJson, ATakenCardWithAChallengeGoesThereFirst) {
  auto view = Payment(SessionState::kCreated);
  view.challenge_key = "tds_x";
  const auto state = Render(view);
  EXPECT_EQ(state.at("next_action"), "3ds_challenge");
  EXPECT_EQ(state.at("data").at("redirect_url"), "https://pay.example/3ds/tds_x");
  EXPECT_TRUE(state.at("continue_url").is_null());
}

TEST_F(SessionJson, APaymentThatFailedAfterwardsIsAFailure) {
  auto view = Payment(SessionState::kCreated);
  view.session.commerce_state = CommerceState::kFailed;
  ExpectFailure(Render(view), "PAYMENT_FAILED");
  EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
}

TEST_F(SessionJson, APaymentThatWasVoidedAfterwardsIsAFailure) {
  auto view = Payment(SessionState::kCreated);
  view.session.voided_after_end = true;
  ExpectFailure(Render(view), "VOIDED");
  EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
}

TEST_F(SessionJson, AChallengeThatWasVoidedIsAFailureWhateverItsOutcome) {
  for (const auto state : {SessionState::kSucceeded, SessionState::kFailed}) {
    auto view = Payment(state);
    view.session.kind = domain::SessionKind::kTds;
    view.session.failure = FailureCode::kChallengeFailed;
    view.session.voided_after_end = true;
    ExpectFailure(Render(view), "VOIDED");
    EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
  }
}

TEST_F(SessionJson, EveryOtherEndIsAFailureWithItsReason) {
  for (const auto& [state, failure] :
       {std::pair(SessionState::kFailed, FailureCode::kAttemptsExhausted),
        std::pair(SessionState::kCancelled, FailureCode::kCancelledByShopper),
        std::pair(SessionState::kVoided, FailureCode::kVoidedByCommerce),
        std::pair(SessionState::kExpired, FailureCode::kSessionExpired)}) {
    auto view = Payment(state);
    view.session.failure = failure;
    ExpectFailure(Render(view), domain::ToString(failure));
    EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
  }
}

TEST_F(SessionJson, IsExpiredBeforeTheSweepSaysSo) {
  auto view = Payment(SessionState::kOpen);
  view.now = view.session.expires_at;
  ExpectFailure(Render(view), "SESSION_EXPIRED");
  EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
}

TEST_F(SessionJson, AChallengeIsOfferedOnceItIsKnown) {
  auto view = Tds(SessionState::kOpen);
  EXPECT_EQ(Render(view).at("next_action"), "3ds_challenge");
  view.session.state = SessionState::kChallenged;
  EXPECT_EQ(Render(view).at("next_action"), "3ds_challenge");
  view.session.state = SessionState::kOpen;
  view.session.challenge.reset();
  ExpectWait(Render(view));
}

TEST_F(SessionJson, AfterTheChallengeTheShopperWaitsForCommerce) {
  ExpectWait(Render(Tds(SessionState::kReturned)));
  EXPECT_TRUE(Render(Tds(SessionState::kReturned)).at("continue_url").is_null());
}

TEST_F(SessionJson, AChallengeTellsItsWindowSize) {
  auto view = Tds(SessionState::kOpen);
  EXPECT_TRUE(Render(view).at("data").at("window_size").is_null());
  view.window_size = "03";
  EXPECT_EQ(Render(view).at("data").at("window_size"), "03");
}

TEST_F(SessionJson, WhoHasWaitedLongForCommerceMayGoBack) {
  auto view = Tds(SessionState::kReturned);
  view.session.returned_at = view.now;
  EXPECT_EQ(ConfirmWaitLeft(stand_.services, view), seconds(30));
  view.now += seconds(30) - base::Millis(1);
  EXPECT_EQ(ConfirmWaitLeft(stand_.services, view), seconds(1));
  EXPECT_TRUE(Render(view).at("way_back_url").is_null());
  view.now += base::Millis(1);
  EXPECT_EQ(ConfirmWaitLeft(stand_.services, view), seconds(0));
  EXPECT_EQ(Render(view).at("way_back_url"), "https://shop.example/no?status=pending");
  ExpectWait(Render(view));
  EXPECT_TRUE(Render(view).at("continue_url").is_null()) << "nothing is decided";
  view.session.continuation.error.reset();
  EXPECT_TRUE(Render(view).at("way_back_url").is_null());
}

TEST_F(SessionJson, NobodyElseIsOfferedTheWayBack) {
  for (const auto state : {SessionState::kOpen, SessionState::kChallenged, SessionState::kSucceeded,
                           SessionState::kFailed, SessionState::kVoided, SessionState::kExpired}) {
    auto view = Tds(state);
    view.session.returned_at = view.now;
    view.now += seconds(60);
    EXPECT_EQ(ConfirmWaitLeft(stand_.services, view), std::nullopt);
    EXPECT_TRUE(Render(view).at("way_back_url").is_null());
  }
  auto view = Tds(SessionState::kReturned);
  view.now = view.session.expires_at;
  EXPECT_TRUE(Render(view).at("way_back_url").is_null()) << "expired: continue_url says where to";
}

TEST(PendingUrl, AddsToTheShopsOwnAddress) {
  const auto pending = [](const char* url) { return PendingUrl({std::nullopt, url}); };
  EXPECT_EQ(pending("https://shop.example/no"), "https://shop.example/no?status=pending");
  EXPECT_EQ(pending("https://shop.example/no?a=b"), "https://shop.example/no?a=b&status=pending");
  EXPECT_EQ(pending("https://shop.example/no?"), "https://shop.example/no?status=pending");
  EXPECT_EQ(pending("https://shop.example/no?a&"), "https://shop.example/no?a&status=pending");
  EXPECT_EQ(pending("https://shop.example/no#f?x"), "https://shop.example/no?status=pending#f?x");
  EXPECT_EQ(pending("https://shop.example?a=b#"), "https://shop.example?a=b&status=pending#");
  EXPECT_EQ(PendingUrl({"https://shop.example/ok", std::nullopt}), "");
}

TEST_F(SessionJson, AChallengeThatWasPassedIsASuccess) {
  const auto state = Render(Tds(SessionState::kSucceeded));
  ExpectSuccess(state);
  EXPECT_EQ(state.at("data"), base::json::value(base::json::object()));
  EXPECT_EQ(state.at("continue_url"), "https://shop.example/ok");
}

TEST_F(SessionJson, AChallengeThatWasFailedIsAFailure) {
  auto view = Tds(SessionState::kFailed);
  view.session.failure = FailureCode::kChallengeFailed;
  ExpectFailure(Render(view), "CHALLENGE_FAILED");
  EXPECT_EQ(Render(view).at("continue_url"), "https://shop.example/no");
}

TEST_F(SessionJson, ATakenCardWaitsForCommerceButNotForLong) {
  auto view = Payment(SessionState::kCreated);
  EXPECT_EQ(ContinueUrl(view), "");
  view.session.commerce_state = CommerceState::kAccepted;
  EXPECT_EQ(ContinueUrl(view), "");
  view.now += seconds(10) - base::Millis(1);
  EXPECT_EQ(ContinueUrl(view), "");
  view.now += base::Millis(1);
  EXPECT_EQ(ContinueUrl(view), "https://shop.example/ok");
}

TEST_F(SessionJson, ATakenCardGoesOnAtOnceWhenCommerceHasDecided) {
  for (const auto state : {CommerceState::kAuthorized, CommerceState::kCompleted}) {
    auto view = Payment(SessionState::kCreated);
    view.session.commerce_state = state;
    EXPECT_EQ(ContinueUrl(view), "https://shop.example/ok");
  }
}

TEST_F(SessionJson, ATakenCardDoesNotGoOnWhileItsChallengeWaits) {
  auto view = Payment(SessionState::kCreated);
  view.challenge_key = "tds_x";
  view.now += seconds(60);
  EXPECT_EQ(ContinueUrl(view), "");
}

TEST_F(SessionJson, AFailedChallengeIsNeverShownAsPaidUnlessCommerceSaysSo) {
  auto view = Payment(SessionState::kCreated);
  view.challenge_failure = domain::FailureCode::kChallengeFailed;
  view.now += seconds(60);
  for (const auto& said :
       {std::optional<CommerceState>(), std::optional(CommerceState::kAccepted)}) {
    view.session.commerce_state = said;
    EXPECT_EQ(ContinueUrl(view), "https://shop.example/no");
    EXPECT_EQ(Render(view).at("status"), "failure");
    EXPECT_EQ(Render(view).at("data").at("reason_code"), "CHALLENGE_FAILED");
  }
  view.session.commerce_state = CommerceState::kCompleted;
  EXPECT_EQ(ContinueUrl(view), "https://shop.example/ok");
  EXPECT_EQ(Render(view).at("status"), "success");
}

TEST_F(SessionJson, WithoutAContinuationThereIsNowhereToGo) {
  auto view = Payment(SessionState::kCancelled);
  view.session.continuation = {};
  EXPECT_EQ(ContinueUrl(view), "");
  EXPECT_TRUE(Render(view).at("continue_url").is_null());
}

TEST_F(SessionJson, OurOwnOriginIsAlwaysAllowed) {
  stand_.services.settings.default_origins = {"https://default.example"};
  domain::Session session;
  EXPECT_EQ(AllowedOrigins(stand_.services, session),
            (std::vector<std::string>{"https://pay.example", "https://default.example"}));
  session.merchant.origins = {"https://shop.example"};
  EXPECT_EQ(AllowedOrigins(stand_.services, session),
            (std::vector<std::string>{"https://pay.example", "https://shop.example"}));
}

}  // namespace
}  // namespace obolus::http
