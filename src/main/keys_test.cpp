#include "main/keys.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "storage/memory_store.h"
#include "support/manual_clock.h"
#include "vault/keychain.h"

namespace obolus::main {
namespace {

namespace fs = std::filesystem;

class Keys : public ::testing::Test {
 protected:
  Keys() {
    std::string name = (fs::temp_directory_path() / "keys_test.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Keys() override { fs::remove_all(folder_); }

  std::string File(const char* name) const { return folder_ / name; }
  base::Result<OpenedKeys> Open(const std::string& file, app::Store& store) const {
    return OpenKeys({.file = file, .database = "payments"}, store, clock_);
  }
  static std::string CurrentOf(const base::Result<OpenedKeys>& keys) {
    return keys->ring.CurrentKeyEncryptionKey().id;
  }
  void ExpectRefused(const std::string& file, app::Store& store) const {
    const auto refused = Open(file, store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::kConflict);
    for (const std::string& part : {file, std::string("payments"), std::string("vault.key_file")}) {
      EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
    }
  }

  base::SystemClock clock_;
  fs::path folder_;
  storage::MemoryStore store_;
};

TEST_F(Keys, AreMadeOnceAndFoundAgainByEveryReplica) {
  const auto first = Open(File("keys"), store_);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = Open(File("keys"), store_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(CurrentOf(first), CurrentOf(second));
}

TEST_F(Keys, OfAnotherDatabaseAreRefused) {
  storage::MemoryStore other;
  ASSERT_TRUE(Open(File("ours"), store_));
  ASSERT_TRUE(Open(File("theirs"), other));
  ExpectRefused(File("theirs"), store_);
  ExpectRefused(File("ours"), other);
  EXPECT_TRUE(Open(File("ours"), store_));
}

TEST_F(Keys, AreNotMadeForADatabaseThatKnowsOthers) {
  ASSERT_TRUE(Open(File("ours"), store_));
  ExpectRefused(File("none"), store_);
  EXPECT_FALSE(fs::exists(File("none")));
}

TEST_F(Keys, ThatExistBeforeTheDatabaseBelongToItFromThenOn) {
  storage::MemoryStore before;
  ASSERT_TRUE(Open(File("ours"), before));
  ASSERT_TRUE(Open(File("ours"), store_));
  ExpectRefused(File("none"), store_);
}

// The database remembers the first key of all by its name.
TEST_F(Keys, GoOnBelongingToTheDatabaseWhenTheFirstOneIsRetired) {
  auto keys = Open(File("ours"), store_);
  ASSERT_TRUE(keys);
  const std::string first = CurrentOf(keys);
  testing::ManualClock clock;
  clock.Advance(clock_.Now() - clock.Now() + base::Millis(60'000));
  vault::Keychain chain(std::move(keys->ring), keys->storage, base::Millis(0), clock);
  ASSERT_TRUE(chain.Rotate({app::KeyKind::kKeyEncryption}));
  ASSERT_TRUE(chain.Retire(first));
  const auto again = Open(File("ours"), store_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(CurrentOf(again), first);
  storage::MemoryStore other;
  ASSERT_TRUE(Open(File("theirs"), other));
  ExpectRefused(File("theirs"), store_);
}

// A pipe with `text` in it, and its number in the environment.
void Inherit(std::string_view text) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  ASSERT_EQ(setenv("OBOLUS_KEYS_FD", std::to_string(ends[0]).c_str(), 1), 0);
}

TEST_F(Keys, AreReadOnceFromAnInheritedDescriptor) {
  const base::SecretBytes text = vault::KeyRing::Generate(clock_.Now()).Print();
  const KeyPlace place{
      .source = KeySource::kDescriptor, .file = File("none"), .database = "payments"};
  Inherit(text.text());
  const int descriptor = std::stoi(std::getenv("OBOLUS_KEYS_FD"));
  auto keys = OpenKeys(place, store_, clock_);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(std::getenv("OBOLUS_KEYS_FD"), nullptr);
  EXPECT_EQ(fcntl(descriptor, F_GETFD), -1) << "it is closed";
  EXPECT_FALSE(fs::exists(File("none")));
  vault::Keychain chain(std::move(keys->ring), keys->storage, keys->spread, clock_);
  EXPECT_EQ(chain.Rotate({app::KeyKind::kSession}).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(OpenKeys(place, store_, clock_).error().code, base::ErrorCode::kInvalid);
}

TEST_F(Keys, ThatAreInheritedMustBeTheDatabasesToo) {
  ASSERT_TRUE(Open(File("ours"), store_));
  const KeyPlace place{.source = KeySource::kDescriptor, .file = "", .database = "payments"};
  Inherit(vault::KeyRing::Generate(clock_.Now()).Print().text());
  EXPECT_EQ(OpenKeys(place, store_, clock_).error().code, base::ErrorCode::kConflict);
  Inherit("not keys");
  EXPECT_EQ(OpenKeys(place, store_, clock_).error().code, base::ErrorCode::kMalformed);
  ASSERT_EQ(setenv("OBOLUS_KEYS_FD", "three", 1), 0);
  EXPECT_EQ(OpenKeys(place, store_, clock_).error().code, base::ErrorCode::kInvalid);
  unsetenv("OBOLUS_KEYS_FD");
}

TEST_F(Keys, OfAStoreThatDoesNotAnswerAreNotMade) {
  store_.Close();
  const auto keys = Open(File("keys"), store_);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, base::ErrorCode::kUnavailable);
  EXPECT_FALSE(fs::exists(File("keys")));
}

}  // namespace
}  // namespace obolus::main
