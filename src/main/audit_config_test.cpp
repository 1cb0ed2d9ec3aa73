#include "main/audit_config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "main/test_config.h"

namespace obolus::main {
namespace {

class AuditConfig : public ::testing::Test {
 protected:
  AuditConfig() {
    std::string folder = ::testing::TempDir() + "audit-config-XXXXXX";
    folder_ = mkdtemp(folder.data());
    config_ = Load({"data_dir=" + folder_}).value();
  }
  ~AuditConfig() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  Config config_;
  base::Metrics metrics_;
};

TEST_F(AuditConfig, EverythingIsInTheDataFolderUnlessSaidOtherwise) {
  EXPECT_EQ(config_.audit.dir, folder_ + "/audit");
  EXPECT_EQ(config_.audit.key_file, folder_ + "/audit.key");
  EXPECT_FALSE(config_.audit.instance.empty());
  const auto other = Load({"audit.dir=/a", "audit.key_file=/k", "audit.instance=pay-1"});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->audit.dir, "/a");
  EXPECT_EQ(other->audit.key_file, "/k");
  EXPECT_EQ(other->audit.instance, "pay-1");
}

TEST_F(AuditConfig, FaultsNameTheirSetting) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"audit.rotate_mb", "0"},           {"audit.max_queued", "15"},
      {"audit.keep_days", "89"},          {"audit.keep_files", "-1"},
      {"audit.refusals_per_minute", "0"}, {"audit.instance", std::string(257, 'x')}};
  for (const auto& [key, value] : rows) {
    std::string setting = key;
    setting.append("=").append(value);
    const auto config = Load({setting});
    ASSERT_FALSE(config) << key;
    EXPECT_EQ(config.error().fields[0].pointer, key);
  }
}

TEST_F(AuditConfig, TheFirstStartMakesAKeyThatIsKept) {
  ASSERT_TRUE(OpenAudit(config_, metrics_));
  struct stat info{};
  ASSERT_EQ(stat(config_.audit.key_file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto first = ReadAuditKey(config_.audit.key_file)->Clone();
  ASSERT_TRUE(OpenAudit(config_, metrics_));
  EXPECT_TRUE(base::ConstantTimeEqual(ReadAuditKey(config_.audit.key_file)->view(), first.view()));
}

TEST_F(AuditConfig, ALogWithoutItsKeyIsNotGoneOnWith) {
  ASSERT_TRUE(OpenAudit(config_, metrics_));
  std::filesystem::remove(config_.audit.key_file);
  const auto opened = OpenAudit(config_, metrics_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kConflict);
  EXPECT_FALSE(std::filesystem::exists(config_.audit.key_file));
}

TEST_F(AuditConfig, AKeyOfAnotherLengthIsRefused) {
  std::ofstream(config_.audit.key_file) << "short";
  std::filesystem::permissions(config_.audit.key_file, std::filesystem::perms::owner_all);
  const auto opened = OpenAudit(config_, metrics_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kMalformed);
}

}  // namespace
}  // namespace obolus::main
