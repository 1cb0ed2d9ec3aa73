#include "vault/embedded_vault.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::SecretBytes;

class HandClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return now; }
  base::Timestamp now = base::ParseTime("2026-11-22T20:00:00Z").value();
};

class EmbeddedVaultTest : public ::testing::Test {
 protected:
  static domain::Card Card(std::string_view number = "4242424242424242") {
    return {SecretBytes(number),
            SecretBytes(std::string_view("987")),
            SecretBytes(std::string_view("Zoë \"Quote\" Ängström")),
            7,
            2031,
            domain::CardNetwork::kVisa};
  }

  app::StoredCard Keep(domain::Card card) {
    std::vector<app::StoredCard> outcomes;
    vault_.Keep(std::move(card), session_id_, clock_.now + std::chrono::hours(1), "key",
                [&outcomes](base::Result<app::StoredCard> stored) {
                  outcomes.push_back(std::move(stored.value()));
                });
    EXPECT_EQ(outcomes.size(), 1U);
    return std::move(outcomes.at(0));
  }

  HandClock clock_;
  base::RandomIdSource ids_;
  const Keychain keys_{KeyRing::Generate(clock_.now), clock_};
  EmbeddedVault vault_{keys_, ids_, clock_};
  const base::Uuid session_id_ = ids_.NewUuid();
};

TEST_F(EmbeddedVaultTest, IsNotRemote) {
  EXPECT_FALSE(vault_.IsRemote());
}

TEST_F(EmbeddedVaultTest, KeepsACardAndOpensIt) {
  const app::StoredCard stored = Keep(Card());
  EXPECT_EQ(stored.provider, "embedded");
  ASSERT_TRUE(stored.sealed);
  EXPECT_EQ(stored.id, base::ToString(stored.sealed->id));
  EXPECT_EQ(stored.sealed->session_id, session_id_);
  EXPECT_EQ(stored.sealed->valid_until, clock_.now + std::chrono::hours(1));
  const auto card = vault_.Open(*stored.sealed);
  ASSERT_TRUE(card);
  EXPECT_EQ(card->account_number.text(), "4242424242424242");
  EXPECT_EQ(card->cardholder_name.text(), "Zoë \"Quote\" Ängström");
  EXPECT_EQ(card->expiry_month, 7);
  EXPECT_EQ(card->expiry_year, 2031);
  EXPECT_EQ(card->network, domain::CardNetwork::kVisa);
}

TEST_F(EmbeddedVaultTest, NeverKeepsTheSecurityCode) {
  const app::StoredCard stored = Keep(Card());
  const auto card = vault_.Open(*stored.sealed);
  ASSERT_TRUE(card);
  EXPECT_TRUE(card->security_code.empty());
}

TEST_F(EmbeddedVaultTest, KeepsACardWithoutAName) {
  domain::Card card = Card();
  card.cardholder_name.Wipe();
  const auto opened = vault_.Open(*Keep(std::move(card)).sealed);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->cardholder_name.empty());
}

TEST_F(EmbeddedVaultTest, ShowsNothingOfTheCard) {
  const app::StoredCard stored = Keep(Card());
  const std::string all =
      stored.id + stored.sealed->key_id + stored.sealed->wrapped_key + stored.sealed->ciphertext;
  for (const std::string_view part : {"4242", "987", "account_number", "2031", "VISA", "Quote"}) {
    EXPECT_EQ(all.find(part), std::string::npos) << part;
  }
}

TEST_F(EmbeddedVaultTest, SealsTheSameCardDifferentlyEachTime) {
  const app::StoredCard first = Keep(Card());
  const app::StoredCard second = Keep(Card());
  EXPECT_NE(first.sealed->id, second.sealed->id);
  EXPECT_NE(first.sealed->ciphertext, second.sealed->ciphertext);
  EXPECT_NE(first.sealed->wrapped_key, second.sealed->wrapped_key);
}

TEST_F(EmbeddedVaultTest, RefusesChangedBytes) {
  const app::SealedCard good = *Keep(Card()).sealed;
  for (std::string app::SealedCard::* member :
       {&app::SealedCard::wrapped_key, &app::SealedCard::ciphertext}) {
    for (std::size_t i = 0; i < (good.*member).size(); ++i) {
      app::SealedCard changed = good;
      (changed.*member)[i] = static_cast<char>((changed.*member)[i] ^ 1);
      const auto card = vault_.Open(changed);
      ASSERT_FALSE(card);
      EXPECT_EQ(card.error().code, ErrorCode::kMalformed);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{27}, (good.*member).size() - 1}) {
      app::SealedCard cut = good;
      (cut.*member).resize(size);
      EXPECT_FALSE(vault_.Open(cut));
    }
  }
}

TEST_F(EmbeddedVaultTest, RefusesARowThatWasMoved) {
  const app::SealedCard good = *Keep(Card()).sealed;
  const app::SealedCard other = *Keep(Card("5555555555554444")).sealed;
  app::SealedCard moved = good;
  moved.session_id = ids_.NewUuid();
  EXPECT_FALSE(vault_.Open(moved));
  moved = good;
  moved.id = other.id;
  EXPECT_FALSE(vault_.Open(moved));
  moved = good;
  moved.wrapped_key = other.wrapped_key;
  EXPECT_FALSE(vault_.Open(moved));
  moved = good;
  moved.ciphertext = other.ciphertext;
  moved.wrapped_key = other.wrapped_key;
  EXPECT_FALSE(vault_.Open(moved));
  EXPECT_TRUE(vault_.Open(good));
}

TEST_F(EmbeddedVaultTest, RefusesACardWhoseTimeIsOver) {
  const app::SealedCard sealed = *Keep(Card()).sealed;
  clock_.now = sealed.valid_until - base::Millis(1);
  EXPECT_TRUE(vault_.Open(sealed));
  clock_.now = sealed.valid_until;
  const auto card = vault_.Open(sealed);
  ASSERT_FALSE(card);
  EXPECT_EQ(card.error().code, ErrorCode::kExpired);
}

TEST_F(EmbeddedVaultTest, SaysThatItsKeyIsGone) {
  const app::SealedCard sealed = *Keep(Card()).sealed;
  const Keychain other_keys(KeyRing::Generate(clock_.now), clock_);
  const EmbeddedVault other(other_keys, ids_, clock_);
  const auto card = other.Open(sealed);
  ASSERT_FALSE(card);
  EXPECT_EQ(card.error().code, ErrorCode::kNotFound);
}

TEST_F(EmbeddedVaultTest, GivesRecordsOrderedIds) {
  const app::StoredCard first = Keep(Card());
  const app::StoredCard second = Keep(Card());
  EXPECT_LT(first.sealed->id, second.sealed->id);
}

}  // namespace
}  // namespace obolus::vault
