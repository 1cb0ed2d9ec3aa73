#include "cli/api_key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "net/test_folder.h"

namespace obolus::cli {
namespace {

using base::ErrorCode;

const base::Timestamp kNow = *base::ParseTime("2026-11-28T12:00:00Z");

class ApiKeyFile : public ::testing::Test {
 protected:
  base::Result<std::string> Add(const std::string& name,
                                std::optional<base::Timestamp> end = std::nullopt) {
    return AddApiKey(file(), {.name = name, .scopes = {app::Scope::kEvents}, .expires_at = end},
                     kNow);
  }
  std::string List() { return DescribeApiKeys(file(), kNow, false).value_or("cannot be read"); }
  std::string Text() {
    std::ifstream stream(file());
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  std::string file() const { return folder_.path() / "keys.json"; }

 private:
  net::TestFolder folder_;
};

TEST_F(ApiKeyFile, HoldsDigestsAndNeverAKeyAndIsForItsOwner) {
  const auto key = Add("commerce");
  ASSERT_TRUE(key);
  EXPECT_EQ(Text().find(*key), std::string::npos);
  EXPECT_NE(Text().find(base::EncodeHex(base::Sha256(base::AsBytes(*key)))), std::string::npos);
  struct stat info{};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(ApiKeyFile, TakesTwoActiveKeysOfANameAndNoThird) {
  ASSERT_TRUE(Add("commerce"));
  ASSERT_TRUE(Add("commerce"));
  ASSERT_TRUE(Add("other"));
  EXPECT_EQ(Add("commerce").error().code, ErrorCode::kConflict);
}

TEST_F(ApiKeyFile, KeysGoByIdOrByName) {
  ASSERT_TRUE(Add("commerce"));
  ASSERT_TRUE(Add("commerce"));
  ASSERT_TRUE(Add("other", kNow + std::chrono::hours(1)));
  const std::string id = List().substr(List().find('\n') + 1, 16);
  EXPECT_EQ(RevokeApiKeys(file(), id, kNow).value(), 1U);
  EXPECT_EQ(List().find(id), std::string::npos);
  EXPECT_EQ(RevokeApiKeys(file(), id, kNow).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(RevokeApiKeys(file(), "commerce", kNow).value(), 1U);
  EXPECT_NE(List().find("2026-11-28T13:00:00.000Z"), std::string::npos);
}

TEST_F(ApiKeyFile, RefusesWhatCannotBeAKey) {
  EXPECT_EQ(Add("No Name").error().fields.at(0).pointer, "--name");
  EXPECT_EQ(Add("a", kNow).error().fields.at(0).pointer, "--expires");
  EXPECT_EQ(AddApiKey(file(), {"a", {}, std::nullopt}, kNow).error().fields.at(0).pointer,
            "--scopes");
  EXPECT_EQ(DescribeApiKeys(file(), kNow, false).error().code, ErrorCode::kNotFound);
}

TEST_F(ApiKeyFile, AFileThatIsBrokenIsNotReplaced) {
  std::ofstream(file()) << "{";
  EXPECT_EQ(Add("commerce").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(Text(), "{");
}

}  // namespace
}  // namespace obolus::cli
