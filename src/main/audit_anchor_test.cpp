#include "main/audit_anchor.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "net/test_folder.h"
#include "storage/memory_store.h"
#include "support/manual_clock.h"
#include "support/manual_scheduler.h"
#include "support/recording_audit_log.h"

namespace obolus::main {
namespace {

class AuditAnchorTest : public ::testing::Test {
 protected:
  ~AuditAnchorTest() override { store_.Close(); }

  std::unique_ptr<storage::FileAuditLog> Open() {
    return storage::FileAuditLog::Open({.folder = folder_.path() / "audit", .instance = "here"},
                                       base::SecretBytes(std::string_view("0123456789abcdef")),
                                       clock_, metrics_)
        .value();
  }
  // One life of the process; what the log held at its end.
  std::string Live() {
    const auto log = Open();
    AuditAnchor anchor(store_, *log, scheduler_, "here");
    EXPECT_TRUE(anchor.Compare());
    anchor.Start();
    anchor.Stop();
    log->Close();
    std::ifstream file(folder_.path() / "audit/audit.jsonl");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static bool SaysTampered(const std::string& text) {
    return text.find("tamper_suspected") != std::string::npos;
  }

  net::TestFolder folder_;
  testing::ManualClock clock_;
  testing::ManualScheduler scheduler_{clock_};
  base::Metrics metrics_;
  storage::MemoryStore store_;
};

TEST_F(AuditAnchorTest, ALogThatGoesOnIsNoSuspicion) {
  for (int life = 0; life < 12; ++life) EXPECT_FALSE(SaysTampered(Live())) << life;
}

TEST_F(AuditAnchorTest, ALogAndItsHeadThatWereReplacedByOlderOnesAreFound) {
  const std::filesystem::path audit = folder_.path() / "audit";
  Live();
  std::filesystem::copy(audit, folder_.path() / "older");
  for (int life = 0; life < 5; ++life) Live();
  std::filesystem::remove_all(audit);
  std::filesystem::copy(folder_.path() / "older", audit);
  EXPECT_TRUE(SaysTampered(Live()));
}

TEST_F(AuditAnchorTest, ALogThatIsGoneIsFound) {
  Live();
  std::filesystem::remove_all(folder_.path() / "audit");
  EXPECT_TRUE(SaysTampered(Live()));
}

TEST_F(AuditAnchorTest, ASchemaIsRecordedOnce) {
  testing::RecordingAuditLog audit;
  EXPECT_TRUE(NoteSchema(store_, audit, 4, "one"));
  EXPECT_TRUE(NoteSchema(store_, audit, 4, "two"));
  ASSERT_EQ(audit.records.size(), 1U);
  EXPECT_EQ(audit.records[0].kind, domain::AuditKind::kStoreMigrated);
  EXPECT_TRUE(NoteSchema(store_, audit, 5, "two"));
  EXPECT_EQ(audit.records.size(), 2U);
}

}  // namespace
}  // namespace obolus::main
