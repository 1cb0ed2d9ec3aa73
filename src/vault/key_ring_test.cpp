#include "vault/key_ring.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

#include "base/json.h"

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;
namespace json = base::json;
using base::ErrorCode;

class FixedClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return base::ParseTime("2026-11-22T20:00:00Z").value(); }
};

class KeyRingTest : public ::testing::Test {
 protected:
  KeyRingTest() {
    std::string name = (fs::temp_directory_path() / "key_ring_test.XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = (folder_ / "obolus.keys").string();
  }
  ~KeyRingTest() override { fs::remove_all(folder_); }

  base::Result<KeyRing> Open() const { return KeyRing::Open(path_, clock_); }
  // The one error of opening; `kInternal` when there is none.
  base::Error OpenError() const {
    const auto ring = Open();
    return ring ? base::Error{ErrorCode::kInternal, "opened", {}, std::nullopt} : ring.error();
  }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void Write(const std::string& text, mode_t mode = 0600) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  const FixedClock clock_;
  fs::path folder_;
  std::string path_;
};

TEST_F(KeyRingTest, MakesAFileForItsOwnerOnly) {
  ASSERT_TRUE(Open());
  struct stat file{};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  // No draft is left beside it.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(KeyRingTest, HasOneOfEachKindAtFirst) {
  const auto ring = Open();
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->CurrentKeyEncryptionKey().key.size(), 32U);
  EXPECT_EQ(ring->CurrentKeyEncryptionKey().times.created_at, clock_.Now());
  EXPECT_EQ(ring->SessionKeyHmac(ring->CurrentSessionKeyId()).size(), 32U);
  std::set<base::JweKeyKind> kinds;
  for (const auto& key : ring->EnvelopeKeys()) kinds.insert(key.kind());
  EXPECT_EQ(kinds.size(), 2U);
  EXPECT_EQ(ring->List().size(), 4U);
}

TEST_F(KeyRingTest, KeepsItsKeys) {
  const auto first = Open();
  const auto second = Open();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->CurrentKeyEncryptionKey().id, second->CurrentKeyEncryptionKey().id);
  EXPECT_EQ(first->CurrentKeyEncryptionKey().key.text(),
            second->CurrentKeyEncryptionKey().key.text());
  EXPECT_EQ(base::AsText(first->SessionKeyHmac(1)), base::AsText(second->SessionKeyHmac(1)));
  const auto keys = first->EnvelopeKeys();
  const auto again = second->EnvelopeKeys();
  ASSERT_EQ(keys.size(), again.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(keys[i].PublicJwk(), again[i].PublicJwk());
  }
}

TEST_F(KeyRingTest, TwoInstallationsShareNothing) {
  const auto first = Open();
  fs::remove(path_);
  const auto second = Open();
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->CurrentKeyEncryptionKey().id, second->CurrentKeyEncryptionKey().id);
  EXPECT_NE(first->CurrentKeyEncryptionKey().key.text(),
            second->CurrentKeyEncryptionKey().key.text());
  EXPECT_NE(base::AsText(first->SessionKeyHmac(1)), base::AsText(second->SessionKeyHmac(1)));
}

TEST_F(KeyRingTest, SaysWhenAKeyIsUnknown) {
  const auto ring = Open();
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->FindKeyEncryptionKey("kek-none"), nullptr);
  EXPECT_EQ(ring->FindKeyEncryptionKey(""), nullptr);
  EXPECT_TRUE(ring->SessionKeyHmac(0).empty());
  EXPECT_TRUE(ring->SessionKeyHmac(255).empty());
  EXPECT_NE(ring->FindKeyEncryptionKey(ring->CurrentKeyEncryptionKey().id), nullptr);
}

TEST_F(KeyRingTest, UsesTheNewestAndKeepsTheOlder) {
  ASSERT_TRUE(Open());
  json::value root = json::parse(Read());
  for (const char* list : {"key_encryption_keys", "session_keys"}) {
    json::array& keys = root.at(list).as_array();
    json::value newer = keys[0];
    newer.at("key") = std::string(43, 'A');
    newer.at("id") = newer.at("id").is_string() ? json::value("kek-new") : json::value(255);
    keys.insert(keys.begin(), newer);
  }
  const std::string old_id(root.at("key_encryption_keys").at(1).at("id").as_string());
  Write(json::serialize(root));
  const auto ring = Open();
  ASSERT_TRUE(ring) << ring.error().message;
  EXPECT_EQ(ring->CurrentKeyEncryptionKey().id, "kek-new");
  EXPECT_NE(ring->FindKeyEncryptionKey(old_id), nullptr);
  EXPECT_EQ(ring->CurrentSessionKeyId(), 255);
  EXPECT_EQ(ring->SessionKeyHmac(255).size(), 32U);
  EXPECT_EQ(ring->SessionKeyHmac(1).size(), 32U);
}

TEST_F(KeyRingTest, RefusesAFileThatOthersMayOpen) {
  ASSERT_TRUE(Open());
  for (const mode_t mode : {0640, 0604, 0660, 0606, 0610, 0601, 0644, 0777}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    const base::Error error = OpenError();
    EXPECT_EQ(error.code, ErrorCode::kForbidden) << mode;
    EXPECT_NE(error.message.find("chmod 600 " + path_), std::string::npos) << error.message;
  }
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_TRUE(Open());
}

TEST_F(KeyRingTest, FollowsALink) {
  ASSERT_TRUE(Open());
  const std::string target = (folder_ / "elsewhere").string();
  fs::rename(path_, target);
  fs::create_symlink(target, path_);
  EXPECT_TRUE(Open());
}

TEST_F(KeyRingTest, SaysThatItsFolderIsMissing) {
  const auto ring = KeyRing::Open((folder_ / "none" / "obolus.keys").string(), clock_);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(ring.error().message.find("No such file"), std::string::npos);
}

TEST_F(KeyRingTest, NeverReplacesAFileThatItCannotRead) {
  for (const std::string_view text : {"", "{}", "not json"}) {
    Write(std::string(text));
    EXPECT_EQ(OpenError().code, ErrorCode::kMalformed);
    EXPECT_EQ(Read(), text);
  }
}

TEST_F(KeyRingTest, NamesTheMemberAtFault) {
  ASSERT_TRUE(Open());
  const json::value good = json::parse(Read());
  struct Change {
    std::string_view pointer;
    json::value value;
    std::string_view named;
  };
  const json::value twice{good.at("session_keys").at(0), good.at("session_keys").at(0)};
  const json::value only_ec{good.at("envelope_keys").at(0)};
  const Change changes[] = {
      {"/version", 3, "/version"},
      {"/version", "1", "/version"},
      {"/key_encryption_keys", nullptr, "/key_encryption_keys"},
      {"/key_encryption_keys", json::value(json::array()), "/key_encryption_keys"},
      {"/key_encryption_keys/0", 1, "/key_encryption_keys/0"},
      {"/key_encryption_keys/0/id", "", "/key_encryption_keys/0/id"},
      {"/key_encryption_keys/0/key", "AAAA", "/key_encryption_keys/0/key"},
      {"/key_encryption_keys/0/key", "not base64url!", "/key_encryption_keys/0/key"},
      {"/key_encryption_keys/0/created_at", "yesterday", "/key_encryption_keys/0/created_at"},
      {"/session_keys/0/id", 256, "/session_keys/0/id"},
      {"/session_keys/0/id", -1, "/session_keys/0/id"},
      {"/session_keys/0/id", "1", "/session_keys/0/id"},
      {"/session_keys/0/key", 1, "/session_keys/0/key"},
      {"/session_keys", twice, "/session_keys/1/id"},
      {"/envelope_keys/0/pem", "no key", "/envelope_keys/0/pem"},
      {"/envelope_keys/0/pem", nullptr, "/envelope_keys/0/pem"},
      {"/envelope_keys", only_ec, "/envelope_keys"}};
  for (const auto& [pointer, value, named] : changes) {
    json::value root = good;
    json::error_code failure;
    *root.find_pointer(pointer, failure) = value;
    Write(json::serialize(root));
    const base::Error error = OpenError();
    EXPECT_EQ(error.code, ErrorCode::kMalformed) << pointer;
    EXPECT_NE(error.message.find(std::string(named) + " "), std::string::npos)
        << pointer << ": " << error.message;
    EXPECT_NE(error.message.find(path_), std::string::npos);
  }
}

TEST_F(KeyRingTest, ManyThatStartAtOnceAgree) {
  std::vector<std::string> ids(6);
  {
    std::vector<std::jthread> starters;
    for (std::string& id : ids) {
      starters.emplace_back([this, &id] {
        const auto ring = Open();
        if (ring) id = ring->CurrentKeyEncryptionKey().id;
      });
    }
  }
  EXPECT_FALSE(ids[0].empty());
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(KeyRingTest, ItsListHoldsNoKey) {
  const auto ring = Open();
  ASSERT_TRUE(ring);
  const std::string key = base::EncodeBase64Url(ring->CurrentKeyEncryptionKey().key.view());
  EXPECT_NE(Read().find(key), std::string::npos);
  for (const auto& info : ring->List()) {
    EXPECT_EQ(info.id.find(key), std::string::npos);
    EXPECT_EQ(info.created_at, clock_.Now());
  }
}

}  // namespace
}  // namespace obolus::vault
