#include "app/submit_card.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/app_stand.h"
#include "support/jwe_encrypter.h"
#include "vault/embedded_vault.h"
#include "vault/jwe_envelope.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using std::chrono::seconds;
using testing::AppStand;
using testing::EventOf;
using testing::kBadCard;
using testing::kGoodCard;

const std::vector<std::string> kCreatedOnce = {"CardSessionCreated"};
const std::vector<std::string> kFailedOnce = {"CardSessionFailed"};

TEST(SubmitCard, CommitsSessionCardAndEventTogether) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto view = stand.Submit(opened.key);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session.state, SessionState::kCreated);
  EXPECT_EQ(view->session.ended_at, stand.clock.Now());
  const auto& card_session = view->session.card_session.value();
  EXPECT_EQ(card_session.provider, "embedded");
  EXPECT_EQ(card_session.valid_until, stand.clock.Now() + std::chrono::hours(24));
  EXPECT_EQ(card_session.card.first_six, "424242");
  EXPECT_EQ(card_session.card.last_four, "4242");
  EXPECT_TRUE(stand.HasCard(base::ParseUuid(card_session.id).value()));
  EXPECT_EQ(stand.EventTypes(opened.session.id), kCreatedOnce);
  EXPECT_EQ(stand.Session(opened.session.id), view->session);
  ASSERT_EQ(stand.audit.records.size(), 1U);
  EXPECT_EQ(stand.audit.records[0].kind, domain::AuditKind::kCardStored);
  EXPECT_EQ(stand.audit.records[0].object, "card_session:" + card_session.id);
}

TEST(SubmitCard, PutsNothingButMaskedDataIntoTheEvent) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  const std::string body = stand.Events(opened.session.id).at(0).body;
  EXPECT_EQ(body.find("4242424242424242"), std::string::npos);
  EXPECT_EQ(body.find("123"), std::string::npos);
}

TEST(SubmitCard, ARefusedCardCountsAndNamesItsFaults) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto refused = stand.Submit(opened.key, "4242424242424241|13|2031|12");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  std::vector<std::string> pointers;
  for (const auto& field : refused.error().fields) pointers.push_back(field.pointer);
  EXPECT_EQ(pointers, (std::vector<std::string>{"/result/enc_payload/account_number",
                                                "/result/enc_payload/expiry_month",
                                                "/result/enc_payload/security_code"}));
  EXPECT_EQ(stand.Session(opened.session.id).attempts, 1);
  EXPECT_EQ(stand.Session(opened.session.id).state, SessionState::kOpen);
  EXPECT_TRUE(stand.Events().empty());
  EXPECT_TRUE(stand.Submit(opened.key)) << "the shopper may try again";
}

TEST(SubmitCard, TheShoppersChoiceOfNetworkIsWhatCommerceHears) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto view = stand.Submit(opened.key, "4000002500001001|7|2031|123|cartesbancaires");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session.card_session->card.network, domain::CardNetwork::kCartesBancaires);
  EXPECT_NE(stand.Events(opened.session.id)[0].body.find("\"CARTES_BANCAIRES\""),
            std::string::npos);
}

TEST(SubmitCard, TheLastRefusalEndsTheSession) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  for (int i = 0; i < 5; ++i) {
    const auto refused = stand.Submit(opened.key, kBadCard);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  }
  const auto session = stand.Session(opened.session.id);
  EXPECT_EQ(session.state, SessionState::kFailed);
  EXPECT_EQ(session.failure, domain::FailureCode::kAttemptsExhausted);
  EXPECT_EQ(stand.EventTypes(opened.session.id), kFailedOnce);
  const auto late = stand.Submit(opened.key);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
}

using Extensions = std::vector<std::pair<std::string, std::int64_t>>;

TEST(SubmitCard, ARefusalSaysHowManyAttemptsAreLeftAndHowLongToWait) {
  AppStand stand;
  stand.services.settings.policy.cool_downs = {seconds(0), seconds(5)};
  const auto opened = stand.OpenPayment();
  EXPECT_EQ(stand.Submit(opened.key, kBadCard).error().extensions,
            (Extensions{{"attempts_left", 4}}));
  EXPECT_EQ(stand.Submit(opened.key, kBadCard).error().extensions,
            (Extensions{{"attempts_left", 3}, {"retry_after", 5}}));
}

TEST(SubmitCard, WhileItCoolsDownNothingIsCountedAndTheNextCardMayBeGood) {
  AppStand stand;
  stand.services.settings.policy.cool_downs = {seconds(5)};
  const auto opened = stand.OpenPayment();
  ASSERT_FALSE(stand.Submit(opened.key, kBadCard));
  const auto before = stand.Session(opened.session.id);
  stand.clock.Advance(base::Millis(2'500));
  for (const char* payload : {kGoodCard, kBadCard, "nonsense"}) {
    const auto held = stand.Submit(opened.key, payload);
    ASSERT_FALSE(held);
    EXPECT_EQ(held.error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(held.error().retry_after, seconds(3));
    EXPECT_EQ(held.error().extensions, (Extensions{{"retry_after", 3}, {"attempts_left", 4}}));
  }
  EXPECT_EQ(stand.Session(opened.session.id), before);
  stand.clock.Advance(base::Millis(2'500));
  EXPECT_TRUE(stand.Submit(opened.key));
}

TEST(SubmitCard, WithoutALimitTheSessionNeverFailsBecauseOfAttempts) {
  AppStand stand;
  stand.services.settings.policy.max_attempts = 0;
  const auto opened = stand.OpenPayment();
  for (int i = 0; i < 20; ++i) {
    const auto refused = stand.Submit(opened.key, kBadCard);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(refused.error().extensions, Extensions{}) << "there is no number to tell";
  }
  EXPECT_TRUE(stand.Events().empty());
  EXPECT_TRUE(stand.Submit(opened.key));
}

TEST(SubmitCard, ASessionMayHaveTermsOfItsOwn) {
  AppStand stand;
  stand.services.settings.policy.cool_downs = {seconds(60)};
  OpenSession command;
  command.retries = {.max_attempts = 2, .cool_downs = std::vector<seconds>{}};
  const auto opened = stand.Open(std::move(command)).value();
  EXPECT_EQ(stand.Submit(opened.key, kBadCard).error().extensions,
            (Extensions{{"attempts_left", 1}}));
  EXPECT_EQ(stand.Submit(opened.key, kBadCard).error().extensions,
            (Extensions{{"attempts_left", 0}}));
  EXPECT_EQ(stand.EventTypes(opened.session.id), kFailedOnce);
}

TEST(SubmitCard, TypingErrorsNeedNotCount) {
  AppStand stand;
  stand.services.settings.policy.count_typing_errors = false;
  stand.services.settings.policy.cool_downs = {seconds(60)};
  const auto opened = stand.OpenPayment();
  for (int i = 0; i < 10; ++i) {
    const auto refused = stand.Submit(opened.key, kBadCard);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(refused.error().extensions, (Extensions{{"attempts_left", 5}}));
  }
  EXPECT_EQ(stand.Session(opened.session.id), opened.session);
  EXPECT_TRUE(stand.Submit(opened.key));
}

TEST(SubmitCard, AnEnvelopeThatDoesNotOpenIsNoAttempt) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto refused = stand.Submit(opened.key, "nonsense");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  ASSERT_EQ(refused.error().fields.size(), 1U);
  EXPECT_EQ(refused.error().fields[0].pointer, "/result/enc_payload");
  EXPECT_EQ(stand.Session(opened.session.id), opened.session);
}

TEST(SubmitCard, RefusesANetworkThatTheSessionDoesNotAllow) {
  AppStand stand;
  OpenSession command;
  command.allowed_networks = {domain::CardNetwork::kMastercard};
  const auto opened = stand.Open(command);
  const auto refused = stand.Submit(opened->key);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/result/enc_payload/account_number");
  EXPECT_TRUE(stand.Submit(opened->key, "5555555555554444|7|2031|123"));
}

TEST(SubmitCard, TheSamePayloadAgainIsAnsweredAsBefore) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto first = stand.Submit(opened.key);
  const auto again = stand.Submit(opened.key);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->session, first->session);
  stand.clock.Advance(seconds(3600));
  EXPECT_TRUE(stand.Submit(opened.key)) << "a lost answer can be asked for after the time, too";
  EXPECT_EQ(stand.EventTypes(opened.session.id), kCreatedOnce);
}

TEST(SubmitCard, AnotherPayloadAfterSuccessIsAConflict) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  const auto other = stand.Submit(opened.key, "5555555555554444|7|2031|123");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_EQ(stand.Session(opened.session.id).card_session->card.last_four, "4242");
}

TEST(SubmitCard, ManyAtOnceTakeOneCard) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  std::vector<std::future<bool>> taken;
  for (int i = 0; i < 20; ++i) {
    auto promise = std::make_shared<std::promise<bool>>();
    taken.push_back(promise->get_future());
    Execute(stand.services,
            SubmitCardEntry{opened.key, "4242424242424242|7|20" + std::to_string(30 + i / 4) + "|" +
                                            std::to_string(100 + i)},
            [promise](const Result<SessionView>& view) { promise->set_value(view.has_value()); });
  }
  int successes = 0;
  for (auto& one : taken) successes += one.get() ? 1 : 0;
  EXPECT_EQ(successes, 1);
  EXPECT_EQ(stand.EventTypes(opened.session.id), kCreatedOnce);
}

TEST(SubmitCard, IsTooLateOnceTheTimeIsOver) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  stand.clock.Advance(seconds(900));
  const auto late = stand.Submit(opened.key);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kExpired);
}

TEST(SubmitCard, NeedsTheKeyOfAPaymentSession) {
  AppStand stand;
  for (const std::string& key : {std::string("pay_x"), stand.OpenTds().key,
                                 stand.keys.Make(KeyPurpose::kPayment, stand.ids.NewUuid())}) {
    const auto refused = stand.Submit(key);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  }
}

TEST(SubmitCard, TheEmbeddedVaultSealsWhatTheBrowserEncrypted) {
  AppStand stand;
  const vault::Keychain keys(vault::KeyRing::Generate(stand.clock.Now()), stand.clock);
  const vault::JweEnvelope envelope(keys.ring()->EnvelopeKeys());
  vault::EmbeddedVault vault(keys, stand.ids, stand.clock);
  const Services services{stand.store, vault,       envelope,
                          stand.keys,  stand.feed,  stand.clock,
                          stand.ids,   stand.audit, testing::StandSettings()};
  const auto opened = stand.OpenPayment();
  const std::string payload =
      testing::EncryptWithEc(envelope.EcJwk(),
                             R"({"account_number": "4242 4242 4242 4242", "expiry_month": 7,
                                 "expiry_year": 2031, "security_code": "123",
                                 "additional_data": {"cardholder_name": "Ada"}})")
          .Join();
  const auto view = testing::Run<SessionView>(services, SubmitCardEntry{opened.key, payload});
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session.card_session->card.card_holder, "Ada");
  const Uuid id = base::ParseUuid(view->session.card_session->id).value();
  const auto number = testing::Await<std::string>([&](base::Done<std::string> done) {
    Read<std::string>(
        stand.store,
        [&vault, id](Transaction& tx) -> Result<std::string> {
          const auto sealed = tx.FindCard(id).value().value();
          return std::string(vault.Open(sealed).value().account_number.text());
        },
        std::move(done));
  });
  EXPECT_EQ(number.value(), "4242424242424242");
}

}  // namespace
}  // namespace obolus::app
