#include "storage/file_audit_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "app/audit_verifier.h"
#include "storage/audit_recovery.h"
#include "support/manual_clock.h"

namespace {
std::atomic<int> g_syncs = 0;
std::atomic<bool> g_sync_fails = false;
}  // namespace

// Instead of the system's, for this program: to see that it is called, and what its failure does.
extern "C" int fdatasync(int file) {
  ++g_syncs;
  if (g_sync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace obolus::storage {
namespace {

using domain::AuditKind;

constexpr std::string_view kKey = "a key for tests: 32 bytes long..";

class FileAuditLogTest : public ::testing::Test {
 protected:
  FileAuditLogTest() {
    std::string folder = ::testing::TempDir() + "audit-XXXXXX";
    folder_ = mkdtemp(folder.data());
    options_ = {.folder = folder_ + "/audit", .instance = "here"};
  }
  ~FileAuditLogTest() override { std::filesystem::remove_all(folder_); }

  base::Result<std::unique_ptr<FileAuditLog>> TryOpen() {
    return FileAuditLog::Open(options_, base::SecretBytes(kKey), clock_, metrics_);
  }
  std::unique_ptr<FileAuditLog> Open() {
    auto log = TryOpen();
    EXPECT_TRUE(log) << log.error().message;
    return std::move(*log);
  }

  std::string Text(const std::string& name = "audit.jsonl") const {
    std::ifstream file(options_.folder + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  // What is in the file; fails when it does not hang together.
  std::vector<app::AuditEntry> Entries(const std::string& name = "audit.jsonl") const {
    std::vector<app::AuditEntry> entries;
    std::istringstream lines(Text(name));
    for (std::string line; std::getline(lines, line);) {
      auto entry = app::ReadAuditLine(base::AsBytes(kKey), line);
      EXPECT_TRUE(entry) << line;
      if (entry) entries.push_back(std::move(*entry));
    }
    return entries;
  }
  std::vector<AuditKind> Kinds() const {
    std::vector<AuditKind> kinds;
    for (const auto& entry : Entries()) kinds.push_back(entry.record.kind);
    return kinds;
  }

  static base::Status RecordDurably(FileAuditLog& log, domain::AuditRecord record) {
    std::promise<base::Status> promise;
    auto kept = promise.get_future();
    log.RecordDurably(std::move(record),
                      [&](base::Status status) { promise.set_value(std::move(status)); });
    return kept.get();
  }

  std::string folder_;
  AuditLogOptions options_;
  testing::ManualClock clock_;
  base::Metrics metrics_;
};

TEST_F(FileAuditLogTest, WhatIsRecordedIsInTheFileInOrder) {
  auto log = Open();
  log->Record({.kind = AuditKind::kCardStored, .actor = "shopper", .object = "card_session:1"});
  log->Record({.kind = AuditKind::kSessionInspected, .actor = "operator"});
  log->Close();
  EXPECT_EQ(Kinds(), (std::vector{AuditKind::kAuditStarted, AuditKind::kCardStored,
                                  AuditKind::kSessionInspected, AuditKind::kAuditStopped}));
  const auto entries = Entries();
  EXPECT_EQ(entries[1].instance, "here");
  EXPECT_EQ(entries[1].time, clock_.Now());
  EXPECT_EQ(entries[3].sequence, 4U);
  EXPECT_EQ(log->head().sequence, 4U);
}

TEST_F(FileAuditLogTest, ADurableRecordIsOnDiskWhenItIsAnswered) {
  auto log = Open();
  ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardForwarded}));
  EXPECT_EQ(Kinds().back(), AuditKind::kCardForwarded);
}

TEST_F(FileAuditLogTest, NobodyElseMayReadIt) {
  Open();
  struct stat info{};
  ASSERT_EQ(stat((options_.folder + "/audit.jsonl").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(options_.folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(FileAuditLogTest, TheChainGoesOnOverARestart) {
  Open()->Close();
  Open()->Close();
  const auto found = RecoverAudit(base::AsBytes(kKey), Text("audit.jsonl"), Text("audit.head"));
  EXPECT_EQ(found.tampered, std::nullopt);
  EXPECT_EQ(found.head.sequence, 4U);
}

TEST_F(FileAuditLogTest, ASecondProcessIsRefused) {
  const auto log = Open();
  const auto second = TryOpen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
}

TEST_F(FileAuditLogTest, ATornLineIsCutAndSaid) {
  Open()->Close();
  std::ofstream(options_.folder + "/audit.jsonl", std::ios::app) << R"({"sequence":3,"ti)";
  Open()->Close();
  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[2].record.kind, AuditKind::kAuditStarted);
  EXPECT_EQ(entries[2].record.details[1],
            (std::pair<std::string, std::string>("torn_bytes", "17")));
}

TEST_F(FileAuditLogTest, AChangedLineIsRecordedAtTheNextStart) {
  Open()->Close();
  {
    std::fstream file(options_.folder + "/audit.jsonl", std::ios::in | std::ios::out);
    file.seekp(40);
    file.put('X');
  }
  Open()->Close();
  std::istringstream lines(Text());
  std::string line;
  for (int i = 0; i < 4; ++i) std::getline(lines, line);
  const auto entry = app::ReadAuditLine(base::AsBytes(kKey), line);
  ASSERT_TRUE(entry) << line;
  EXPECT_EQ(entry->record.kind, AuditKind::kTamperSuspected);
  EXPECT_TRUE(entry->record.details[0].second.starts_with("audit.jsonl:1: "));
}

TEST_F(FileAuditLogTest, ARemovedFileIsRecordedAtTheNextStart) {
  Open()->Close();
  std::filesystem::remove(options_.folder + "/audit.jsonl");
  Open()->Close();
  const auto entries = Entries();
  EXPECT_EQ(entries[0].sequence, 3U);
  EXPECT_EQ(entries[1].record.kind, AuditKind::kTamperSuspected);
}

TEST_F(FileAuditLogTest, AFullFileIsPutAsideAndTheChainGoesOn) {
  options_.rotate_bytes = 2000;
  auto log = Open();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardStored}));
  log->Close();
  const auto older = Entries("audit-000000000001.jsonl");
  ASSERT_FALSE(older.empty());
  const std::string second = NameOfOlderAuditFile(older.size() + 1);
  const auto next = Entries(second);
  ASSERT_FALSE(next.empty());
  EXPECT_EQ(next[0].record.kind, AuditKind::kAuditRotated);
  EXPECT_EQ(next[0].sequence, older.size() + 1);
  EXPECT_EQ(next[0].record.details[0].second, "audit-000000000001.jsonl");
  const std::string older_text = Text("audit-000000000001.jsonl");
  const std::size_t last = older_text.rfind('\n', older_text.size() - 2) + 1;
  const auto last_line = base::OpenChainLine(
      {}, std::string_view(older_text).substr(last, older_text.size() - last - 1));
  const std::string next_text = Text(second);
  const auto first_line =
      base::OpenChainLine({}, std::string_view(next_text).substr(0, next_text.find('\n')));
  EXPECT_EQ(first_line->previous, last_line->head.hash);
}

TEST_F(FileAuditLogTest, FilesBeyondWhatIsKeptAreRemovedAndThatIsRecorded) {
  options_.rotate_bytes = 1000;
  options_.keep_files = 2;
  auto log = Open();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardStored}));
  log->Close();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder)) {
    if (entry.path().filename().string().starts_with("audit-")) files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 2U);
  std::ranges::sort(files);
  app::AuditVerifier verifier(base::AsBytes(kKey), {{"log", log->head()}});
  for (const std::string& file : files) {
    verifier.AddFile(file, Text(std::filesystem::path(file).filename()));
  }
  verifier.AddFile("audit.jsonl", Text());
  const auto report = verifier.Finish();
  EXPECT_EQ(report.all_faults, 0U) << report.faults[0].what;
  EXPECT_GT(report.first, 1U);
}

TEST_F(FileAuditLogTest, FilesThatAreTooOldAreRemoved) {
  options_.rotate_bytes = 1000;
  options_.keep_for = std::chrono::days(100);
  clock_.Advance(std::chrono::days(200));  // the file system's times are today's
  auto log = Open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardStored}));
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/audit-000000000001.jsonl"));
}

TEST_F(FileAuditLogTest, ADeathWithinARotationIsMended) {
  Open()->Close();
  std::filesystem::rename(options_.folder + "/audit.jsonl", options_.folder + "/audit.next");
  Open()->Close();
  EXPECT_EQ(Entries().size(), 4U);
  std::ofstream(options_.folder + "/audit.next") << "half a li";
  Open()->Close();
  EXPECT_EQ(Entries().size(), 6U);
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/audit.next"));
}

TEST_F(FileAuditLogTest, AFullQueueLosesTheRecordAndTheNextOneSaysSo) {
  options_.max_queued = 0;
  auto log = Open();
  log->Record({.kind = AuditKind::kCardStored});
  log->Record({.kind = AuditKind::kCardStored});
  EXPECT_EQ(RecordDurably(*log, {.kind = AuditKind::kCardForwarded}).error().code,
            base::ErrorCode::kUnavailable);
  log->Close();
  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].record.kind, AuditKind::kAuditStopped);
  EXPECT_EQ(entries[1].lost, 2U);
}

TEST_F(FileAuditLogTest, ADurableRecordIsAnsweredAfterTheDiskHasIt) {
  auto log = Open();
  const int before = g_syncs;
  ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardForwarded}));
  EXPECT_GT(g_syncs, before);
  g_sync_fails = true;
  const auto refused = RecordDurably(*log, {.kind = AuditKind::kCardForwarded});
  g_sync_fails = false;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnavailable);
  ASSERT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardForwarded}));
  EXPECT_EQ(Entries().size(), 3U) << "what was not kept is gone";
}

// A limit of the file's size stands in for a full disk: write() fails the same way, in the middle.
TEST_F(FileAuditLogTest, AFullDiskAnswersUnavailableAndLosesNothingThatWasKept) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto log = Open();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{Text().size() + 100, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto refused = RecordDurably(*log, {.kind = AuditKind::kCardForwarded});
  log->Record({.kind = AuditKind::kCardStored});
  const auto again = RecordDurably(*log, {.kind = AuditKind::kCardForwarded});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(again.error().code, base::ErrorCode::kUnavailable);
  EXPECT_NE(metrics_.Expose().find("obolus_audit_writable 0"), std::string::npos);
  EXPECT_TRUE(RecordDurably(*log, {.kind = AuditKind::kCardForwarded}));
  EXPECT_NE(metrics_.Expose().find("obolus_audit_writable 1"), std::string::npos);
  log->Close();
  const auto entries = Entries();
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[1].record.kind, AuditKind::kCardForwarded);
  EXPECT_EQ(entries[1].lost, 1U);
  EXPECT_EQ(entries[1].sequence, 2U);
}

}  // namespace
}  // namespace obolus::storage
