#include "app/rewrap_cards.h"

#include <gtest/gtest.h>

#include <thread>

#include "support/app_stand.h"
#include "support/manual_scheduler.h"
#include "vault/embedded_vault.h"

namespace obolus::app {
namespace {

using testing::Await;

// A store of cards under a keychain whose file stays in memory.
class RewrapCardsTest : public ::testing::Test {
 protected:
  RewrapCardsTest() {
    text_ = std::make_shared<base::SecretBytes>(vault::KeyRing::Generate(clock_.Now()).Print());
    path_ = ::testing::TempDir() + "rewrap_cards_test." + std::to_string(getpid());
    keys_ = std::make_unique<vault::Keychain>(
        vault::KeyRing::Parse(*text_, clock_.Now()).value(),
        vault::Keychain::Storage{.read = [text = text_] { return text->Clone(); },
                                 .write =
                                     [text = text_](const base::SecretBytes& next) {
                                       *text = next.Clone();
                                       return base::Status();
                                     },
                                 .file = path_,
                                 .name = "memory"},
        base::Millis(0), clock_);
    vault_ = std::make_unique<vault::EmbeddedVault>(*keys_, ids_, clock_);
    Make({});
  }
  ~RewrapCardsTest() override { static_cast<void>(remove((path_ + ".lock").c_str())); }

  void Make(RewrapCards::Options options) {
    rewrap_ = std::make_unique<RewrapCards>(store_, *vault_, scheduler_, options,
                                            [this](const RewrapProgress& now) { last_ = now; });
  }

  void Rotate() {
    clock_.Advance(base::Millis(1));
    ASSERT_TRUE(keys_->Rotate({KeyKind::kKeyEncryption}));
  }
  SealedCard Keep() {
    std::optional<SealedCard> sealed;
    domain::Card card{base::SecretBytes(std::string_view("4242424242424242")),
                      base::SecretBytes(),
                      base::SecretBytes(),
                      7,
                      2031,
                      domain::CardNetwork::kVisa};
    vault_->Keep(std::move(card), ids_.NewUuid(), clock_.Now() + std::chrono::hours(1), "",
                 [&](Result<StoredCard> stored) { sealed = std::move(stored->sealed); });
    EXPECT_TRUE(Insert(*sealed));
    return *sealed;
  }
  bool Insert(const SealedCard& card) {
    return Await<bool>([&](base::Done<bool> done) {
             Transact<bool>(
                 store_,
                 [card](Transaction& tx) -> Result<bool> {
                   if (auto put = tx.InsertCard(card); !put) return std::unexpected(put.error());
                   return true;
                 },
                 std::move(done));
           })
        .value_or(false);
  }
  std::optional<SealedCard> Find(const Uuid& id) {
    return Await<std::optional<SealedCard>>([&](auto done) {
             Read<std::optional<SealedCard>>(
                 store_, [id](Transaction& tx) { return tx.FindCard(id); }, std::move(done));
           })
        .value();
  }
  RewrapCards::Batch Batch(const RewrapCards::Place& from, std::size_t limit) {
    return Await<RewrapCards::Batch>([&](auto done) {
             RewrapCards::RunBatch(store_, *vault_, from, limit, std::move(done));
           })
        .value();
  }
  // Until the walk that was begun has ended.
  void Walk() {
    for (int i = 0; i < 2'000 && rewrap_->Progress().running; ++i) {
      scheduler_.Advance(base::Millis(20));
      std::this_thread::sleep_for(base::Millis(1));
    }
    EXPECT_FALSE(rewrap_->Progress().running);
  }

  testing::ManualClock clock_;
  testing::ManualScheduler scheduler_{clock_};
  base::RandomIdSource ids_;
  storage::MemoryStore store_;
  std::string path_;
  std::shared_ptr<base::SecretBytes> text_;
  std::unique_ptr<vault::Keychain> keys_;
  std::unique_ptr<vault::EmbeddedVault> vault_;
  std::unique_ptr<RewrapCards> rewrap_;
  RewrapProgress last_;
};

TEST_F(RewrapCardsTest, EveryCardComesUnderTheNewKeyAndItsCiphertextStays) {
  std::vector<SealedCard> cards;
  for (int i = 0; i < 7; ++i) cards.push_back(Keep());
  Rotate();
  cards.push_back(Keep());
  Rotate();
  Make({.batch = 2});
  rewrap_->Wake();
  Walk();
  EXPECT_EQ(rewrap_->Progress().rewrapped, 8);
  EXPECT_EQ(rewrap_->Progress().waiting, 0);
  EXPECT_EQ(last_.rewrapped, 8);
  for (const SealedCard& before : cards) {
    const auto now = Find(before.id);
    ASSERT_TRUE(now);
    EXPECT_EQ(now->key_id, vault_->NewestKeyId());
    EXPECT_NE(now->wrapped_key, before.wrapped_key);
    EXPECT_EQ(now->ciphertext, before.ciphertext);
    EXPECT_EQ(now->session_id, before.session_id);
    EXPECT_EQ(now->valid_until, before.valid_until);
    EXPECT_EQ(vault_->Open(*now)->account_number.text(), "4242424242424242");
  }
}

TEST_F(RewrapCardsTest, AWalkMayStopAnywhereAndBeginAgain) {
  std::vector<SealedCard> cards;
  for (int i = 0; i < 5; ++i) cards.push_back(Keep());
  const std::string old = vault_->NewestKeyId();
  Rotate();
  const auto first = Batch({old, {}}, 2);
  EXPECT_EQ(first.rewrapped, 2);
  ASSERT_TRUE(first.last);
  // As after a crash: nothing is remembered, and nothing is done twice.
  rewrap_->Wake();
  Walk();
  EXPECT_EQ(rewrap_->Progress().rewrapped, 3);
  for (const auto& card : cards) EXPECT_TRUE(vault_->Open(*Find(card.id)));
}

TEST_F(RewrapCardsTest, ACardThatDoesNotOpenIsCountedAndHoldsNobodyUp) {
  SealedCard broken = Keep();
  SealedCard copy = broken;
  copy.id = ids_.NewUuid();
  copy.wrapped_key[40] = static_cast<char>(copy.wrapped_key[40] ^ 1);
  ASSERT_TRUE(Insert(copy));
  const auto good = Keep();
  Rotate();
  Make({.batch = 1});
  rewrap_->Wake();
  Walk();
  EXPECT_EQ(rewrap_->Progress().failed, 1);
  EXPECT_EQ(rewrap_->Progress().waiting, 1);
  EXPECT_EQ(Find(copy.id), copy);
  EXPECT_EQ(Find(good.id)->key_id, vault_->NewestKeyId());
}

TEST_F(RewrapCardsTest, AKeyThatComesDuringAWalkIsWalkedToo) {
  for (int i = 0; i < 4; ++i) Keep();
  Rotate();
  Make({.batch = 1});
  rewrap_->Wake();
  scheduler_.Advance(base::Millis(20));
  Rotate();
  rewrap_->Wake();
  Walk();
  Walk();
  const auto counts = Await<std::vector<CardCount>>(
      [&](auto done) { RewrapCards::CountOld(store_, *vault_, std::move(done)); });
  EXPECT_EQ(counts.value().size(), 0U);
}

TEST_F(RewrapCardsTest, NothingIsDoneWhereThereIsNothingToDo) {
  const auto card = Keep();
  EXPECT_EQ(Batch({vault_->NewestKeyId(), {}}, 10).rewrapped, 0);
  rewrap_->Wake();
  Walk();
  EXPECT_EQ(Find(card.id), card);
}

TEST_F(RewrapCardsTest, AStoppedWalkBeginsNoBatch) {
  Keep();
  Rotate();
  rewrap_->Stop();
  rewrap_->Wake();
  scheduler_.Advance(base::Millis(1'000));
  EXPECT_EQ(rewrap_->Progress().rewrapped, 0);
}

}  // namespace
}  // namespace obolus::app
