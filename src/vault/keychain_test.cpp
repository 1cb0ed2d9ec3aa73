#include "vault/keychain.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/manual_clock.h"
#include "vault/key_file.h"

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;
using app::KeyInfo;
using app::KeyKind;
using app::KeyState;
using base::ErrorCode;
using base::Millis;

const std::vector<KeyKind> kAll = {KeyKind::kKeyEncryption, KeyKind::kSession, KeyKind::kEnvelope};

class KeychainTest : public ::testing::Test {
 protected:
  KeychainTest() {
    std::string name = (fs::temp_directory_path() / "keychain_test.XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = (folder_ / "obolus.keys").string();
    // One for all tests: an RSA key takes a while.
    static const base::SecretBytes text = KeyRing::Generate(clock_.Now()).Print();
    EXPECT_TRUE(CreateKeyFile(path_, text.view()));
  }
  ~KeychainTest() override { fs::remove_all(folder_); }

  // What one process has.
  std::unique_ptr<Keychain> Open(Millis spread = kSpread) {
    return std::make_unique<Keychain>(KeyRing::Open(path_, clock_).value(),
                                      Keychain::FileStorage(path_), spread, clock_);
  }
  static std::vector<KeyInfo> Of(const Keychain& keys, KeyKind kind) {
    auto list = keys.List();
    std::erase_if(list, [kind](const KeyInfo& info) { return info.kind != kind; });
    return list;
  }
  static std::vector<KeyState> StatesOf(const Keychain& keys, KeyKind kind) {
    std::vector<KeyState> states;
    for (const auto& info : Of(keys, kind)) states.push_back(info.state);
    return states;
  }
  static std::string NewestKek(const Keychain& keys) {
    return keys.ring()->CurrentKeyEncryptionKey().id;
  }

  static constexpr Millis kSpread{10'000};
  testing::ManualClock clock_;
  fs::path folder_;
  std::string path_;
};

TEST_F(KeychainTest, ANewKeyIsKnownToAllBeforeAnybodyUsesIt) {
  const auto ours = Open();
  const auto theirs = Open();
  const std::string old = NewestKek(*ours);
  const auto made = ours->Rotate({KeyKind::kKeyEncryption});
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_EQ(made->size(), 1U);
  EXPECT_EQ(StatesOf(*ours, KeyKind::kKeyEncryption),
            (std::vector{KeyState::kPending, KeyState::kActive}));
  EXPECT_EQ(NewestKek(*ours), old);
  // The other one sees the file, and could open already what a fast clock seals with it.
  EXPECT_TRUE(theirs->Refresh().value());
  EXPECT_NE(theirs->ring()->FindKeyEncryptionKey(made->front()), nullptr);
  EXPECT_EQ(NewestKek(*theirs), old);
  EXPECT_FALSE(theirs->Refresh().value());

  clock_.Advance(kSpread - Millis(1));
  EXPECT_FALSE(ours->Refresh().value());
  clock_.Advance(Millis(1));
  for (Keychain* keys : {ours.get(), theirs.get()}) {
    EXPECT_TRUE(keys->Refresh().value());
    EXPECT_EQ(NewestKek(*keys), made->front());
    EXPECT_NE(keys->ring()->FindKeyEncryptionKey(old), nullptr);
    EXPECT_EQ(StatesOf(*keys, KeyKind::kKeyEncryption),
              (std::vector{KeyState::kActive, KeyState::kAccepting}));
    EXPECT_EQ(Of(*keys, KeyKind::kKeyEncryption)[1].replaced_at, clock_.Now());
  }
}

TEST_F(KeychainTest, WithoutASpreadANewKeyIsUsedAtOnce) {
  const auto keys = Open(Millis(0));
  clock_.Advance(Millis(1));
  const auto made = keys->Rotate(kAll);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), 4U);
  EXPECT_EQ(NewestKek(*keys), made->at(0));
  EXPECT_EQ(std::to_string(keys->ring()->CurrentSessionKeyId()), made->at(1));
  const auto envelope = keys->ring()->EnvelopeKeys();
  ASSERT_EQ(envelope.size(), 4U);
  std::vector<std::string> first{envelope[0].kid(), envelope[1].kid()};
  std::ranges::sort(first);
  std::vector<std::string> expected{made->at(2), made->at(3)};
  std::ranges::sort(expected);
  EXPECT_EQ(first, expected);
}

TEST_F(KeychainTest, APendingEnvelopeKeyOpensButIsNotShown) {
  const auto keys = Open();
  const auto old = keys->ring()->EnvelopeKeys();
  ASSERT_TRUE(keys->Rotate({KeyKind::kEnvelope}));
  const auto now = keys->ring()->EnvelopeKeys();
  ASSERT_EQ(now.size(), 4U);
  EXPECT_EQ(now[0].kid(), old[0].kid());
  EXPECT_EQ(now[1].kid(), old[1].kid());
}

TEST_F(KeychainTest, TwentyRotationsKeepEveryKeyUntilItIsRetired) {
  const auto keys = Open(Millis(0));
  std::vector<std::string> all{NewestKek(*keys)};
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(Millis(5));
    all.push_back(keys->Rotate({KeyKind::kKeyEncryption, KeyKind::kSession}).value().front());
    EXPECT_EQ(NewestKek(*keys), all.back());
  }
  for (const auto& id : all) EXPECT_NE(keys->ring()->FindKeyEncryptionKey(id), nullptr);
  EXPECT_EQ(keys->ring()->SessionKeyIds().size(), 21U);
  all.pop_back();
  for (const auto& id : all) EXPECT_TRUE(keys->Retire(id));
  EXPECT_EQ(KeyRing::Open(path_, clock_)->List(), keys->List());
}

TEST_F(KeychainTest, OnlyAKeyThatWasReplacedCanBeRetired) {
  const auto keys = Open();
  const std::string first = NewestKek(*keys);
  const auto code = [&](const std::string& id) { return keys->Retire(id).error().code; };
  EXPECT_EQ(code("kek-none"), ErrorCode::kNotFound);
  EXPECT_EQ(code(first), ErrorCode::kConflict) << "active";
  const std::string second = keys->Rotate({KeyKind::kKeyEncryption}).value().front();
  EXPECT_EQ(code(second), ErrorCode::kConflict) << "pending";
  EXPECT_EQ(keys->Rotate({KeyKind::kKeyEncryption}).error().code, ErrorCode::kConflict);
  clock_.Advance(kSpread);
  ASSERT_TRUE(keys->Refresh());
  EXPECT_TRUE(keys->Retire(first));
  EXPECT_EQ(code(first), ErrorCode::kConflict) << "retired already";
  EXPECT_EQ(keys->ring()->FindKeyEncryptionKey(first), nullptr);
  EXPECT_TRUE(keys->ring()->KnowsKeyEncryptionKey(first));
  EXPECT_FALSE(keys->ring()->KnowsKeyEncryptionKey("kek-none"));
  const KeyInfo gone = Of(*keys, KeyKind::kKeyEncryption)[1];
  EXPECT_EQ(gone.state, KeyState::kRetired);
  EXPECT_EQ(gone.retired_at, clock_.Now());
}

TEST_F(KeychainTest, ARetiredKeyIsNowhereInTheFile) {
  const auto keys = Open(Millis(0));
  const std::string first = NewestKek(*keys);
  const std::string secret =
      base::EncodeBase64Url(keys->ring()->CurrentKeyEncryptionKey().key.view());
  const auto in_file = [&] {
    return ReadKeyFile(path_).value().text().find(secret) != std::string_view::npos;
  };
  clock_.Advance(Millis(5));
  ASSERT_TRUE(keys->Rotate({KeyKind::kKeyEncryption}));
  EXPECT_TRUE(in_file());
  ASSERT_TRUE(keys->Retire(first));
  EXPECT_FALSE(in_file());
}

TEST_F(KeychainTest, SessionKeyNumbersGoRoundAndNeverMeet) {
  KeyRing ring = KeyRing::Open(path_, clock_).value();
  for (int i = 0; i < 300; ++i) {
    const std::string old = std::to_string(ring.CurrentSessionKeyId());
    clock_.Advance(Millis(5));
    const auto made = ring.Add(KeyKind::kSession, clock_.Now(), clock_.Now());
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_NE(made->front(), old);
    ASSERT_TRUE(ring.Retire(old, clock_.Now()));
  }
}

TEST_F(KeychainTest, KeepsNoMoreThanItCanTry) {
  const auto keys = Open(Millis(0));
  std::size_t rotations = 0;
  while (rotations < 100) {
    clock_.Advance(Millis(5));
    const auto made = keys->Rotate({KeyKind::kSession});
    if (!made) {
      EXPECT_EQ(made.error().code, ErrorCode::kConflict);
      break;
    }
    ++rotations;
  }
  EXPECT_EQ(rotations, KeyRing::kMostKeys - 1);
}

TEST_F(KeychainTest, TheFileIsReplacedWholeAndStaysItsOwnersOnly) {
  const auto keys = Open();
  ASSERT_TRUE(keys->Rotate(kAll));
  struct stat file{};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  EXPECT_EQ(file.st_nlink, 1U);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_))
    names.push_back(entry.path().filename());
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"obolus.keys", "obolus.keys.lock"}));
}

TEST_F(KeychainTest, AFileBehindALinkIsReplacedWhereItIs) {
  const auto keys = Open();
  const std::string target = (folder_ / "elsewhere").string();
  fs::rename(path_, target);
  fs::create_symlink(target, path_);
  ASSERT_TRUE(keys->Rotate(kAll));
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(KeyRing::Open(target, clock_)->List(), keys->List());
}

TEST_F(KeychainTest, AFileThatCannotBeReadLeavesTheKeysAsTheyWere) {
  const auto keys = Open();
  const auto before = keys->List();
  ASSERT_TRUE(keys->Refresh());
  std::ofstream(path_) << "not keys";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(keys->Refresh().error().code, ErrorCode::kMalformed);
    EXPECT_EQ(keys->List(), before);
  }
  EXPECT_FALSE(keys->Rotate(kAll));
  fs::remove(path_);
  EXPECT_EQ(keys->Refresh().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(keys->List(), before);
}

TEST_F(KeychainTest, ManyThatChangeTheFileAtOnceLoseNothing) {
  std::vector<std::jthread> rotators;
  std::atomic<int> made = 0;
  static_cast<void>(Open());
  for (int i = 0; i < 6; ++i) {
    rotators.emplace_back([&] {
      const auto keys = Open(Millis(0));
      for (int n = 0; n < 4; ++n) {
        clock_.Advance(Millis(50));
        if (keys->Rotate({KeyKind::kSession})) ++made;
      }
    });
  }
  rotators.clear();
  const auto ring = KeyRing::Open(path_, clock_);
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->SessionKeyIds().size(), 1U + static_cast<std::size_t>(made));
  EXPECT_GT(made, 6);
}

TEST_F(KeychainTest, TellsItsListenerOfEachNewRing) {
  const auto keys = Open(Millis(0));
  std::vector<std::string> heard;
  keys->OnChange([&](const KeyRing& ring) { heard.push_back(ring.CurrentKeyEncryptionKey().id); });
  clock_.Advance(Millis(5));
  const auto made = keys->Rotate({KeyKind::kKeyEncryption});
  ASSERT_TRUE(made);
  EXPECT_EQ(heard, *made);
}

TEST_F(KeychainTest, KeysWithoutAFileStayAsTheyAre) {
  Keychain keys(KeyRing::Generate(clock_.Now()), clock_);
  EXPECT_EQ(keys.Rotate(kAll).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(keys.Retire(NewestKek(keys)).error().code, ErrorCode::kInvalid);
  EXPECT_FALSE(keys.Refresh().value());
}

}  // namespace
}  // namespace obolus::vault
