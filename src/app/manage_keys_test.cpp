#include "app/manage_keys.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using base::Millis;
using testing::AppStand;
using testing::Await;

constexpr Millis kSpread{10'000};

// Three keys of each kind at most, as a test sets them; retiring notes the id.
class FakeKeychain final : public Keychain {
 public:
  std::vector<KeyInfo> List() const override { return keys; }
  Millis Spread() const override { return kSpread; }
  Result<std::vector<std::string>> Rotate(const std::vector<KeyKind>&) override {
    return std::vector<std::string>();
  }
  base::Status Retire(const std::string& id) override {
    retired.push_back(id);
    return {};
  }
  std::vector<KeyInfo> keys;
  std::vector<std::string> retired;
};

class ManageKeysTest : public ::testing::Test {
 protected:
  ManageKeysTest() {
    for (const auto& [kind, id] :
         {std::pair(KeyKind::kKeyEncryption, "kek"), std::pair(KeyKind::kSession, "session"),
          std::pair(KeyKind::kEnvelope, "envelope")}) {
      const auto now = stand_.clock.Now();
      keys_.keys.push_back({.kind = kind,
                            .id = id + std::string("-new"),
                            .state = KeyState::kActive,
                            .created_at = now,
                            .active_at = now});
      keys_.keys.push_back({.kind = kind,
                            .id = id + std::string("-old"),
                            .state = KeyState::kAccepting,
                            .created_at = now - std::chrono::hours(1),
                            .active_at = now - std::chrono::hours(1),
                            .replaced_at = now});
    }
  }
  KeyServices Services() { return {stand_.store, keys_, stand_.clock}; }
  Result<KeyNeeds> Retire(const std::string& id) {
    return Await<KeyNeeds>([&](auto done) { RetireKey(Services(), id, std::move(done)); });
  }
  std::int64_t NeedsOf(const std::string& id) {
    const auto list =
        Await<std::vector<KeyNeeds>>([&](auto done) { ListKeys(Services(), std::move(done)); });
    for (const auto& needs : *list) {
      if (needs.key.id == id) return needs.needed_by;
    }
    return -1;
  }
  void ExpectRefused(const std::string& id, const std::string& because) {
    const auto refused = Retire(id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_NE(refused.error().message.find(because), std::string::npos) << refused.error().message;
    EXPECT_TRUE(keys_.retired.empty());
  }
  void InsertCard(const std::string& key_id) {
    SealedCard card;
    card.id = stand_.ids.NewUuid();
    card.key_id = key_id;
    card.valid_until = stand_.clock.Now() + std::chrono::hours(1);
    ASSERT_TRUE(Await<bool>([&](auto done) {
      Transact<bool>(
          stand_.store,
          [card](Transaction& tx) -> Result<bool> {
            if (auto put = tx.InsertCard(card); !put) return std::unexpected(put.error());
            return true;
          },
          std::move(done));
    }));
  }

  AppStand stand_;
  FakeKeychain keys_;
};

TEST_F(ManageKeysTest, AKeyThatNothingNeedsIsRetired) {
  stand_.clock.Advance(kSpread);
  for (const std::string id : {"kek-old", "session-old", "envelope-old"}) {
    EXPECT_TRUE(Retire(id)) << id;
    EXPECT_EQ(keys_.retired.back(), id);
  }
}

TEST_F(ManageKeysTest, AKeyOfSealedCardsIsNotRetired) {
  stand_.clock.Advance(kSpread);
  for (int i = 0; i < 3; ++i) InsertCard("kek-old");
  InsertCard("kek-new");
  EXPECT_EQ(NeedsOf("kek-old"), 3);
  EXPECT_EQ(NeedsOf("kek-new"), 1);
  ExpectRefused("kek-old", "3 sealed cards");
}

TEST_F(ManageKeysTest, KeysOfSessionsThatHaveNotEndedAreNotRetired) {
  const auto before = stand_.OpenPayment();
  stand_.clock.Advance(kSpread + Millis(1));
  stand_.OpenPayment();
  EXPECT_EQ(NeedsOf("session-old"), 1) << "the younger one has a newer key";
  EXPECT_EQ(NeedsOf("session-new"), 2);
  ExpectRefused("session-old", "1 sessions");
  ExpectRefused("envelope-old", "1 payment sessions");
  ASSERT_TRUE(stand_.Cancel(before.key));
  EXPECT_TRUE(Retire("session-old"));
  EXPECT_TRUE(Retire("envelope-old"));
}

// A replica that has not looked at the file yet still makes session keys with the old key.
TEST_F(ManageKeysTest, ASessionThatBeganWhileTheKeySpreadCountsForTheOldOne) {
  stand_.clock.Advance(kSpread);
  stand_.OpenPayment();
  EXPECT_EQ(NeedsOf("session-old"), 1);
}

TEST_F(ManageKeysTest, AKeyThatWasReplacedJustNowIsNotRetired) {
  stand_.clock.Advance(kSpread - Millis(1));
  for (const std::string id : {"kek-old", "session-old", "envelope-old"}) {
    ExpectRefused(id, "another replica may use it until");
  }
}

TEST_F(ManageKeysTest, AKeyThatIsNotThereIsSaidToBe) {
  EXPECT_EQ(Retire("kek-none").error().code, ErrorCode::kNotFound);
}

TEST_F(ManageKeysTest, NothingIsRetiredWhileTheStoreDoesNotAnswer) {
  stand_.clock.Advance(kSpread);
  stand_.store.Close();
  EXPECT_EQ(Retire("kek-old").error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(keys_.retired.empty());
}

}  // namespace
}  // namespace obolus::app
