#include "main/reload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

#include "net/test_folder.h"
#include "support/recording_audit_log.h"

namespace obolus::main {
namespace {

using base::ErrorCode;
using Outcomes = std::vector<http::ReloadOutcome>;

void Write(const std::filesystem::path& file, const std::string& text) {
  const auto draft = file.string() + ".new";
  std::ofstream(draft) << text;
  std::filesystem::rename(draft, file);
}

class ReloadTest : public ::testing::Test {
 protected:
  // A step over one file, whose text it takes unless that is "bad".
  void AddFile(const std::string& name) {
    const auto file = folder_.path() / name;
    Write(file, "first");
    reload_.Add({.name = name,
                 .kind = domain::AuditKind::kCertificatesChanged,
                 .stamp = [file] { return StampOf({file.string()}); },
                 .run = [this, file, name]() -> base::Status {
                   std::string text;
                   std::getline(std::ifstream(file), text);
                   if (text == "bad") return base::Fail(ErrorCode::kInvalid, name + " is bad");
                   const std::lock_guard lock(mutex_);
                   taken_.push_back(name + "=" + text);
                   wake_.notify_all();
                   return {};
                 }});
  }
  base::Result<Outcomes> Ask() {
    std::promise<base::Result<Outcomes>> promise;
    auto outcomes = promise.get_future();
    reload_.Ask("operator", [&](base::Result<Outcomes> o) { promise.set_value(std::move(o)); });
    return outcomes.get();
  }
  std::vector<std::string> Taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  bool WaitForTaken(std::size_t count) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::seconds(20), [&] { return taken_.size() >= count; });
  }

  net::TestFolder folder_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> taken_;
  base::Metrics metrics_;
  testing::RecordingAuditLog audit_;
  Reload reload_{metrics_, audit_};
};

TEST_F(ReloadTest, AsksEveryStepAndOneThatFailsDoesNotKeepTheOthersFromRunning) {
  AddFile("a");
  AddFile("b");
  Write(folder_.path() / "a", "bad");
  Write(folder_.path() / "b", "second");
  reload_.Start(base::Millis(0));
  const auto asked = Ask();
  ASSERT_TRUE(asked);
  const Outcomes& outcomes = *asked;
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].step, "a");
  EXPECT_EQ(outcomes[0].status.error().message, "a is bad");
  EXPECT_TRUE(outcomes[1].status);
  EXPECT_EQ(Taken(), std::vector<std::string>{"b=second"});
  reload_.Stop();
  EXPECT_NE(metrics_.Expose().find("obolus_reload_failed{step=\"a\"} 1"), std::string::npos);
  EXPECT_NE(metrics_.Expose().find("obolus_reloads_total{outcome=\"failed\",step=\"a\"} 1"),
            std::string::npos);
}

TEST_F(ReloadTest, RecordsWhatChangedAndWhatFailedAndNotWhatStayedTheSame) {
  AddFile("a");
  AddFile("b");
  AddFile("c");
  Write(folder_.path() / "a", "bad");
  Write(folder_.path() / "b", "second");
  reload_.Start(base::Millis(0));
  ASSERT_TRUE(Ask());
  reload_.Stop();
  ASSERT_EQ(audit_.records.size(), 2U);
  EXPECT_EQ(audit_.records[0].object, "reload:a");
  EXPECT_FALSE(audit_.records[0].success);
  EXPECT_EQ(audit_.records[1].object, "reload:b");
  EXPECT_TRUE(audit_.records[1].success);
  EXPECT_EQ(audit_.records[1].actor, "operator");
}

TEST_F(ReloadTest, PollRunsOnlyTheStepsWhoseFilesChanged) {
  AddFile("a");
  AddFile("b");
  reload_.Start(base::Millis(5));
  Write(folder_.path() / "b", "second");
  ASSERT_TRUE(WaitForTaken(1));
  Write(folder_.path() / "b", "third");
  ASSERT_TRUE(WaitForTaken(2));
  reload_.Stop();
  EXPECT_EQ(Taken(), (std::vector<std::string>{"b=second", "b=third"}));
}

TEST_F(ReloadTest, FilesThatWereRefusedAreNotTriedAgainByThePollUntilTheyChange) {
  AddFile("a");
  AddFile("b");
  Write(folder_.path() / "a", "bad");
  reload_.Start(base::Millis(5));
  for (int i = 0; i < 5; ++i) {
    Write(folder_.path() / "b", std::to_string(i));
    ASSERT_TRUE(WaitForTaken(static_cast<std::size_t>(i) + 1));
  }
  reload_.Stop();
  EXPECT_EQ(std::ranges::count(audit_.records, "reload:a", &domain::AuditRecord::object), 1);
}

TEST_F(ReloadTest, AfterTheStopEveryoneStillGetsAnAnswer) {
  AddFile("a");
  reload_.Start(base::Millis(0));
  reload_.Stop();
  EXPECT_EQ(Ask().error().code, ErrorCode::kUnavailable);
}

TEST(StampOf, ChangesWhenAFileIsReplacedRewrittenOrGone) {
  const net::TestFolder folder;
  const auto file = folder.path() / "x";
  const auto stamp = [&] { return StampOf({file.string()}); };
  const std::string missing = stamp();
  Write(file, "one");
  const std::string one = stamp();
  Write(file, "two");
  const std::string two = stamp();
  EXPECT_NE(missing, one);
  EXPECT_NE(one, two);
  EXPECT_EQ(two, stamp());
  std::filesystem::remove(file);
  EXPECT_EQ(stamp(), missing);
}

}  // namespace
}  // namespace obolus::main
